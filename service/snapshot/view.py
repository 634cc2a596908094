"""What a judgement is made from: one leaver's activities and coverage over the windows that count."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache

from connectors.sdk.types import CoverageState
from service.departures import times
from service.snapshot.activity import Activity

#: Days before notice that are under review: most who take data do so in the month before they leave.
REVIEW_BEFORE_NOTICE = 30
#: Days after the end that stay under review.
REVIEW_AFTER_END = 14
#: The logs without which an export may have gone unseen.
REQUIRED = ("Report", "ReportExport", "BulkApi", "BulkApi2", "RestApi", "API")

#: A day nobody told of.
GAP = CoverageState.GAP.value


@dataclass(frozen=True, slots=True, kw_only=True)
class Windows:
    """Days in the leaver's own zone: the baseline ends where the review begins; both ends belong to each."""

    baseline_from: date
    review_from: date
    review_to: date

    @property
    def days(self) -> tuple[date, ...]:
        """Every day of both."""
        return _days(self.baseline_from, self.review_to)


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """One leaver as the logs show them.

    `coverage` maps a UTC day to its kinds of log and their state; a kind not listed was never told of.
    `cut_at` is when the last login was verified shut, where that is known.
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
    cut_at: datetime | None = None
    _unseen: dict[date, str] = field(default_factory=dict, init=False, repr=False, compare=False)
    _not_complete: dict[date, frozenset[str]] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    @property
    def ended_at(self) -> datetime:
        """From when on nothing may work: what worked before the verified cut was a late cut, not a way in."""
        return max(self.effective_at, self.cut_at or self.effective_at)

    @property
    def review(self) -> tuple[date, ...]:
        """The days under review."""
        return _days(self.windows.review_from, self.windows.review_to)

    @property
    def baseline(self) -> tuple[date, ...]:
        """The days before, that the review is compared with."""
        return _days(self.windows.baseline_from, self.windows.review_from - timedelta(days=1))

    def local_day(self, at: datetime) -> date:
        """The day it was where the leaver works."""
        return at.astimezone(times.zone(self.zone)).date()

    def unseen(self, day: date) -> str:
        """Why one of the leaver's days is not wholly seen; empty when it is. A day nobody told of is a gap.

        Logs are kept by UTC day, and a day in Vancouver ends in the next one.
        """
        if not self.coverage:
            return GAP
        if day not in self._unseen:  # asked of each day several times over
            first, last = self._utc_days_of(day)
            states = self._missing(first) if first == last else self._missing(first) | self._missing(last)
            self._unseen[day] = min(states, default="")
        return self._unseen[day]

    def _missing(self, utc_day: date) -> frozenset[str]:
        """In what ways a UTC day is not complete; most begin one day of the leaver's and end another."""
        if utc_day not in self._not_complete:
            told = self.coverage.get(utc_day, {})
            states = {told.get(kind, CoverageState.GAP) for kind in REQUIRED} - {CoverageState.COMPLETE}
            self._not_complete[utc_day] = frozenset(state.value for state in states)
        return self._not_complete[utc_day]

    def _utc_days_of(self, day: date) -> tuple[date, date]:
        """The UTC days a local day reaches into; what has not happened yet cannot be missing."""
        begins, ends = _in_utc(day, self.zone)
        last = min(ends - timedelta(seconds=1), self.now)
        return begins.date(), max(begins, last).astimezone(UTC).date()


# Asked of each day of each leaver, and many leave on one day.
@lru_cache(maxsize=4096)
def _in_utc(day: date, zone: str) -> tuple[datetime, datetime]:
    """When a day begins and ends where the leaver works."""
    place = times.zone(zone)
    begins, ends = (datetime.combine(each, time.min, tzinfo=place) for each in (day, day + timedelta(days=1)))
    return begins.astimezone(UTC), ends.astimezone(UTC)


@lru_cache(maxsize=256)
def _days(first: date, last: date) -> tuple[date, ...]:
    """Every day from the first to the last, both included."""
    return tuple(first + timedelta(days=n) for n in range((last - first).days + 1))


def windows(
    *, notice: date, effective_at: datetime, now: datetime, zone: str, lookback_days: int, baseline_days: int
) -> Windows:
    """The review reaches back 30 days before notice, but never further than the look-back allows."""
    place = times.zone(zone)
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


def utc_span(spans: Windows) -> tuple[date, date]:
    """The first and the last UTC day whose files may hold activities of the windows: one more on each side."""
    return spans.baseline_from - timedelta(days=1), spans.review_to + timedelta(days=1)


def utc_days(spans: Windows) -> Iterable[date]:
    """All of these days."""
    return _days(*utc_span(spans))
