#!/usr/bin/env python3
"""Somebody who types secrets into the shell, on a pseudo-terminal.

    python3 tests/looks.py REEL HOST:PORT < a JSON document

The document has the secrets: password, fresh, invite, reset, vouchers. Prints what the system tells everybody of the
shell: its command line and environment, and what stood on the terminal.
"""

import json
import os
import pty
import re
import select
import sys
import termios
import time

PATIENCE = 20
reel, host = sys.argv[1:]
secrets = json.load(sys.stdin)
said = ""
read = 0


def fail(why):
    sys.exit(f"{why}\n--- the terminal:\n{said}")


def take(left):
    global said
    if not select.select([master], [], [], left)[0]:
        fail("nothing more is said")
    try:
        part = os.read(master, 4096)
    except OSError:  # how Linux says that the other end is closed
        part = b""
    said += re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", part.decode())
    return part


def wait(text):
    global read
    until = time.monotonic() + PATIENCE
    while (at := said.find(text, read)) < 0:
        if not take(max(0, until - time.monotonic())):
            fail(f"it ended; {text!r} never came")
    read = at + len(text)


def type_(text):
    os.write(master, text.encode())


def hidden(question, text):
    wait(question)
    until = time.monotonic() + PATIENCE
    while termios.tcgetattr(master)[3] & termios.ECHO:
        if time.monotonic() > until:
            fail(f"{question!r} shows what is typed")
    type_(text + "\r")


child, master = pty.fork()
if child == 0:
    env = {key: word for key, word in os.environ.items() if not key.startswith("REEL_")}
    os.execve(reel, [reel, "--host", host], {**env, "TERM": "xterm", "LC_ALL": "C.UTF-8", "RUST_LOG": "trace"})

wait("reel> ")
# What is seen on the terminal because it was typed in the open stays out of the history all the same.
type_(f"register carla invite={secrets['invite']}\r")
hidden("Password: ", secrets["password"])
hidden("Once more: ", secrets["password"])
wait("Logged in as carla (user)")
wait("carla@127.0.0.1> ")
type_("whoami\r")
wait("member-until")
wait("carla@127.0.0.1> ")
good, wrong = secrets["vouchers"]
type_(f"redeem {good}\r")
wait("amount ")
wait("carla@127.0.0.1> ")
type_(f"redeem {wrong}\r")
wait("NOT_FOUND")
wait("carla@127.0.0.1> ")
type_("passwd\r")
hidden("Old password: ", secrets["password"])
hidden("New password: ", secrets["fresh"])
hidden("Once more: ", secrets["fresh"])
wait("The password is changed")
wait("carla@127.0.0.1> ")
type_("logout\r")
wait("Logged out.")
wait("reel> ")
type_("login carla\r")
hidden("Password: ", "wrong " + secrets["fresh"])
wait("BAD_CREDENTIALS")
wait("reel> ")
type_(f"recover anna {secrets['reset']}\r")
hidden("New password: ", secrets["fresh"])
hidden("Once more: ", secrets["fresh"])
wait("Logged in as anna (user)")
wait("anna@127.0.0.1> ")


def proc(name):
    with open(f"/proc/{child}/{name}", "rb") as file:
        return file.read().decode(errors="replace").replace("\0", "\n")


told = {"cmdline": proc("cmdline"), "environ": proc("environ")}
type_("quit\r")
while take(PATIENCE):
    pass
os.waitpid(child, 0)
told["terminal"] = said
json.dump(told, sys.stdout)
