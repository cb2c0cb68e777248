"""Times the lists of a small and of a large club, in turn, over plain sockets on loopback. See bench/scale."""

import argparse
import hashlib
import json
import os
import re
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time

ROWS = 20  # of a page
DEEP = 1000  # the page that is timed besides the first
SORTS = ("id", "new", "name", "size", "popular")
WARM, RUNS = 5, 41
FACT = re.compile(r'([\w-]+)=("(?:[^"\\]|\\.)*"|\S+)')

# The mix of pairs: each once. How many titles of the large club have the first, the second, both.
PAIRS = (
    ("rare + rare, all in common", "quixote zephyr"),
    ("rare + rare, none", "quixote ormolu"),
    ("rare + common", "ormolu harbour"),
    ("rare + common, none", "quixote garden"),
    ("1 % + common", "copper harbour"),
    ("common + common, many", "garden orchard"),
    ("common + common, three", "harbour lantern"),
    ("common + common, none", "harbour garden"),
    ("frequent + frequent", "the of"),
    ("Chinese: common + rare", "绿茶 麒麟"),
    ("Chinese: common + character", "绿茶 的"),
)
WORDS = (
    ("rare", "quixote"), ("1 %", "copper"), ("common", "harbour"), ("frequent", "the"), ("none", "nosuchword"),
    ("Chinese, rare", "麒麟"), ("Chinese, common", "绿茶"), ("Chinese, a character", "的"),
)
PARTS = (("rare", "qvxz"), ("common", "wolf"), ("three letters", "ran"), ("a letter", "a"), ("a digit pair", "99"),
         ("Chinese", "的"), ("none", "qqqq"))


