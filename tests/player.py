"""A player of the tests: reads and seeks as players do, and says what it found.

player.py seek SIZE MD5 URL   reads here and there, then all of it
player.py hang FILE URL       reads a little, makes FILE and plays for ever
player.py slow FILE MD5 URL   reads a little, makes FILE, waits until it is gone and reads the rest
player.py fail URL            ends with 3
"""
import hashlib
import http.client
import os
import sys
import threading
import time
import urllib.error
import urllib.parse
import urllib.request

URL = sys.argv[-1]


def get(range_=None, method="GET"):
    request = urllib.request.Request(URL, method=method)
    if range_:
        request.add_header("Range", "bytes=" + range_)
    return urllib.request.urlopen(request, timeout=60)


def seek(size, md5):
    whole = get().read()
    assert hashlib.md5(whole).hexdigest() == md5 and len(whole) == size, len(whole)
    head = get(method="HEAD")
    assert head.read() == b"" and head.headers["Content-Length"] == str(size), head.headers
    assert head.headers["Accept-Ranges"] == "bytes", head.headers
    for first, last in [(0, 0), (size // 3, size // 3 + 70000), (size - 5, size + 99)]:
        piece = get(f"{first}-{last}")
        end = min(last, size - 1)
        assert piece.status == 206, piece.status
        assert piece.headers["Content-Range"] == f"bytes {first}-{end}/{size}", piece.headers
        assert piece.read() == whole[first : end + 1]
    assert get("-1000").read() == whole[-1000:]
    try:
        get(f"{size}-")
        raise AssertionError("a range beyond the end")
    except urllib.error.HTTPError as error:
        assert error.code == 416 and error.headers["Content-Range"] == f"bytes */{size}", error.headers
    place = urllib.parse.urlsplit(URL)
    # Many requests over one connection, wrong ones among them.
    line = http.client.HTTPConnection(place.hostname, place.port, timeout=60)
    for path, method, status in [
        ("/", "GET", 404), (place.path + "x", "GET", 404), (place.path, "PUT", 405), (place.path, "GET", 200),
    ]:
        line.request(method, path)
        answer = line.getresponse()
        body = answer.read()
        assert answer.status == status and (status != 200 or body == whole), (method, path, answer.status)
    # Away in the middle, as a seek is, again and again, and two at a time.
    def jump(first):
        for step in range(5):
            piece = get(f"{first + step * 1000}-")
            assert piece.read(1000) == whole[first + step * 1000 :][:1000]
            piece.close()
    jumps = [threading.Thread(target=jump, args=(first,)) for first in (0, size // 2, size - 20000)]
    [thread.start() for thread in jumps]
    [thread.join() for thread in jumps]
    assert get(f"{size - 10}-").read() == whole[-10:]
    print("played", flush=True)


def hang(file):
    get("0-99").read()
    open(file, "w").close()
    while True:
        time.sleep(60)


def slow(file, md5):
    film = get()
    whole = film.read(1000)
    open(file, "w").close()
    while os.path.exists(file):
        time.sleep(0.02)
    whole += film.read()
    assert hashlib.md5(whole).hexdigest() == md5, len(whole)
    print("played", flush=True)


match sys.argv[1]:
    case "seek":
        seek(int(sys.argv[2]), sys.argv[3])
    case "hang":
        hang(sys.argv[2])
    case "slow":
        slow(sys.argv[2], sys.argv[3])
    case "fail":
        sys.exit(3)
