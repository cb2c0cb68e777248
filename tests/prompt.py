#!/usr/bin/env python3
"""Types into the shell on a terminal of its own, while somebody else speaks in the same room.

    python3 tests/prompt.py REEL HOST:PORT TOKEN

TOKEN is of the one who speaks and has joined nothing yet; the typist registers as `typist`. Ends with a message and a
status other than zero where something does not appear on the terminal in time."""

import os
import pty
import select
import socket
import sys
import time

reel, address, token = sys.argv[1:]
host, port = address.rsplit(":", 1)
screen = b""


def until(text, since=0):
    """Waits until text is on the screen after byte `since`; gives where it ends."""
    global screen
    end = time.time() + 20
    while (at := screen.find(text.encode(), since)) < 0:
        if not select.select([terminal], [], [], max(0, end - time.time()))[0]:
            sys.exit(f"never shown: {text!r} in {screen[since:].decode()!r}")
        screen += os.read(terminal, 65536)
    return at + len(text.encode())


def type(text):
    os.write(terminal, text.encode())


speaker = socket.create_connection((host, int(port)))
replies = speaker.makefile("r", newline="\n")
replies.readline()


def ask(line):
    speaker.sendall(f"{line}\r\n".encode())
    while not (reply := replies.readline()).startswith("2"):
        if not reply.startswith(("-", "*")):
            sys.exit(f"{line} was answered {reply!r}")


ask(f"RESUME {token}")
ask("JOIN lounge")
child, terminal = pty.fork()
if child == 0:
    os.environ.update(TERM="xterm", LC_ALL="C.UTF-8", REEL_BELL="1", HOME=os.getcwd())
    os.execv(reel, [reel, "--host", address])
type("register typist\r")
for prompt in ("Password: ", "Once more: "):
    until(prompt)
    type("secret\r")
until("typist@")
type("join\r")
at = until("You are in lounge", len(screen))
type("say half a li")
at = until("half a li", at)
ask('SAY lounge "Hello \\n TYPIST\u2028"')
# Above the prompt, harmless, with a bell; and what was typed is there again below it.
at = until("> Hello \\n TYPIST\\u{2028}\a", at)
until("half a li", at)
type("\x15chat\r")
at = until("typist@lounge> ", at)
type("every line\r")
until("> every line", at)
type("\x04")
at = until("##", at)
until("typist@127", at)
type("\x04")
until("Good bye", at)