class MariaDb:
    """A server of our own in a folder; settings as they come, but for the size of the buffer pool."""

    def __init__(self, folder):
        self.folder = os.path.join(folder, "mariadb")
        os.mkdir(self.folder)
        self.data, self.socket = os.path.join(self.folder, "data"), os.path.join(self.folder, "socket")
        self.user = subprocess.check_output(["id", "-un"], text=True).strip()
        subprocess.run(["mariadb-install-db", "--no-defaults", f"--user={self.user}", f"--datadir={self.data}",
                        "--skip-test-db", "--auth-root-authentication-method=normal"],
                       check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.process = None

    def start(self, pool, *options):
        self.process = subprocess.Popen(
            ["mariadbd", "--no-defaults", f"--user={self.user}", f"--datadir={self.data}", f"--tmpdir={self.folder}",
             f"--socket={self.socket}", "--bind-address=127.0.0.1", f"--port={self.port}", "--skip-log-bin",
             "--skip-name-resolve", f"--innodb-buffer-pool-size={pool}", "--innodb-log-file-size=256M", *options],
            stdout=subprocess.DEVNULL, stderr=open(os.path.join(self.folder, "log"), "ab"))
        for _ in range(600):
            if self.sql("SELECT 1", check=False).returncode == 0:
                return
            time.sleep(0.1)
        raise SystemExit("MariaDB does not start")

    def sql(self, text, check=True):
        return subprocess.run(["mariadb", "--no-defaults", f"--socket={self.socket}", "-u", "root", "-e", text],
                              check=check, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def stop(self):
        if self.process:
            self.process.terminate()
            self.process.wait()
            self.process = None


class Line:
    """A connection to the line door."""

    def __init__(self, address):
        self.socket = socket.create_connection(address)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.file = self.socket.makefile("rb")
        self.file.readline()

    def ask(self, line):
        """The rows and the words of the status."""
        self.socket.sendall(line.encode() + b"\r\n")
        rows = []
        while True:
            answer = self.file.readline()
            if answer[:1] == b"-":
                rows.append(answer)
            elif answer[:1] in (b"1", b"2"):
                return rows, dict(FACT.findall(answer.decode().split(" : ")[0]))
            else:
                raise SystemExit(f"{line!r} was answered {answer!r}")


class Club:
    def __init__(self, programs, folder, name, database, titles, accounts):
        self.programs, self.name, self.url = programs, name, database
        self.data = os.path.join(folder, name)
        self.log = open(os.path.join(folder, f"{name}.log"), "wb")
        self.titles, self.accounts, self.tokens, self.process = titles, accounts, {}, None

    def start(self):
        self.process = subprocess.Popen(
            [os.path.join(self.programs, "reeld"), "--data", self.data, "--database", self.url,
             "--listen", "127.0.0.1:0"], stdout=subprocess.PIPE, stderr=self.log)
        host, port = self.process.stdout.readline().split()[-1].decode().rsplit(":", 1)
        self.address = (host, int(port))
        self.lines = {}
        for who, token in self.tokens.items():
            self.lines[who] = Line(self.address)
            self.lines[who].ask(f"RESUME {token}")

    def stop(self):
        if self.process:
            self.process.terminate()
            self.process.wait()
            self.process = None

    def fill(self):
        self.start()
        invite = subprocess.check_output([os.path.join(self.programs, "reeld"), "invite", "--admin", "--data", self.data,
                                          "--database", self.url], stderr=self.log, text=True).strip()
        for who in ("boss", "heavy", "plain"):
            password = hashlib.md5(who.encode()).hexdigest()
            code = f" invite={invite}" if who == "boss" else ""
            self.tokens[who] = Line(self.address).ask(f"REGISTER {who} {password}{code}")[1]["token"]
        self.stop()
        began = time.perf_counter()
        subprocess.run([os.path.join(self.programs, "examples", "fill"), self.url, str(self.titles), str(self.accounts)],
                       check=True)
        print(f"{self.name}: filled in {time.perf_counter() - began:.0f} s", file=sys.stderr, flush=True)

    def deep(self, who, command):
        """What goes into `after` for the thousandth page, or for the last full one; and which page that is."""
        before, after, page, line = "", "", 1, self.lines[who]
        while page < DEEP:
            rows, status = line.ask(f"{command} limit={ROWS}{after}")
            following = status.get("next")
            if following is None:
                return (after, page) if len(rows) == ROWS or page == 1 else (before, page - 1)
            before, after, page = after, f" after={following}", page + 1
        return after, page

    def time(self, who, command):
        line = self.lines[who]
        began = time.perf_counter()
        rows, _ = line.ask(command)
        return time.perf_counter() - began, len(rows)


def cases():
    """Name, who asks, what; whether there are pages."""
    for which in ("ALL", "FREE", "PAID", "SHARED", "DELETED"):
        for sort in SORTS:
            yield f"LIST {which} sort={sort}", "boss", f"LIST {which} sort={sort}", True
    for sort in ("id", "new"):
        yield f"LIST OWNED sort={sort} (of 21,000)", "heavy", f"LIST OWNED sort={sort}", True
    for sort in ("name", "size", "popular"):
        yield f"LIST OWNED sort={sort} (of 200 in both)", "plain", f"LIST OWNED sort={sort}", True
    for name, word in WORDS:
        yield f"SEARCH {word} ({name})", "plain", f"SEARCH {word}", True
    for name, pair in PAIRS:
        yield f"SEARCH {pair} ({name})", "plain", f"SEARCH {pair}", True
    yield "INFO", "boss", "INFO 777", False
    yield "HISTORY", "heavy", "HISTORY", True
    yield "STATEMENT", "heavy", "STATEMENT", True
    yield "USERS", "boss", "USERS", True
    for name, part in PARTS:
        yield f"USERS {part} ({name})", "boss", f"USERS {part}", True
    yield "STATS", "boss", "STATS", False
    yield "NOTICES", "boss", "NOTICES", True
    yield "AUDIT", "boss", "AUDIT", True


def measure(small, large, command, who):
    """Both clubs in turn, so that what else the machine does meets both."""
    times = {small: [], large: []}
    rows = {}
    for n in range(WARM + RUNS):
        for club in (small, large):
            took, rows[club] = club.time(who, command[club])
            if n >= WARM:
                times[club].append(took * 1000)
        # One that is far beyond the limit needs no more digits.
        if n > WARM + 5 and sum(times[large]) > 5000:
            break
    return [dict(rows=rows[club], median=statistics.median(times[club]), min=min(times[club]), max=max(times[club]))
            for club in (small, large)]


def cell(m):
    return f"{m['median']:8.2f} ({m['min']:.2f} to {m['max']:.2f})"


def reads(engine, small, large, only):
    print(f"\n{engine}, ms; {small.titles:,} titles and {small.accounts:,} accounts | {large.titles:,} and "
          f"{large.accounts:,}; pages of {ROWS}", flush=True)
    print(f"{'':52} {'page':>5} {'small':>26} {'large':>28} {'ratio':>6}")
    found = []
    for name, who, command, paged in cases():
        if only and not re.search(only, name):
            continue
        plain = {club: f"{command} limit={ROWS}" if paged else command for club in (small, large)}
        first = measure(small, large, plain, who)
        found.append(dict(engine=engine, name=name, page=1, small=first[0], large=first[1],
                          ratio=first[1]["median"] / first[0]["median"]))
        show(found[-1])
        if not paged:
            continue
        places = {club: club.deep(who, command) for club in (small, large)}
        if places[large][1] > 1:
            deep = {club: plain[club] + places[club][0] for club in (small, large)}
            times = measure(small, large, deep, who)
            found.append(dict(engine=engine, name=name, page=places[large][1], page_small=places[small][1],
                              small=times[0], large=times[1], ratio=times[1]["median"] / first[0]["median"]))
            show(found[-1])
    pairs = [f for f in found if f["page"] == 1 and any(f["name"].startswith(f"SEARCH {pair} ") for _, pair in PAIRS)]
    if pairs:
        sums = [sum(f[club]["median"] for f in pairs) for club in ("small", "large")]
        found.append(dict(engine=engine, name="SEARCH, the mix of pairs", page=1, small=dict(median=sums[0]),
                          large=dict(median=sums[1]), ratio=sums[1] / sums[0]))
        print(f"{'SEARCH, the mix of pairs: each of the above once':52} {'':5} {sums[0]:8.2f} {sums[1]:28.2f} "
              f"{sums[1] / sums[0]:24.2f}", flush=True)
    return found


def show(f):
    mark = "  <--" if f["ratio"] > 2 else ""
    print(f"{f['name']:52} {f['page']:>5} {cell(f['small']):>26} {cell(f['large']):>28} {f['ratio']:6.2f}{mark}",
          flush=True)


def writes(engine, small, large):
    """Single writes, one after the other: what the indexes cost."""
    print(f"\n{engine}, writes, ms", flush=True)
    found = []
    paid = {club: [row.decode().split("id=")[1].split()[0] for row in
                   club.lines["plain"].ask("LIST PAID sort=new limit=100")[0]] for club in (small, large)}
    bodies = {club: os.urandom(8) for club in (small, large)}

    def stor(club, n):
        line, body = club.lines["boss"], bodies[club] + n.to_bytes(4, "big")
        digest = hashlib.md5(body).hexdigest()
        line.ask(f'STOR {len(body)} {digest} kind=FREE prove=no title="The harbour of night {n} 绿茶之路"')
        line.socket.sendall(body)
        line.file.readline()

    def register(club, n):
        password = hashlib.md5(b"x").hexdigest()
        Line(club.address).ask(f"REGISTER bench{os.getpid()}x{n} {password}")

    def command(who, text):
        return lambda club, n: club.lines[who].ask(text(club, n))

    deeds = (
        ("STOR of 12 bytes", stor, 200),
        ("EDIT of the title", command("boss", lambda c, n: f'EDIT {n + 1} title="The lantern of night {n} 绿茶"'), 100),
        ("DELE", command("boss", lambda c, n: f"DELE {n + 1}"), 100),
        ("UNDELE", command("boss", lambda c, n: f"UNDELE {n + 1}"), 100),
        ("REGISTER (with its Argon2id)", register, 30),
        ("TOPUP", command("plain", lambda c, n: "TOPUP 10.00"), 100),
        ("TOPUP (by who has a long ledger)", command("heavy", lambda c, n: "TOPUP 10.00"), 100),
        ("BUY", command("plain", lambda c, n: f"BUY {paid[c][n]}"), 100),
        ("MEMBER", command("heavy", lambda c, n: "MEMBER"), 30),
    )
    for name, deed, count in deeds:
        times = {small: [], large: []}
        for n in range(count):
            for club in (small, large):
                began = time.perf_counter()
                deed(club, n)
                times[club].append((time.perf_counter() - began) * 1000)
        of = [dict(median=statistics.median(t), min=min(t), max=max(t)) for t in (times[small], times[large])]
        found.append(dict(engine=engine, name=name, small=of[0], large=of[1], ratio=of[1]["median"] / of[0]["median"]))
        show(dict(found[-1], page=""))
    return found


def on_engine(engine, programs, folder, out, args):
    server = MariaDb(folder) if engine == "mariadb" else None
    clubs = []
    try:
        if server:
            # Filled with more memory and without a flush at each commit; measured with neither.
            server.start("1G", "--innodb-flush-log-at-trx-commit=0")
        for name, titles, accounts in (("small", 1000, 100), ("large", args.titles, args.accounts)):
            if server:
                server.sql(f"CREATE DATABASE {name}")
                url = f"mysql://root@127.0.0.1:{server.port}/{name}"
            else:
                url = f"sqlite:{os.path.join(folder, name)}.db"
            clubs.append(Club(programs, folder, f"{engine}-{name}", url, titles, accounts))
            clubs[-1].fill()
        if server:
            server.stop()
            server.start("256M")
        for club in clubs:
            club.start()
        small, large = clubs
        found = reads(engine, small, large, args.only)
        if not args.only:
            found += writes(engine, small, large)
        with open(os.path.join(out, f"plans-{engine}.txt"), "wb") as file:
            subprocess.run([os.path.join(programs, "examples", "plans"), large.url], check=True, stdout=file)
        while args.keep:
            print(f"kept: {large.url}, {large.address}; interrupt to end", flush=True)
            signal.pause()
        return found
    finally:
        for club in clubs:
            club.stop()
        if server:
            server.stop()


def main():
    # So that what was started is ended, however this ends.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    signal.signal(signal.SIGINT, lambda *_: sys.exit(130))
    parser = argparse.ArgumentParser()
    parser.add_argument("programs")
    parser.add_argument("engine", nargs="?", choices=("sqlite", "mariadb"))
    parser.add_argument("--titles", type=int, default=1_000_000)
    parser.add_argument("--accounts", type=int, default=100_000)
    parser.add_argument("--only", help="a pattern that the names of the cases match")
    parser.add_argument("--keep", action="store_true", help="leave the clubs running at the end, to look at them")
    args = parser.parse_args()
    out = os.path.join(os.path.dirname(args.programs), "scale")
    os.makedirs(out, exist_ok=True)
    found = []
    for engine in (args.engine,) if args.engine else ("sqlite", "mariadb"):
        with tempfile.TemporaryDirectory(prefix="reel-scale.") as folder:
            found += on_engine(engine, args.programs, folder, out, args)
    with open(os.path.join(out, "scale.json"), "w") as file:
        json.dump(found, file, indent=1, ensure_ascii=False)
    reads = [f for f in found if "page" in f]
    bad = [f for f in reads if f["ratio"] > 2]
    print(f"\n{len(reads)} lists and pages, {len(bad)} of them beyond 2x" + "".join(
        f"\n  {f['engine']} {f['name']} page {f['page']}: {f['ratio']:.2f}" for f in bad))


main()
