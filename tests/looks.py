#!/usr/bin/env python3
"""Somebody who types secrets into the shell, on a pseudo-terminal.

    python3 tests/looks.py REEL HOST:PORT < a JSON document

The document has the secrets: password, fresh, invite, reset, vouchers. Prints what the system tells everybody of the
shell: its command line and environment, and what stood on the terminal.
"""

import json
import sys

from typist import Typist

reel, host = sys.argv[1:]
secrets = json.load(sys.stdin)
shell = Typist(reel, "--host", host, RUST_LOG="trace")
wait, type_, hidden = shell.wait, shell.type, shell.hidden

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
    with open(f"/proc/{shell.child}/{name}", "rb") as file:
        return file.read().decode(errors="replace").replace("\0", "\n")


told = {"cmdline": proc("cmdline"), "environ": proc("environ")}
type_("quit\r")
shell.end()
told["terminal"] = shell.said
json.dump(told, sys.stdout)
