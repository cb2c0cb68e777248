"""Times whole transfers of a 1 GiB file, Reel and vsftpd in turn, over plain sockets on loopback.

One client for both: it has the kernel throw away what it gets, and sends with sendfile(2)."""

import hashlib
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time

SIZE = 1 << 30
BUFFER = 1 << 20


def lines(sock):
    return sock.makefile("rb", buffering=0)


def receive(sock, length):
    buffer = bytearray(BUFFER)
    left = length
    while left:
        # MSG_TRUNC: the kernel drops the bytes, so that the server is measured and not this client.
        got = sock.recv_into(buffer, min(left, BUFFER), socket.MSG_TRUNC)
        if not got:
            raise SystemExit("the server closed in the middle of a body")
        left -= got


def send(sock, path):
    with open(path, "rb") as file:
        offset = 0
        while offset < SIZE:
            offset += os.sendfile(sock.fileno(), file.fileno(), offset, SIZE - offset)


class Reel:
    def __init__(self, binary, folder):
        self.data = os.path.join(folder, "club")
        self.log = open(os.path.join(folder, "reeld.log"), "wb")
        self.process = subprocess.Popen(
            [binary, "--data", self.data, "--listen", "127.0.0.1:0"], stdout=subprocess.PIPE, stderr=self.log)
        address = self.process.stdout.readline().split()[-1].decode()
        self.address = (address.rsplit(":", 1)[0], int(address.rsplit(":", 1)[1]))
        invite = subprocess.check_output([binary, "invite", "--admin", "--data", self.data], stderr=self.log)
        password = hashlib.md5(b"bench").hexdigest()
        sock, file = self.connect()
        self.token = self.ask(sock, file, f"REGISTER bench {password} invite={invite.decode().strip()}")["token"]
        sock.close()

    def connect(self):
        sock = socket.create_connection(self.address)
        file = lines(sock)
        file.readline()
        return sock, file

    def ask(self, sock, file, line):
        sock.sendall(line.encode() + b"\r\n")
        return self.answer(file)

    @staticmethod
    def answer(file):
        line = file.readline().decode()
        if line[:1] not in "123":
            raise SystemExit(f"reeld said {line!r}")
        return dict(word.split("=", 1) for word in line.split(" : ")[0].split() if "=" in word)

    def session(self):
        sock, file = self.connect()
        self.ask(sock, file, f"RESUME {self.token}")
        return sock, file

    def upload(self, path, digest):
        sock, file = self.session()
        began = time.perf_counter()
        self.ask(sock, file, f"STOR {SIZE} {digest} prove=no")
        send(sock, path)
        self.title = self.answer(file)["id"]
        took = time.perf_counter() - began
        sock.close()
        return took

    def download(self):
        sock, file = self.session()
        began = time.perf_counter()
        self.ask(sock, file, f"RETR {self.title}")
        receive(sock, SIZE)
        self.answer(file)
        took = time.perf_counter() - began
        sock.close()
        return took

    def rss(self):
        with open(f"/proc/{self.process.pid}/status") as status:
            return next(int(line.split()[1]) for line in status if line.startswith("VmRSS")) / 1024

    def stop(self):
        self.process.terminate()
        self.process.wait()


class Vsftpd:
    def __init__(self, folder):
        root = os.path.join(folder, "ftp")
        pub = os.path.join(root, "pub")
        os.makedirs(pub)
        os.chmod(root, 0o755)
        os.chmod(pub, 0o777)
        os.chmod(folder, 0o755)
        self.pub = pub
        empty = os.path.join(folder, "empty")
        os.mkdir(empty)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        config = os.path.join(folder, "vsftpd.conf")
        options = dict(
            listen="YES", background="NO", listen_address="127.0.0.1", listen_port=self.port, anonymous_enable="YES",
            local_enable="NO", write_enable="YES", anon_upload_enable="YES", anon_other_write_enable="YES",
            anon_root=root, ftp_username=os.environ.get("USER", "root"), no_anon_password="YES", anon_umask="022",
            secure_chroot_dir=empty, pasv_address="127.0.0.1", seccomp_sandbox="NO", run_as_launching_user="YES",
            allow_writeable_chroot="YES", xferlog_enable="NO")
        with open(config, "w") as file:
            file.writelines(f"{key}={value}\n" for key, value in options.items())
        self.process = subprocess.Popen(["vsftpd", config], stdout=subprocess.DEVNULL, stderr=subprocess.STDOUT)
        for _ in range(100):
            try:
                socket.create_connection(("127.0.0.1", self.port)).close()
                return
            except ConnectionRefusedError:
                time.sleep(0.05)
        raise SystemExit("vsftpd does not start")

    def session(self):
        sock = socket.create_connection(("127.0.0.1", self.port))
        file = lines(sock)
        self.expect(file, b"220")
        for line, code in ((b"USER anonymous", b"230"), (b"TYPE I", b"200")):
            sock.sendall(line + b"\r\n")
            self.expect(file, code)
        return sock, file

    @staticmethod
    def expect(file, code):
        line = file.readline()
        if not line.startswith(code):
            raise SystemExit(f"vsftpd said {line!r}")
        return line

    def data(self, sock, file):
        sock.sendall(b"PASV\r\n")
        numbers = self.expect(file, b"227").split(b"(")[1].split(b")")[0].split(b",")
        return socket.create_connection(("127.0.0.1", int(numbers[4]) * 256 + int(numbers[5])))

    def upload(self, path, _digest):
        sock, file = self.session()
        began = time.perf_counter()
        data = self.data(sock, file)
        sock.sendall(b"STOR pub/up.bin\r\n")
        self.expect(file, b"150")
        send(data, path)
        data.close()
        self.expect(file, b"226")
        took = time.perf_counter() - began
        sock.close()
        return took

    def download(self):
        sock, file = self.session()
        began = time.perf_counter()
        data = self.data(sock, file)
        sock.sendall(b"RETR pub/up.bin\r\n")
        self.expect(file, b"150")
        receive(data, SIZE)
        data.close()
        self.expect(file, b"226")
        took = time.perf_counter() - began
        sock.close()
        return took

    def stop(self):
        self.process.terminate()
        self.process.wait()


