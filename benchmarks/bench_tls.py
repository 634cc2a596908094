"""What leavers cost over HTTPS beside plain HTTP, and what a connection costs: CPU, connections kept, by turns."""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from measure import HERE, ROOT, Measured, Work, run_side
from run import bare_side, exeunt_side

sys.path.insert(0, str(ROOT))

from connectors.ldap.certificate import make_certificate
from connectors.sdk.context import Context
from connectors.sdk.http import Http, close_sessions

#: A target in a process of its own: one line says where it is, a closed input ends it.
SERVER = """
import sys
from pathlib import Path
from connectors.ldap.certificate import make_certificate
from connectors.sdk.fakes.server import FakeAnswer, HttpFake
from targets import showing

class Yes(HttpFake):
    def routes(self):
        return [("GET", "/", lambda _: FakeAnswer(json={}))]

with Yes() as plain:
    secure = Yes()
    secure.tls = showing(make_certificate(Path(sys.argv[1])))
    with secure:
        print(plain.url, secure.url, flush=True)
        sys.stdin.read()
"""


def main() -> int:
    """Measure and print. 1: a side left something open or did something twice. No time fails it."""
    asked = arguments()
    sides = {"Exeunt, known ids": exeunt_side("--known-ids"), "script": bare_side()}
    every: list[Measured] = []
    print("| CPU ms a leaver | HTTP | HTTPS | more, median of the rounds |\n| --- | --- | --- | --- |")
    for name, side in sides.items():
        if side is None:
            continue
        plain, tls = by_turns(side, leavers=asked.leavers, rounds=asked.rounds)
        more = [b.cpu_ms_a_leaver - a.cpu_ms_a_leaver for a, b in zip(plain, tls, strict=True)]
        seen = [statistics.median(each.cpu_ms_a_leaver for each in rounds) for rounds in (plain, tls)]
        print(f"| {name} | {seen[0]:.1f} | {seen[1]:.1f} | {statistics.median(more):.1f} |", flush=True)
        every += plain + tls
    print("\n| CPU us of our side | HTTP | HTTPS |\n| --- | --- | --- |")
    with served() as (folder, plain_url, tls_url):
        ca_file = str(make_certificate(folder).ca)
        for what, kept in (("a call over a kept connection", True), ("a call that opens one", False)):
            us = [call_us(plain_url, None, kept=kept), call_us(tls_url, ca_file, kept=kept)]
            print(f"| {what} | {us[0]:.0f} | {us[1]:.0f} |", flush=True)
    return int(any(each.undone or each.doubled for each in every))


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--leavers", type=int, default=100)
    parser.add_argument("--rounds", type=int, default=3)
    return parser.parse_args()


def by_turns(side: Sequence[str], *, leavers: int, rounds: int) -> tuple[list[Measured], list[Measured]]:
    """The same work over HTTP and over HTTPS, the order turning round every time."""
    measured: dict[bool, list[Measured]] = {False: [], True: []}
    for number in range(rounds):
        for tls in (False, True) if number % 2 == 0 else (True, False):
            work = Work(name="at once", leavers=leavers, at_once=True, tls=tls)
            measured[tls].append(run_side(side, work))
    return measured[False], measured[True]


@contextmanager
def served() -> Iterator[tuple[Path, str, str]]:
    """Two small targets, without TLS and with it."""
    with tempfile.TemporaryDirectory(prefix="bench-tls-") as folder:
        command = [sys.executable, "-c", SERVER, folder]
        environment = {**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{HERE}"}
        with subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
        ) as process:
            assert process.stdout
            plain, tls = process.stdout.readline().split()
            yield Path(folder), plain, tls
            process.communicate(timeout=30)


def call_us(url: str, ca_file: str | None, *, kept: bool, calls: int = 400) -> float:
    """Our own CPU for one call, the middle of many."""
    context = Context(now=lambda: datetime.now(UTC), read_only=True)
    http = Http(target="bench", base_url=url, context=context, ca_file=ca_file)
    http.get("/")
    spent = []
    for _ in range(calls):
        if not kept:
            close_sessions()
        cpu = time.thread_time()
        http.get("/")
        spent.append(time.thread_time() - cpu)
    return statistics.median(spent) * 1e6


if __name__ == "__main__":
    sys.exit(main())
