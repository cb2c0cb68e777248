#!/usr/bin/env python3
"""Somebody at a terminal: the shell on a pseudo-terminal, what it asks and what is typed.

    python3 tests/terminal.py REEL HOST:PORT CODE ADMIN

CODE sets the password of anna anew; REEL_PASSWORD is that of ADMIN, who posts a notice on the way.
Nothing sleeps: it types when it has read what it waits for.
"""

import subprocess
import sys

from typist import Typist

SECRET = "a fresh secret"
reel, host, code, admin = sys.argv[1:]
shell = Typist(reel, "--host", host)
wait, type_, hidden = shell.wait, shell.type, shell.hidden

wait("reel> ")
type_("recover anna\r")
hidden("Code: ", code)
hidden("New password: ", SECRET)
hidden("Once more: ", SECRET)
wait("Logged in as anna (user)")
wait("anna@127.0.0.1> ")
type_("watch notices\r")
wait("as it happens")
wait("anna@127.0.0.1> ")

# A notice appears above a line that is being typed, and the line stays.
type_("whoa")
wait("whoa")
post = [reel, "--host", host, "--user", admin, "-c", 'post "Film night" "Friday at eight."']
subprocess.run(post, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
wait("New notice 1: Film night")
wait("anna@127.0.0.1> whoa")
type_("mi\r")
wait("member-until")
wait("anna@127.0.0.1> ")

# A text that would be refused is not asked for.
type_("post Mine\r")
wait("Only admins may do that.")
wait("anna@127.0.0.1> ")

type_("unregister\r")
wait("Type your name to go on: ")
type_("\x03")
wait("Stopped.")
wait("anna@127.0.0.1> ")
type_("unregister\r")
wait("Type your name to go on: ")
type_("ann\r")
wait("Nothing was deleted.")
wait("anna@127.0.0.1> ")
type_("unregister\r")
wait("Type your name to go on: ")
type_("anna\r")
hidden("Password: ", SECRET)
wait("The account anna is gone.")
wait("reel> ")
type_("quit\r")
shell.end()
if SECRET in shell.said or code in shell.said:
    shell.fail("a secret was shown")
