"""What sealing costs where the CRM's logs are held: one leaver's share of everybody's activities.

Run: python benchmarks/held_logs.py [--people 20 200 1000] [--acts 20] [--days 124]
CPU milliseconds of this process, the median of five leavers; files lie in a folder of their own. Collecting happens
nightly and keeps nobody waiting; reading and judging happen between a leaver's time and the first lock.
"""

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from datetime import time as time_of_day
from pathlib import Path

from connectors.sdk.types import CoverageState
from service.ledger.keys import Keys
from service.snapshot.activity import Activity, ActivityKind
from service.snapshot.custody import Shelf
from service.snapshot.verdict import judge
from service.snapshot.view import REQUIRED, View, utc_days, windows

PLACE = "salesforce/benchmark"
END = datetime(2026, 10, 30, 16, 0, tzinfo=UTC)
LEAVERS = 5


def main() -> int:
    ask = argparse.ArgumentParser(description=__doc__)
    ask.add_argument("--people", type=int, nargs="+", default=[20, 200, 1000], help="active each day")
    ask.add_argument("--acts", type=int, default=20, help="of each of them, each day")
    ask.add_argument("--days", type=int, default=124)
    asked = ask.parse_args()
    print(
        "| people a day | collected, CPU ms a day | MB held | read, CPU ms a leaver | judged, CPU ms a leaver |"
    )
    print("| --- | --- | --- | --- | --- |")
    for people in asked.people:
        with tempfile.TemporaryDirectory(prefix="bench-held-logs-") as folder:
            print(_row(Path(folder), people, asked.acts, asked.days), flush=True)
    return 0


def _row(folder: Path, people: int, acts: int, days: int) -> str:
    shelf = Shelf(folder=folder / "activity", keys=Keys.create(folder / "keys"))
    span = [END.date() - timedelta(days=n) for n in range(days)]
    collected: list[float] = []
    read: list[float] = []
    judged: list[float] = []
    for day in span:
        activities = list(_activities(day, people, acts))
        with _cpu_ms(collected):
            shelf.put_day(PLACE, day, activities)
    for leaver in range(LEAVERS):
        with _cpu_ms(read):
            found = [
                each for day in span for each in shelf.day(PLACE, day, frozenset({_account(leaver)})) or ()
            ]
        assert len(found) == acts * days
        view = _view(found)
        with _cpu_ms(judged):
            judge(view)
    held_mb = sum(path.stat().st_size for path in folder.rglob("*.enc")) / 1e6
    each = [statistics.median(times) for times in (collected, read, judged)]
    return f"| {people} | {each[0]:.0f} | {held_mb:.1f} | {each[1]:.1f} | {each[2]:.1f} |"


@contextmanager
def _cpu_ms(times: list[float]) -> Iterator[None]:
    began = time.process_time()
    yield
    times.append((time.process_time() - began) * 1000)


def _account(number: int) -> str:
    return f"0055f{number:013d}"


def _activities(day: date, people: int, acts: int) -> Iterator[Activity]:
    """Everybody runs reports and asks the API through the day."""
    begins = datetime.combine(day, time_of_day(7), tzinfo=UTC)
    for number in range(people * acts):
        who, nth = number % people, number // people
        yield Activity(
            at=begins + timedelta(seconds=number % 36_000),
            account_id=_account(who),
            kind=ActivityKind.REPORT_EXPORT if nth == 0 else ActivityKind.API_QUERY,
            native="Report" if nth == 0 else "API",
            rows=(who * 7 + nth * 31) % 400,
            ip=f"10.0.{who % 250}.{nth}",
            client="Chrome",
            object="Contact",
            raw="0" * 64,
        )


def _view(found: Sequence[Activity]) -> View:
    spans = windows(
        notice=END.date() - timedelta(days=14),
        effective_at=END,
        now=END,
        zone="Europe/Berlin",
        lookback_days=35,
        baseline_days=90,
    )
    seen = dict.fromkeys(REQUIRED, CoverageState.COMPLETE)
    return View(
        name="A leaver",
        zone="Europe/Berlin",
        notice=END.date() - timedelta(days=14),
        effective_at=END,
        now=END,
        windows=spans,
        activities=tuple(sorted(found, key=lambda activity: activity.at)),
        coverage=dict.fromkeys(utc_days(spans), seen),
        total_records=60_000,
    )


if __name__ == "__main__":
    sys.exit(main())
