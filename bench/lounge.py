"""Times one chat room over real TCP connections on loopback, on SQLite in a temporary folder.

The client is one process that waits with epoll, so that its own share of the time is small: of every member
it only looks whether the message has come."""

import hashlib
import os
import select
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time

ROUNDS = 50
TALKERS = 10
EACH = 200
PASSWORD = hashlib.md5(b"bench").hexdigest()
CONFIG = """[limits]
lounge_burst = 1000000
lounge_queue = 4096
"""


class Line:
    """One connection, spoken to a line at a time."""

    def __init__(self, address):
        self.socket = socket.create_connection(address)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.file = self.socket.makefile("rb")
        self.file.readline()

    def ask(self, command):
        self.socket.sendall(command.encode() + b"\r\n")
        while (line := self.file.readline()).startswith((b"*", b"-")):
            pass
        if not line.startswith(b"2"):
            raise SystemExit(f"{command.split()[0]} was answered {line!r}")

    def drain(self):
        """Takes what has come; gives it."""
        self.socket.setblocking(False)
        got = b""
        try:
            while piece := self.socket.recv(1 << 16):
                got += piece
        except BlockingIOError:
            pass
        self.socket.setblocking(True)
        return got


def member(address, name):
    line = Line(address)
    line.ask(f"REGISTER {name} {PASSWORD}")
    line.ask("JOIN lounge")
    return line


def fill(address, count):
    """So many members; a few at once, as each costs a hash of a password."""
    lines, lock = [], threading.Lock()

    def work(first):
        for number in range(first, count, 8):
            line = member(address, f"member{number}")
            with lock:
                lines.append(line)

    threads = [threading.Thread(target=work, args=(n,)) for n in range(8)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    return lines


def settle(lines):
    """Reads until nothing more comes."""
    quiet = 0
    while quiet < 3:
        quiet = 0 if any([line.drain() for line in lines]) else quiet + 1
        time.sleep(0.1)


def delivery(lines):
    """Seconds from one SAY to its answer, and to the last member that has it."""
    poll = select.epoll()
    by_number = {line.socket.fileno(): line for line in lines}
    for line in lines:
        line.socket.setblocking(False)
        poll.register(line.socket, select.EPOLLIN)
    took, answered = [], []
    for number in range(ROUNDS):
        speaker = lines[number * 7 % len(lines)]
        mark = f"round {number}.".encode()
        waiting, got = set(by_number), dict.fromkeys(by_number, b"")
        start = time.perf_counter()
        speaker.socket.sendall(b'SAY lounge "' + mark + b'"\r\n')
        while waiting:
            for which, _ in poll.poll(30) or sys.exit("a member never had the message"):
                got[which] += by_number[which].socket.recv(1 << 16)
                if which == speaker.socket.fileno() and b"250 OK" in got[which] and len(answered) == number:
                    answered.append(time.perf_counter() - start)
                if mark in got[which]:
                    waiting.discard(which)
        took.append(time.perf_counter() - start)
        if len(answered) == number:
            answered.append(took[-1])
        time.sleep(0.05)
    poll.close()
    for line in lines:
        line.socket.setblocking(True)
    return answered, took


def chorus(talkers, listeners):
    """So many members speak at once, each after the answer to the word before; all have to hear all."""
    total = TALKERS * EACH
    done = []

    def talk(line, name):
        line.socket.settimeout(60)
        for number in range(EACH):
            line.ask(f"SAY lounge chorus-{name}-{number}")

    def listen(lines):
        poll = select.epoll()
        heard, tail = {}, {}
        for line in lines:
            poll.register(line.socket, select.EPOLLIN)
            heard[line.socket.fileno()], tail[line.socket.fileno()] = 0, b""
        by_number = {line.socket.fileno(): line for line in lines}
        while any(count < total for count in heard.values()):
            for which, _ in poll.poll(30) or sys.exit("not all was heard"):
                piece = tail[which] + by_number[which].socket.recv(1 << 18)
                whole, _, tail[which] = piece.rpartition(b"\n")
                heard[which] += whole.count(b"text=\"chorus-")
                if b"* lost" in whole:
                    sys.exit("a listener lost the room")
        done.append(time.perf_counter())

    threads = [threading.Thread(target=talk, args=(line, n)) for n, line in enumerate(talkers)]
    ear = threading.Thread(target=listen, args=(listeners,))
    start = time.perf_counter()
    [thread.start() for thread in threads + [ear]]
    [thread.join() for thread in threads]
    said = time.perf_counter() - start
    ear.join()
    return total / said, total / (done[0] - start)


def shown(name, times):
    times = sorted(1000 * t for t in times)
    p99 = times[min(len(times) - 1, int(len(times) * 0.99))]
    print(f"  {name:<34} median {statistics.median(times):7.2f} ms   p99 {p99:7.2f} ms")


def main():
    binary, members = sys.argv[1], int(sys.argv[2])
    with tempfile.TemporaryDirectory(dir=os.environ.get("BENCH_DIR")) as folder:
        with open(os.path.join(folder, "reel.toml"), "w") as config:
            config.write(CONFIG)
        log = open(os.path.join(folder, "reeld.log"), "wb")
        daemon = subprocess.Popen(
            [binary, "--data", os.path.join(folder, "club"), "--listen", "127.0.0.1:0",
             "--config", os.path.join(folder, "reel.toml")], stdout=subprocess.PIPE, stderr=log)
        try:
            host, port = daemon.stdout.readline().split()[-1].decode().rsplit(":", 1)
            address = (host, int(port))
            start = time.perf_counter()
            talkers = [member(address, f"talker{n}") for n in range(TALKERS)]
            lines = talkers + fill(address, members - TALKERS)
            print(f"{members} members in one room (registered and joined in {time.perf_counter() - start:.0f} s)")
            settle(lines)
            answered, took = delivery(lines)
            shown("SAY to its answer", answered)
            shown(f"SAY to the last of {members}", took)
            said, heard = chorus(talkers, lines[TALKERS:])
            print(f"  {TALKERS} talk at once, {members - TALKERS} listen:    {said:7.0f} messages/s said, "
                  f"{heard:.0f}/s heard by all ({heard * (members - TALKERS):.0f} deliveries/s)")
            for line in lines[TALKERS:]:
                line.file.close()
                line.socket.close()
            settle(talkers)
            said, heard = chorus(talkers[1:] + [member(address, "another")], [member(address, "ear")])
            print(f"  {TALKERS} talk at once, among themselves: {said:7.0f} messages/s said and heard")
        finally:
            daemon.terminate()
            daemon.wait()


main()