def row(name, reel, peer):
    speed = lambda took: SIZE / (1 << 20) / took
    cells = []
    for times in (reel, peer):
        rates = sorted(map(speed, times))
        cells.append(f"{statistics.median(rates):6.0f} ({rates[0]:.0f} to {rates[-1]:.0f})")
    ratio = statistics.median(b / a for a, b in zip(reel, peer))
    print(f"{name:32} {cells[0]:>24} {cells[1]:>24} {ratio:8.2f}", flush=True)


def memory(reel, path, digest):
    """The highest RSS above idle while ten transfers of 1 GiB run at once."""
    idle = reel.rss()
    peaks = {}
    for name, work in (("down", reel.download), ("up", None)):
        peak, done = [idle], threading.Event()

        def watch():
            while not done.wait(0.02):
                peak[0] = max(peak[0], reel.rss())

        watcher = threading.Thread(target=watch)
        watcher.start()
        sources = [None] * 10
        if work is None:
            # Ten different files: the same content at once would be one upload and nine refusals.
            sources = [variant(path, n) for n in range(10)]
        jobs = [threading.Thread(target=work or (lambda s=s: reel.upload(*s))) for s in sources]
        [job.start() for job in jobs]
        [job.join() for job in jobs]
        done.set()
        watcher.join()
        peaks[name] = peak[0]
        for source in sources:
            if source:
                os.remove(source[0])
    print(f"RSS of reeld, MiB: idle {idle:.1f}; ten 1 GiB downloads at once {peaks['down']:.1f}; "
          f"ten 1 GiB uploads at once {peaks['up']:.1f}")


def variant(path, n):
    """A file that differs in its last bytes, and its MD5; the disk is asked for the difference alone."""
    other = f"{path}.{n}"
    subprocess.check_call(["cp", "--reflink=auto", path, other])
    with open(other, "r+b") as file:
        file.seek(-8, os.SEEK_END)
        file.write(n.to_bytes(8, "big"))
    with open(other, "rb") as file:
        return other, hashlib.file_digest(file, "md5").hexdigest()


def main():
    binary, rounds = sys.argv[1], int(sys.argv[2])
    with tempfile.TemporaryDirectory(prefix="reel-bench.") as folder:
        path = os.path.join(folder, "film.bin")
        digest = hashlib.md5()
        with open(path, "wb") as file:
            block = os.urandom(1 << 20)
            for n in range(SIZE >> 20):
                piece = n.to_bytes(8, "big") + block[8:]
                file.write(piece)
                digest.update(piece)
        digest = digest.hexdigest()
        reel, peer = Reel(binary, folder), Vsftpd(folder)
        try:
            took = {("up", reel): [], ("up", peer): [], ("down", reel): [], ("down", peer): []}
            for server in (reel, peer):  # warm-up
                server.upload(path, digest)
                server.download()
            for _ in range(rounds):
                for what in ("up", "down"):
                    for server in (reel, peer):
                        # Nobody pays for what the one before has left to be written.
                        os.sync()
                        done = server.upload(path, digest) if what == "up" else server.download()
                        took[what, server].append(done)
            print(f"{'1 GiB on loopback, MiB/s':32} {'Reel':>24} {'vsftpd':>24} {'Reel/it':>8}")
            row("download", took["down", reel], took["down", peer])
            row("upload (Reel verifies, fsyncs)", took["up", reel], took["up", peer])
            memory(reel, path, digest)
        finally:
            reel.stop()
            peer.stop()


main()
