"""What a judgement is made from: one leaver's activities and coverage over the windows that count."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from connectors.sdk.types import CoverageState
from service.snapshot.activity import Activity

#: Days before notice that are under review: most who take data do so in the month before they leave.
REVIEW_BEFORE_NOTICE = 30
#: Days after the end that stay under review.
REVIEW_AFTER_END = 14


@dataclass(frozen=True, slots=True, kw_only=True)
class Windows:
    """Days in the leaver's own zone: the baseline ends where the review begins; both ends belong to each."""

    baseline_from: date
    review_from: date
    review_to: date

    @property
    def days(self) -> tuple[date, ...]:
        """Every day of both."""
        count = (self.review_to - self.baseline_from).days + 1
        return tuple(self.baseline_from + timedelta(days=n) for n in range(count))


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """One leaver as the logs show them.

    `coverage` maps a day to its kinds of log and their state; a kind not listed was never told of.
    `total_records` is how many customer records there were to take, as the target system counted.
    """

    name: str
    zone: str
    notice: date
    effective_at: datetime
    now: datetime
    windows: Windows
    activities: tuple[Activity, ...]
    coverage: Mapping[date, Mapping[str, CoverageState]]
    total_records: int | None = None
    accounts_known: bool = True

    def local_day(self, at: datetime) -> date:
        """The day it was where the leaver works."""
        return at.astimezone(ZoneInfo(self.zone)).date()


def windows(
    *, notice: date, effective_at: datetime, now: datetime, zone: str, lookback_days: int, baseline_days: int
) -> Windows:
    """The review reaches back 30 days before notice, but never further than the look-back allows."""
    place = ZoneInfo(zone)
    end = effective_at.astimezone(place).date()
    allowed = end - timedelta(days=lookback_days)
    review_from = max(notice - timedelta(days=REVIEW_BEFORE_NOTICE), allowed)
    review_to = min(now.astimezone(place).date(), end + timedelta(days=REVIEW_AFTER_END))
    review_from = min(review_from, review_to)
    return Windows(
        baseline_from=review_from - timedelta(days=baseline_days),
        review_from=review_from,
        review_to=review_to,
    )


def utc_days(spans: Windows) -> Iterable[date]:
    """The UTC days whose files may hold activities of the windows: one more on each side."""
    first, last = spans.baseline_from - timedelta(days=1), spans.review_to + timedelta(days=1)
    return (first + timedelta(days=n) for n in range((last - first).days + 1))


def at_midnight(day: date) -> datetime:
    """The first instant of a UTC day."""
    return datetime(day.year, day.month, day.day, tzinfo=UTC)
