"""Which days of which log could be seen, and why not the others.

Salesforce writes no file for a day without events, so an absent file is either nothing or unknown.
Only another paid file of the same day tells the two apart.
https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/using_resources_event_log_files.htm
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Final

from connectors.sdk.types import CoverageDay, CoverageState, Window

FREE: Final = ("Login", "Logout", "ApiTotalUsage")
PAID: Final = (
    "Report",
    "ReportExport",
    "BulkApi",
    "BulkApi2",
    "RestApi",
    "API",
    "LightningPageView",
    "URI",
    "LoginAs",
    "ContentTransfer",
    "DocumentAttachmentDownloads",
    "PermissionUpdate",
)
KINDS: Final = FREE + PAID
LATE_DAYS: Final = 3  # "log files can be created within three days"
HISTORY_DAYS: Final = 180  # LoginHistory

Key = tuple[str, date]  # kind and day


@dataclass(slots=True, kw_only=True)
class Seen:
    """What was delivered, and what was there but did not arrive."""

    delivered: set[Key] = field(default_factory=set)
    failed: dict[Key, tuple[CoverageState, str]] = field(default_factory=dict)
    unreadable: str = ""


def days_of(window: Window) -> tuple[date, ...]:
    """Every UTC day the window touches; daily files are whole days."""
    first = window.start.astimezone(UTC).date()
    last = (window.end.astimezone(UTC) - timedelta(microseconds=1)).date()
    return tuple(first + timedelta(days=n) for n in range((last - first).days + 1))


def midnight(day: date) -> datetime:
    """The instant a UTC day begins."""
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def event_logs(seen: Seen, days: tuple[date, ...], *, today: date, keeps: int) -> Iterator[CoverageDay]:
    """One line per kind and day."""
    paid_days = {day for kind, day in seen.delivered if kind in PAID}
    for day in days:
        for kind in KINDS:
            state, why = _state(seen, (kind, day), paid_days, age=(today - day).days, keeps=keeps)
            yield CoverageDay(kind=kind, day=day, state=state, why=why)


def login_history(
    failed: Mapping[date, tuple[CoverageState, str]], days: tuple[date, ...], *, today: date
) -> Iterator[CoverageDay]:
    """Written at once, so complete unless the day is not over, too old, or was not answered."""
    for day in days:
        state, why = CoverageState.COMPLETE, ""
        if day in failed:
            state, why = failed[day]
        elif (today - day).days > HISTORY_DAYS:
            state, why = CoverageState.EXPIRED, "Salesforce keeps the login history for six months."
        elif day >= today:
            state, why = CoverageState.PENDING, "The day is not over."
        yield CoverageDay(kind="LoginHistory", day=day, state=state, why=why)


def _state(seen: Seen, key: Key, paid_days: set[date], *, age: int, keeps: int) -> tuple[CoverageState, str]:
    if seen.unreadable:
        return CoverageState.NOT_CONFIGURED, seen.unreadable
    if key in seen.failed:
        return seen.failed[key]
    if key in seen.delivered:
        return CoverageState.COMPLETE, ""
    if age > keeps:
        return CoverageState.EXPIRED, f"Salesforce keeps event log files for {keeps} days."
    if age <= LATE_DAYS:
        return CoverageState.PENDING, "Daily files come one to three days after the day."
    return _absent(*key, paid_days)


def _absent(kind: str, day: date, paid_days: set[date]) -> tuple[CoverageState, str]:
    """No file although it is time: nothing happened, or nothing can be said."""
    if day in paid_days:
        return CoverageState.COMPLETE, "No such event: other paid logs of the day were delivered."
    if paid_days:
        return (
            CoverageState.GAP,
            "No paid log of this day was delivered though others were: unknown, not zero.",
        )
    if kind in FREE:
        return CoverageState.EXPIRED, "Without Event Monitoring Salesforce keeps this log for one day."
    return CoverageState.NOT_LICENSED, "No paid log arrived on any day: Event Monitoring seems not licensed."
