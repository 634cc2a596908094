"""The fake's logs: event log files as the vendor makes and drops them, and the login history."""

import json
import os
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any, Final

from connectors.salesforce import soql
from connectors.salesforce.coverage import FREE
from connectors.salesforce.fake_events import Events, Fact, Who, header, moment_of
from connectors.salesforce.fake_soql import stamp

MADE_AFTER: Final = timedelta(days=1, hours=3)  # "nonpeak hours the day after"
HISTORY_DAYS: Final = 180
STATUS: Final = {
    "LOGIN_NO_ERROR": "Success",
    "LOGIN_ERROR_INVALID_PASSWORD": "Invalid Password",
    "LOGIN_ERROR_USER_FROZEN": "User is Frozen",
    "LOGIN_ERROR_USER_INACTIVE": "User is Inactive",
}


class Shelf:
    """Everything logged. Kept beside the state file: seeded logs in one file, later ones line by line."""

    def __init__(self, state_file: Path | None, org_id: str) -> None:
        self._seeded = state_file and state_file.with_suffix(".logs")
        self._live = state_file and state_file.with_suffix(".live")
        self._events = Events(org_id)
        self._lines: dict[tuple[date, str], list[str]] = defaultdict(list)
        self._bytes: dict[tuple[date, str], int] = defaultdict(int)
        self._history: list[dict[str, Any]] = []
        self._load()

    def seed(self, facts: Iterable[Fact], people: Mapping[str, Who], *, not_before: date) -> None:
        """Log facts by employee number. What the vendor has dropped by now is not written at all."""
        for fact in facts:
            who, at = people[fact["employee_no"]], moment_of(fact)
            if at.date() >= not_before:
                self._log(fact, who, at)
            if str(fact.get("kind", "")).startswith("login"):
                self._history.append(self._visit(fact, who, at))
        self._history.sort(key=lambda row: str(row["LoginTime"]))
        if self._seeded:
            self._store(self._seeded)

    def add(self, fact: Fact, who: Who) -> None:
        """Log something that has just happened, on the disk before it returns."""
        at = moment_of(fact)
        lines = self._log(fact, who, at)
        visit = self._visit(fact, who, at) if str(fact.get("kind", "")).startswith("login") else None
        if visit:
            self._history.append(visit)
        if self._live:
            with self._live.open("a", encoding="utf-8") as file:
                file.write(json.dumps({"lines": lines, "visit": visit}) + "\n")
                file.flush()
                os.fsync(file.fileno())

    def files(self, now: datetime, *, licensed: bool, keeps: int) -> Iterator[dict[str, Any]]:
        """The `EventLogFile` rows there are now."""
        for day, event_type in self._lines:
            made = _midnight(day) + MADE_AFTER
            kept = timedelta(days=keeps if licensed else 1)
            if made <= now < made + kept and (licensed or event_type in FREE):
                yield {
                    "Id": file_id(day, event_type),
                    "EventType": event_type,
                    "LogDate": stamp(_midnight(day)),
                    "Interval": "Daily",
                    "Sequence": 0,
                    "CreatedDate": stamp(made),
                    "LogFileLength": float(len(header(event_type)) + self._bytes[day, event_type]),
                    "LogFile": f"/services/data/v64.0/sobjects/EventLogFile/{file_id(day, event_type)}/LogFile",
                }

    def body(self, wanted: str, files: Iterable[Mapping[str, Any]]) -> bytes | None:
        """The CSV of one of the files, if it is among them."""
        for row in files:
            if row["Id"] == soql.id18(wanted):
                day = datetime.fromisoformat(row["LogDate"]).date()
                event_type = row["EventType"]
                return (header(event_type) + "".join(self._lines[day, event_type])).encode()
        return None

    def history(self, now: datetime) -> Iterator[dict[str, Any]]:
        """The `LoginHistory` rows of the last six months."""
        first, last = stamp(now - timedelta(days=HISTORY_DAYS)), stamp(now)
        return (row for row in self._history if first <= row["LoginTime"] <= last)

    def forget(self, day: date, event_type: str) -> None:
        """Lose one file, as the vendor warns may happen."""
        self._lines.pop((day, event_type), None)

    def _log(self, fact: Fact, who: Who, at: datetime) -> list[tuple[str, str, str]]:
        lines = [(event_type, day, text) for event_type, day, text in self._events.rows(fact, who, at)]
        for event_type, day, text in lines:
            self._put(day, event_type, text)
        return [(event_type, day.isoformat(), text) for event_type, day, text in lines]

    def _put(self, day: date, event_type: str, text: str) -> None:
        self._lines[day, event_type].append(text)
        self._bytes[day, event_type] += len(text.encode())

    def _visit(self, fact: Fact, who: Who, at: datetime) -> dict[str, Any]:
        failed = "LOGIN_ERROR_INVALID_PASSWORD" if fact["kind"] == "login_failed" else "LOGIN_NO_ERROR"
        return {
            "Id": soql.id18(f"0Ya5f{len(self._history):010d}"),
            "UserId": who["Id"],
            "LoginTime": stamp(at.replace(microsecond=0)),
            "LoginType": "Application",
            "LoginUrl": "exeunt.my.salesforce.com",
            "SourceIp": fact.get("ip") or "198.51.100.7",
            "Status": STATUS[fact.get("status") or failed],
            "Application": fact.get("client") or "Browser",
            "Browser": "Chrome 140",
            "Platform": "Windows 11",
            "CountryIso": "US",
        }

    def _store(self, path: Path) -> None:
        lines = [[day.isoformat(), event_type, lines] for (day, event_type), lines in self._lines.items()]
        draft = path.with_suffix(".logs-new")
        draft.write_text(json.dumps({"lines": lines, "history": self._history}), encoding="utf-8")
        draft.replace(path)

    def _load(self) -> None:
        if self._seeded and self._seeded.exists():
            kept = json.loads(self._seeded.read_text(encoding="utf-8"))
            self._history = kept["history"]
            for day, event_type, lines in kept["lines"]:
                for line in lines:
                    self._put(date.fromisoformat(day), event_type, line)
        if self._live and self._live.exists():
            for text in self._live.read_text(encoding="utf-8").splitlines():
                self._load_live(text)

    def _load_live(self, text: str) -> None:
        try:
            kept = json.loads(text)
        except ValueError:
            return  # the line that was being written when we were killed
        for event_type, day, line in kept["lines"]:
            self._put(date.fromisoformat(day), event_type, line)
        if kept["visit"]:
            self._history.append(kept["visit"])


@cache
def file_id(day: date, event_type: str) -> str:
    """The id of a day's file of one type."""
    letters = "".join(char for char in event_type if char.isalnum())[:4].ljust(4, "x")
    return soql.id18(f"0AT{letters}{len(event_type):02d}{day.toordinal() % 1_000_000:06d}")


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)
