"""Somebody who sits at a terminal of their own and types: what the scripts for the shell share.

Nothing sleeps: it types when it has read what it waits for."""

import os
import pty
import re
import select
import sys
import termios
import time

PATIENCE = 20


class Typist:
    """A program on a pseudo-terminal. `said` is all it has shown, without colours and moves of the cursor."""

    def __init__(self, *command, **environment):
        self.said, self.read = "", 0
        self.child, self.terminal = pty.fork()
        if self.child == 0:
            env = {key: word for key, word in os.environ.items() if not key.startswith("REEL_")}
            os.execve(command[0], command, {**env, "TERM": "xterm", "LC_ALL": "C.UTF-8", **environment})

    def fail(self, why):
        sys.exit(f"{why}\n--- the terminal:\n{self.said}")

    def take(self, left):
        """Some more of what is said; nothing when the program has ended."""
        if not select.select([self.terminal], [], [], left)[0]:
            self.fail("nothing more is said")
        try:
            part = os.read(self.terminal, 4096)
        except OSError:  # how Linux says that the other end is closed
            part = b""
        self.said += re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", part.decode(errors="replace"))
        return part

    def wait(self, text):
        """Reads on until `text` has come."""
        until = time.monotonic() + PATIENCE
        while (at := self.said.find(text, self.read)) < 0:
            if not self.take(max(0, until - time.monotonic())):
                self.fail(f"it ended; {text!r} never came")
        self.read = at + len(text)

    def type(self, text):
        os.write(self.terminal, text.encode())

    def hidden(self, question, text):
        """Answers a question once the terminal shows nothing of it."""
        self.wait(question)
        until = time.monotonic() + PATIENCE
        while termios.tcgetattr(self.terminal)[3] & termios.ECHO:
            if time.monotonic() > until:
                self.fail(f"{question!r} shows what is typed")
        self.type(text + "\r")

    def end(self, status=0):
        """Waits until it has ended, with this status; gives what it said without white space, however its lines were
        broken."""
        while self.take(PATIENCE):
            pass
        ended = os.waitstatus_to_exitcode(os.waitpid(self.child, 0)[1])
        if ended != status:
            self.fail(f"it ended with {ended} and not {status}")
        return re.sub(r"\s+", "", self.said)
