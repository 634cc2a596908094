"""How fast this machine is just now, beside the one on which the figures to reach were set.

    python benchmarks/machine.py

Hosts give a virtual machine more in some hours than in others, and the figures were set on one that was quiet.
Two things were measured there that can be measured anywhere: what one call of a kept `requests.Session` costs, and
how often SQLite commits one row with full sync.
"""

import argparse
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import requests

#: CPU microseconds of a `PATCH` with a kept `requests.Session` that does not look at the environment, measured there.
CALL_US_THERE = 587.0
#: Commits a second of one row in a WAL with `synchronous=FULL`, measured there.
COMMITS_THERE = 5_224.0
CALLS, COMMITS, ROUNDS = 500, 1_000, 3
#: Answers every request at once and looks at nothing but its length.
SERVER = """
import re, socket
listening = socket.create_server(("127.0.0.1", 0))
print(listening.getsockname()[1], flush=True)
connection, _ = listening.accept()
connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
stream = connection.makefile("rb")
while line := stream.readline():
    length = 0
    while (line := stream.readline()) not in (b"\\r\\n", b""):
        if line.lower().startswith(b"content-length:"):
            length = int(line[15:])
    stream.read(length)
    connection.sendall(b"HTTP/1.1 200 OK\\r\\nContent-Length: 2\\r\\n\\r\\n{}")
"""


def main() -> None:
    argparse.ArgumentParser(description=__doc__).parse_args()
    us, commits = call_us(), commits_a_second()
    print(f"a call of requests    {us:8,.0f} CPU us   {us / CALL_US_THERE:4.1f} times what it cost there")
    print(
        f"commits, full sync    {commits:8,.0f} a second {COMMITS_THERE / commits:4.1f} times slower than there"
    )


def call_us() -> float:
    """CPU microseconds of one call, of the best of some rounds."""
    with _server() as url, requests.Session() as session:
        session.trust_env = False
        return min(_round(session, url) for _ in range(ROUNDS))


def _round(session: requests.Session, url: str) -> float:
    began = time.thread_time()
    for _ in range(CALLS):
        session.patch(url, json={"a": 1}, timeout=10)
    return (time.thread_time() - began) / CALLS * 1e6


@contextmanager
def _server() -> Iterator[str]:
    with subprocess.Popen([sys.executable, "-c", SERVER], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        try:
            yield f"http://127.0.0.1:{int(process.stdout.readline())}/"
        finally:
            process.kill()


def commits_a_second() -> float:
    """The median of some rounds, on the disk of the folder for temporary files."""
    with (
        tempfile.TemporaryDirectory(prefix="bench-machine-") as folder,
        closing(sqlite3.connect(Path(folder) / "rows.db", isolation_level=None)) as database,
    ):
        database.execute("PRAGMA journal_mode=WAL")
        database.execute("PRAGMA synchronous=FULL")
        database.execute("CREATE TABLE rows (value TEXT)")
        return statistics.median(_commits(database) for _ in range(ROUNDS))


def _commits(database: sqlite3.Connection) -> float:
    began = time.monotonic()
    for _ in range(COMMITS):
        database.execute("INSERT INTO rows VALUES ('one')")
    return COMMITS / (time.monotonic() - began)


if __name__ == "__main__":
    main()
