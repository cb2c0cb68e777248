#!/usr/bin/env python3
"""Somebody at a terminal: the shell on a pseudo-terminal, what it asks and what is typed.

    python3 tests/terminal.py REEL HOST:PORT CODE ADMIN

CODE sets the password of anna anew; REEL_PASSWORD is that of ADMIN, who posts a notice on the way.
Nothing sleeps: it types when it has read what it waits for.
"""

import os
import pty
import re
import select
import subprocess
import sys
import termios
import time

PATIENCE = 20
SECRET = "a fresh secret"
reel, host, code, admin = sys.argv[1:]
said = ""
read = 0


def fail(why):
    sys.exit(f"{why}\n--- the terminal:\n{said}")


def take(left):
    """Some more of what the shell says; nothing when it has ended."""
    global said
    if not select.select([master], [], [], left)[0]:
        fail("nothing more is said")
    try:
        part = os.read(master, 4096)
    except OSError:  # how Linux says that the other end is closed
        part = b""
    # Without colours and moves of the cursor.
    said += re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", part.decode())
    return part


def wait(text):
    """Reads on until `text` has come."""
    global read
    until = time.monotonic() + PATIENCE
    while (at := said.find(text, read)) < 0:
        if not take(max(0, until - time.monotonic())):
            fail(f"it ended; {text!r} never came")
    read = at + len(text)


def type_(text):
    os.write(master, text.encode())


def hidden(question, text):
    """Answers a question once the terminal shows nothing of it."""
    wait(question)
    until = time.monotonic() + PATIENCE
    while termios.tcgetattr(master)[3] & termios.ECHO:
        if time.monotonic() > until:
            fail(f"{question!r} shows what is typed")
    type_(text + "\r")


child, master = pty.fork()
if child == 0:
    env = {key: word for key, word in os.environ.items() if not key.startswith("REEL_")}
    os.execve(reel, [reel, "--host", host], {**env, "TERM": "xterm", "LC_ALL": "C.UTF-8"})

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
while take(PATIENCE):
    pass
status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
if status:
    fail(f"it ended with {status}")
if SECRET in said or code in said:
    fail("a secret was shown")
