#!/usr/bin/env python3
"""Somebody at a terminal meets a server over TLS whose certificate nobody vouches for.

    python3 tests/trust.py REEL HOST:PORT FINGERPRINT ADMIN PLAIN_HOST:PORT

REEL_PASSWORD is that of ADMIN, who posts a notice over the plain door on the way. HOME is empty at the start.
Nothing sleeps: it types when it has read what it waits for.
"""

import os
import stat
import subprocess
import sys

from typist import Typist

reel, host, fingerprint, admin, plain = sys.argv[1:]
KNOWN = os.path.join(os.environ["HOME"], ".local/state/reel/known_servers")


class Terminal(Typist):
    def __init__(self, *arguments, locale="C.UTF-8"):
        super().__init__(reel, "--tls", "--host", host, *arguments, LC_ALL=locale)


# Who says no, or yes to everything else, has trusted nobody.
for arguments in ((), ("--yes",)):
    terminal = Terminal(*arguments)
    terminal.wait("Trust it from now on? [y/N] ")
    terminal.type("n\r")
    said = terminal.end(3)
    assert fingerprint in said and "noauthorityofthissystem" in said, said
    assert not os.path.exists(KNOWN)

# The same in Chinese, and Ctrl-C.
terminal = Terminal(locale="zh_CN.UTF-8")
terminal.wait("从现在起信任它？[y/N] ")
terminal.type("\x03")
assert fingerprint in terminal.end(3)

# Who says yes is asked once.
terminal = Terminal()
terminal.wait("[y/N] ")
terminal.type("y\r")
terminal.wait("reel> ")
terminal.type("noop\r")
terminal.wait("reel> ")
terminal.type("quit\r")
terminal.end(0)
assert stat.S_IMODE(os.stat(KNOWN).st_mode) == 0o600
assert open(KNOWN).read() == f"{host} {fingerprint}\n", open(KNOWN).read()

terminal = Terminal()
terminal.wait("reel> ")
assert "[y/N]" not in terminal.said
terminal.type(f"login {admin}\r")
terminal.wait("Password: ")
terminal.type(os.environ["REEL_PASSWORD"] + "\r")
terminal.wait(f"{admin}@127.0.0.1> ")
terminal.type("watch notices\r")
terminal.wait("as it happens")
terminal.wait(f"{admin}@127.0.0.1> ")
# A notice appears above a line that is being typed, and the line stays.
terminal.type("whoa")
terminal.wait("whoa")
post = [reel, "--host", plain, "--user", admin, "-c", 'post "Film night" "Friday at eight."']
subprocess.run(post, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
terminal.wait("New notice 1: Film night")
terminal.wait("whoa")
terminal.type("mi\r")
terminal.wait("member-until")
terminal.type("quit\r")
terminal.end(0)

# Another certificate than the trusted one is never a question.
with open(KNOWN, "w") as file:
    file.write(f"# mine\n{host} {'00:' * 31}00\n")
terminal = Terminal()
said = terminal.end(3)
assert "DANGER" in said and "[y/N]" not in said and fingerprint in said, said
assert "line2of" in said and "known_servers" in said, said
