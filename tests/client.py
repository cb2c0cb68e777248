#!/usr/bin/env python3
"""A client of Reel written from the specification of the protocol alone, with nothing but the standard library.

    python3 tests/client.py HOST:PORT ADMIN_INVITE_CODE

It does what a small club does on its first day, compares every byte, and ends with a clear message and a status
other than zero at the first thing that the specification does not say. It really waits for the ads:
`[ads] seconds = 1` makes that short.
"""

import concurrent.futures
import datetime
import hashlib
import os
import re
import secrets
import socket
import sys
import time

PATIENCE = 30


class Deviation(Exception):
    """The server did what the specification does not say."""


def must(true, why):
    if not true:
        raise Deviation(why)


# ---- lines: words, quotes, facts ------------------------------------------------------------------------------------

ESCAPES = {"n": "\n", "t": "\t", '"': '"', "\\": "\\"}
TOKEN = re.compile(
    r'(?:(?P<key>[^\s"\\=]+)=)?(?:"(?P<quoted>(?:[^"\\]|\\["\\nt])*)"|(?P<bare>[^\s"\\=]+))(?= |$)'
)


def quote(text):
    for raw, escaped in (("\\", "\\\\"), ('"', '\\"'), ("\n", "\\n"), ("\t", "\\t")):
        text = text.replace(raw, escaped)
    return f'"{text}"'


def take_apart(line):
    """The words of a line and its facts, up to a bare colon."""
    words, facts, at = [], {}, 0
    while at < len(line):
        if line[at] == " ":
            at += 1
            continue
        if line.startswith(": ", at) or line[at:] == ":":
            break
        token = TOKEN.match(line, at)
        must(token, f"neither a word nor key=word at {line[at:]!r} of {line!r}")
        quoted = token["quoted"]
        value = token["bare"] if quoted is None else re.sub(r"\\(.)", lambda m: ESCAPES[m[1]], quoted)
        if token["key"]:
            must(token["key"] not in facts, f"{token['key']}= twice in {line!r}")
            facts[token["key"]] = value
        else:
            words.append(value)
        at = token.end()
    return words, facts


class Reply:
    def __init__(self, line, rows):
        must(re.match(r"\d{3} [A-Z0-9_]+( |$)", line), f"no status line: {line!r}")
        words, self.facts = take_apart(line)
        must(len(words) == 2, f"a status is NNN WORD key=value, not {line!r}")
        self.status, self.line, self.rows = " ".join(words), line, rows

    def __getitem__(self, key):
        must(key in self.facts, f"no {key}= in {self.line!r}")
        return self.facts[key]

    def number(self, key):
        must(re.fullmatch(r"\d+", self[key]), f"{key}= is no whole number in {self.line!r}")
        return int(self[key])


# ---- a connection ---------------------------------------------------------------------------------------------------

class Line:
    def __init__(self, address):
        self.socket = socket.create_connection(address, PATIENCE)
        self.file = self.socket.makefile("rb")
        self.asked = "the greeting"
        greeting = self.reply("220 REEL")
        must(greeting["proto"] == "1" and greeting["max-line"] == "8192", f"greeted with {greeting.line!r}")
        self.caps = greeting["caps"]

    def say(self, command):
        self.asked = command
        self.socket.sendall(command.encode() + b"\r\n")

    def line(self):
        raw = self.file.readline()
        must(raw, f"{self.asked}: the connection ended")
        must(raw.endswith(b"\r\n"), f"{self.asked}: a line without CRLF: {raw!r}")
        try:
            return raw[:-2].decode()
        except UnicodeDecodeError:
            raise Deviation(f"{self.asked}: not UTF-8: {raw!r}") from None

    def reply(self, *expected):
        """Rows, then a status line: one of the expected ones."""
        rows = []
        while (line := self.line()).startswith("- "):
            words, facts = take_apart(line[2:])
            must(not words, f"a row is - key=value, not {line!r}")
            rows.append(facts)
        reply = Reply(line, rows)
        must(not expected or reply.status in expected,
             f"{self.asked}: expected {' or '.join(expected)}, not {line!r}")
        return reply

    def ask(self, command, *expected):
        self.say(command)
        return self.reply(*expected)

    def body(self, length):
        body = self.file.read(length)
        must(len(body) == length, f"{self.asked}: {len(body)} bytes of {length}, then the end")
        return body

    def ends(self):
        left = self.file.read()
        must(not left, f"{self.asked}: after it came {left[:200]!r}")
        self.close()

    def close(self):
        self.file.close()
        self.socket.close()


