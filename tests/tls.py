#!/usr/bin/env python3
"""A client with Python's ssl, which is OpenSSL's: what it sees of the TLS at the door.

    python3 tests/tls.py HOST:PORT CERTIFICATE TOKEN ID MD5
"""

import hashlib
import socket
import ssl
import sys

at, certificate, token, title, md5 = sys.argv[1:]
host, port = at.rsplit(":", 1)


def context(least, most):
    made = ssl.create_default_context(cafile=certificate)
    made.minimum_version, made.maximum_version = least, most
    made.set_alpn_protocols(["reel/1"])
    return made


class Client:
    def __init__(self, made, session=None):
        plain = socket.create_connection((host, int(port)), timeout=20)
        self.tls = made.wrap_socket(plain, server_hostname="localhost", session=session)
        self.file = self.tls.makefile("rb")
        assert self.tls.selected_alpn_protocol() == "reel/1"
        self.want(None, b"220 REEL")

    def want(self, line, status):
        if line is not None:
            self.tls.sendall(line.encode() + b"\r\n")
        said = self.file.readline()
        assert said.startswith(status), said
        return said


for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
    made = context(version, version)
    one = Client(made)
    assert not one.tls.session_reused
    one.want(f"RESUME {token}", b"230 OK")
    one.want(f"RETR {title}", b"150 DATA")
    said = one.file.read(int(1048579))
    assert hashlib.md5(said).hexdigest() == md5
    one.want(None, b"226 DONE")
    # A further connection needs no new handshake.
    two = Client(made, one.tls.session)
    assert two.tls.session_reused, version
    # A line in pieces, each its own record, and two lines in one.
    for piece in (b"NO", b"O", b"P\r", b"\n"):
        two.tls.sendall(piece)
    two.want(None, b"250 OK")
    two.want("NOOP\r\nNOOP", b"250 OK")
    two.want(None, b"250 OK")
    two.want("QUIT", b"221 BYE")
    # The server says the farewell of TLS: Python would raise SSLEOFError without it.
    two.tls.suppress_ragged_eofs = False
    assert two.file.read() == b""
    one.tls.close()
    two.tls.close()
