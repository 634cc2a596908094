"""A leaver as the logs show them, made by hand; and log files with the vendor's own columns."""

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

from connectors.salesforce.fake_events import COLUMNS, header, line
from connectors.sdk.types import CoverageState
from service.snapshot.activity import Activity, ActivityKind
from service.snapshot.formats import LogFile
from service.snapshot.view import REQUIRED, View, windows

MIKE = "0055f00000CyENtAAN"
END = datetime(2026, 3, 2, 16, 0, tzinfo=UTC)
NOTICE = date(2026, 2, 20)


def at(days_before_end: int, hour: int = 9, minute: int = 0) -> datetime:
    return END.replace(hour=hour, minute=minute) - timedelta(days=days_before_end)


def act(
    days_before_end: int,
    rows: int | None = 40,
    *,
    kind: ActivityKind = ActivityKind.REPORT_EXPORT,
    **more: Any,
) -> Activity:
    when = more.pop("at", None) or at(days_before_end, **{k: more.pop(k) for k in ("hour",) if k in more})
    return Activity(at=when, account_id=MIKE, kind=kind, native="Report", rows=rows, **more)


def usual_past() -> list[Activity]:
    """A small export every Tuesday for four months."""
    return [act(days, 40 + days % 7) for days in range(13, 120, 7)]


def all_seen(now: datetime, *, until: int = 0) -> dict[date, dict[str, CoverageState]]:
    """Every log of every day was seen, but for the last few."""
    days = ((now - timedelta(days=n)).date() for n in range(until, 220))
    return {day: dict.fromkeys(REQUIRED, CoverageState.COMPLETE) for day in days}


def view(
    activities: Iterable[Activity] = (),
    *,
    now: datetime = END + timedelta(days=20),
    coverage: Mapping[date, Mapping[str, CoverageState]] | None = None,
    zone: str = "UTC",
    **more: Any,
) -> View:
    spans = windows(notice=NOTICE, effective_at=END, now=now, zone=zone, lookback_days=60, baseline_days=90)
    return View(
        name="Mike Dalton",
        zone=zone,
        notice=NOTICE,
        effective_at=END,
        now=now,
        windows=spans,
        activities=tuple(activities),
        coverage=all_seen(now) if coverage is None else coverage,
        total_records=more.pop("total_records", 30_000),
        **more,
    )


def log(kind: str, *rows: Mapping[str, Any]) -> LogFile:
    """A log file as the vendor writes it: its columns, every value quoted."""
    if kind in COLUMNS:
        body = header(kind) + "".join(line(kind, {**common(), "EVENT_TYPE": kind, **row}) for row in rows)
    else:
        names = list(dict.fromkeys([*common(), *(name for row in rows for name in row)]))
        lines = [names, *([{**common(), **row}.get(name, "") for name in names] for row in rows)]
        body = "".join(",".join(f'"{value}"' for value in each) + "\n" for each in lines)
    return LogFile(kind=kind, body=body.encode(), sha256="0" * 64)


def common() -> dict[str, str]:
    return {
        "TIMESTAMP_DERIVED": "2026-02-18T14:07:21.000Z",
        "USER_ID_DERIVED": MIKE,
        "USER_ID": MIKE[:15],
        "REQUEST_ID": "4abc",
        "CLIENT_IP": "203.0.113.9",
    }