def rows(line, command, limit):
    """All rows, page by page."""
    everything, after = [], ""
    while True:
        page = line.ask(f"{command} limit={limit}{after}", "210 END")
        must(page.number("rows") == len(page.rows) <= limit, f"{command}: {len(page.rows)} rows and {page.line!r}")
        everything += page.rows
        if "next" not in page.facts:
            return everything
        after = f" after={quote(page['next'])}"


# ---- what a client does ---------------------------------------------------------------------------------------------

def md5(data):
    return hashlib.md5(data).hexdigest()


def stor(line, title, kind, data, more=""):
    """Uploads a title, proving rather than sending where the server asks for that."""
    reply = line.ask(f"STOR {len(data)} {md5(data)} title={quote(title)} kind={kind} {more}".rstrip(),
                     "150 SEND", "350 PROVE", "226 STORED", "450 BUSY")
    if reply.status == "350 PROVE":
        proof = hashlib.md5(reply["nonce"].encode())
        for span in reply["ranges"].split(","):
            offset, length = map(int, span.split("-"))
            must(length >= 1 and offset + length <= len(data), f"a range outside the file: {reply.line!r}")
            proof.update(data[offset:offset + length])
        reply = line.ask(f"PROVE {proof.hexdigest()}", "226 STORED")
    if reply.status == "150 SEND":
        offset, length = reply.number("offset"), reply.number("length")
        must(offset + length == len(data), f"{reply.line!r} for {len(data)} bytes")
        must(offset == 0 or "resume=yes" in more, f"offset without resume=yes: {reply.line!r}")
        line.socket.sendall(data[offset:])
        reply = line.reply("226 STORED")
    if reply.status == "450 BUSY":
        time.sleep(0.2)  # a connection that was cut is about to be noticed
        return stor(line, title, kind, data, more)
    return reply["id"]


def retr(line, title, whole, offset=0, length=None):
    """Fetches a range and compares it."""
    options = f" offset={offset}" + ("" if length is None else f" length={length}")
    reply = line.ask(f"RETR {title}{options}", "150 DATA")
    end = len(whole) if length is None else min(len(whole), offset + length)
    must((reply.number("offset"), reply.number("length")) == (offset, end - offset), f"{line.asked}: {reply.line!r}")
    must(reply.number("size") == len(whole) and reply["md5"].lower() == md5(whole), f"{line.asked}: {reply.line!r}")
    body = line.body(end - offset)
    line.reply("226 DONE")
    must(body == whole[offset:end], f"{line.asked}: other bytes than were stored")
    return body


class Day:
    """The first day of a small club."""

    def __init__(self, host, port, code):
        self.address, self.code = (host, port), code
        self.tag = secrets.token_hex(4)  # so that it may be run again on the same club
        self.films = {}

    def resume(self, token):
        line = Line(self.address)
        reply = line.ask(f"RESUME {token}", "230 OK")
        must(reply["token"] == token, f"another token: {reply.line!r}")
        return line

    def guests(self):
        line = Line(self.address)
        must(line.ask("CAPS", "250 OK", "210 END").line, "no answer")
        line.ask("NOOP", "250 OK")
        for command in ("LIST", "WHOAMI", "RETR 1", "TOPUP 5.00"):
            line.ask(command, "530 LOGIN_REQUIRED")
        line.ask("NOSUCHTHING", "500 UNKNOWN_COMMAND")
        line.ask('SEARCH "open', "501 SYNTAX", "530 LOGIN_REQUIRED")
        line.ask("QUIT", "221 BYE")
        line.ends()

    def admin_uploads(self):
        line = Line(self.address)
        me = line.ask(f"REGISTER boss{self.tag} {md5(b'boss')} invite={self.code}", "230 OK")
        must((me["user"], me["role"], me["balance"], me["member-until"]) == (f"boss{self.tag}", "admin", "0.00", "-"),
             f"registered as {me.line!r}")
        films = {name: os.urandom(size) for name, size in (("春天的绿茶", 300_007), ("Paid film", 200_003),
                                                           ("Cut film", 400_009))}
        free = stor(line, f"春天的绿茶 {self.tag}", "FREE", films["春天的绿茶"])
        paid = stor(line, f'The "paid" film {self.tag}', "PAID", films["Paid film"], "key=paid-1")
        again = line.ask(f"STOR {len(films['Paid film'])} {md5(films['Paid film'])} "
                         f"title={quote(f'The {chr(34)}paid{chr(34)} film {self.tag}')} kind=PAID key=paid-1",
                         "226 STORED")
        must(again["id"] == paid, f"the same key gave another title: {again.line!r}")

        # An upload that is cut, and goes on over another connection.
        data = films["Cut film"]
        broken = self.resume(me["token"])
        broken.ask(f"STOR {len(data)} {md5(data)} title=Cut kind=FREE resume=yes", "150 SEND")
        broken.socket.sendall(data[:150_000])
        broken.socket.shutdown(socket.SHUT_WR)
        broken.file.read()
        broken.close()
        cut = stor(line, f"Cut {self.tag}", "FREE", data, "resume=yes")

        # Known content, once with what identifies it and once without: bytes or a proof, as the server likes.
        for more in ("", f"sha256={hashlib.sha256(data).hexdigest()}"):
            other = stor(line, f"Cut again {self.tag}", "FREE", data, more)
            must(other != cut, "two titles with one id")
            retr(line, other, data, 399_999)

        # Wrong bytes are not kept, and hurt nobody.
        line.ask(f"STOR 5 {md5(b'hello')} title=Wrong kind=FREE prove=no", "150 SEND")
        line.socket.sendall(b"hallo")
        line.reply("551 MD5_MISMATCH")
        self.prove(line, films["Cut film"])
        for title, name in ((free, "春天的绿茶"), (paid, "Paid film"), (cut, "Cut film")):
            self.films[title] = films[name]
            retr(line, title, films[name])  # admins neither wait nor pay
        self.free, self.paid, self.cut, self.boss = free, paid, cut, line

    def prove(self, line, data):
        """The content is known: showing that one has it stores a title."""
        asked = line.ask(f"STOR {len(data)} {md5(data)} title=Proven kind=FREE", "350 PROVE")
        must(asked["ranges"] == f"0-{len(data)}", f"asked for {asked.line!r}")
        line.ask(f"PROVE {md5(data)}", "551 PROOF_FAILED")
        asked = line.ask(f"STOR {len(data)} {md5(data)} title=Proven kind=FREE sha256={hashlib.sha256(data).hexdigest()}", "350 PROVE")
        proof = asked["nonce"].encode()
        for start, length in (map(int, one.split("-")) for one in asked["ranges"].split(",")):
            must(length >= 1 and start + length <= len(data), f"asked for {asked.line!r}")
            proof += data[start:start + length]
        title = line.ask(f"PROVE {md5(proof)}", "226 STORED")["id"]
        retr(line, title, data)
        line.ask(f"DELE {title}", "250 OK")

    def user_looks_around(self):
        self.name = f"安娜{self.tag}"
        self.line = Line(self.address)
        me = self.line.ask(f"REGISTER {self.name} {md5(b'anna').upper()}", "230 OK")
        must((me["user"], me["role"], me["balance"]) == (self.name, "user", "0.00"), f"registered as {me.line!r}")
        self.token = me["token"]
        self.line.ask(f"STOR 5 {md5(b'hello')} title=Mine kind=PAID", "550 NOT_ALLOWED")
        shelf = stor(self.line, "two\nlines", "SHARED", b"hello", "prove=no")
        retr(self.line, shelf, b"hello")

        listed = rows(self.line, "LIST", 2)
        ids = [int(row["id"]) for row in listed]
        must(ids == sorted(set(ids)), f"LIST does not ascend by id: {ids}")
        for title, data in self.films.items():
            row = next((row for row in listed if row["id"] == title), None)
            must(row, f"title {title} is not in LIST")
            must((int(row["size"]), row["md5"].lower()) == (len(data), md5(data)), f"listed as {row}")
            must(row["author"] == f"boss{self.tag}", f"listed as {row}")
            self.is_time(row["at"])
        must(next(row for row in listed if row["id"] == shelf)["title"] == "two\nlines", "a title lost its line")
        sold = next(row for row in listed if row["id"] == self.paid)
        must((sold["kind"], sold["title"]) == ("PAID", f'The "paid" film {self.tag}'), f"listed as {sold}")
        self.price, self.member_price = sold["price"], sold["member-price"]
        for kind, ids in (("FREE", {self.free, self.cut}), ("PAID", {self.paid}), ("SHARED", {shelf}), ("OWNED", set())):
            found = {row["id"] for row in rows(self.line, f"LIST {kind}", 100)}
            must(ids <= found, f"LIST {kind} has not all of {ids}")
            must(not (set(self.films) | {shelf}) - ids & found, f"LIST {kind} has more than it should")
        for words in ("春天", "绿茶", f"{self.tag} 春天"):
            found = {row["id"] for row in rows(self.line, f"SEARCH {words}", 100)}
            must(self.free in found and self.paid not in found, f"SEARCH {words} found {found}")
        self.line.ask("LIST limit=0", "501 SYNTAX", "501 BAD_VALUE")
        self.line.ask("INFO 999999999", "550 NOT_FOUND")

    def user_waits(self):
        data = self.films[self.free]
        wait = self.line.ask(f"RETR {self.free}", "350 WAIT")
        must("ad" in wait.facts, f"no ad: {wait.line!r}")
        other = self.line.ask(f"RETR {self.cut}", "350 WAIT")
        must(1 <= other.number("seconds") <= wait.number("seconds"), f"{wait.line!r}, then {other.line!r}")
        time.sleep(wait.number("seconds"))

        # Three segments at the same time over three connections of the session.
        third = -(-len(data) // 3)

        def segment(number):
            line = self.resume(self.token)
            part = retr(line, self.free, data, number * third, third)
            line.ask("QUIT", "221 BYE")
            line.ends()
            return part

        with concurrent.futures.ThreadPoolExecutor(3) as pool:
            must(md5(b"".join(pool.map(segment, range(3)))) == md5(data), "the segments make another file")

        info = self.line.ask(f"INFO {self.free}", "210 END").rows
        must(len(info) == 1 and (info[0]["granted"], info[0]["owned"]) == ("yes", "no"), f"INFO says {info}")
        retr(self.line, self.free, data, len(data))  # the very end: nothing
        for bad in (f"offset={len(data) + 1}", "length=0"):
            refused = self.line.ask(f"RETR {self.free} {bad}", "551 BAD_RANGE")
            must(refused.number("size") == len(data), f"{refused.line!r}")

    def user_pays(self):
        data = self.films[self.paid]
        need = self.line.ask(f"RETR {self.paid}", "552 NEED_PAY")
        must(need["price"] == self.price, f"listed for {self.price}, then {need.line!r}")
        need = self.line.ask(f"BUY {self.paid}", "552 NEED_FUNDS")
        must((need["price"], need["balance"]) == (self.price, "0.00"), need.line)
        first = self.line.ask("TOPUP 100 key=t1", "250 OK")
        must(first["balance"] == "100.00", first.line)
        must(self.line.ask("TOPUP 100 key=t1", "250 OK")["balance"] == "100.00", "a key had two effects")
        self.line.ask("TOPUP 99 key=t1", "553 KEY_REUSED")
        changed = self.line.ask(f"BUY {self.paid} price=0.01", "553 PRICE_CHANGED")
        must(changed["price"] == self.price, changed.line)
        bought = self.line.ask(f"BUY {self.paid} price={self.price}", "250 OK")
        left = f"{(10_000 - self.cents(self.price)) / 100:.2f}"
        must((bought["paid"], bought["balance"]) == (self.price, left), bought.line)
        owned = self.line.ask(f"BUY {self.paid}", "250 OWNED")
        must((owned["paid"], owned["balance"]) == ("0.00", left), owned.line)
        self.line.ask(f"BUY {self.free}", "553 NOT_FOR_SALE")
        retr(self.line, self.paid, data)
        must([row["id"] for row in rows(self.line, "LIST OWNED", 10)] == [self.paid], "LIST OWNED")

        member = self.line.ask("MEMBER key=m1", "250 OK")
        until = self.is_time(member["member-until"])
        must(until > datetime.datetime.now(datetime.timezone.utc), member.line)
        must(self.cents(left) - self.cents(member["paid"]) == self.cents(member["balance"]), member.line)
        me = self.line.ask("WHOAMI", "250 OK")
        must((me["balance"], me["member-until"]) == (member["balance"], member["member-until"]), me.line)
        retr(self.line, self.cut, self.films[self.cut])  # members do not wait

        statement = rows(self.line, "STATEMENT", 2)
        amounts = [self.cents(row["amount"]) for row in statement]
        must(amounts == [-self.cents(member["paid"]), -self.cents(self.price), 10_000], f"STATEMENT says {statement}")
        must(statement[0]["balance"] == me["balance"], f"STATEMENT says {statement}")
        history = rows(self.line, "HISTORY", 2)
        how = [(row["id"], row["how"]) for row in history]
        must(how[:2] == [(self.cut, "member"), (self.paid, "paid")], f"HISTORY says {how}")
        must((self.free, "ad") in how and how[-1][1] == "shared", f"HISTORY says {how}")

    def user_leaves(self):
        second = self.resume(self.token)
        self.line.ask(f"PASSWD {md5(b'anna')} {md5(b'other')}", "250 OK")
        self.line.ask("LOGOUT", "250 OK")
        self.line.ask("WHOAMI", "530 LOGIN_REQUIRED")
        second.ask("WHOAMI", "530 LOGIN_REQUIRED")
        second.ask(f"LOGIN {self.name} {md5(b'anna')}", "530 BAD_CREDENTIALS")
        again = second.ask(f"LOGIN {self.name} {md5(b'other')}", "230 OK")
        must(again["token"] != self.token, "an old token lives again")

        # The end of the commands is not the end of the replies.
        owed = Line(self.address)
        owed.socket.sendall(f"RESUME {again['token']}\nWHOAMI\nRETR {self.paid} length=9\nNOOP\nTOPUP 5.00".encode())
        owed.socket.shutdown(socket.SHUT_WR)
        owed.reply("230 OK")
        balance = owed.reply("250 OK")["balance"]
        owed.reply("150 DATA")
        must(owed.body(9) == self.films[self.paid][:9], "other bytes")
        owed.reply("226 DONE")
        owed.reply("250 OK")
        owed.ends()
        must(second.ask("WHOAMI", "250 OK")["balance"] == balance, "a last line without its end was run")

    @staticmethod
    def is_time(text):
        must(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", text), f"no time of the protocol: {text!r}")
        return datetime.datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=datetime.timezone.utc)

    @staticmethod
    def cents(text):
        must(re.fullmatch(r"-?\d{1,12}\.\d\d", text), f"no amount of the protocol: {text!r}")
        return int(text.replace(".", ""))


def main():
    if len(sys.argv) != 3 or ":" not in sys.argv[1]:
        sys.exit(__doc__)
    host, port = sys.argv[1].rsplit(":", 1)
    day = Day(host.strip("[]"), int(port), sys.argv[2])
    for chapter in (day.guests, day.admin_uploads, day.user_looks_around, day.user_waits, day.user_pays, day.user_leaves):
        name = chapter.__name__.replace("_", " ")
        try:
            chapter()
        except (Deviation, OSError) as why:
            sys.exit(f"{name}: {why}")
        print(f"{name}: as specified")


if __name__ == "__main__":
    main()
