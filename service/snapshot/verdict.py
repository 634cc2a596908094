"""The verdict and its one sentence, made from what was found and what could not be seen. Never "clean"."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from connectors.sdk.types import CoverageState
from service.snapshot.bench import Bench, lay_out
from service.snapshot.signals import Finding, after_the_end, every
from service.snapshot.view import View


class Verdict(StrEnum):
    """What the logs say, from worst to least; `CANNOT_SAY` where they could not be seen."""

    INCIDENT = "incident"
    PROBABLE = "probable"
    POSSIBLE = "possible"
    NO_SIGN = "no sign"
    CANNOT_SAY = "cannot say"


PROBABLE_FROM, POSSIBLE_FROM = 5.0, 3.0
#: Share of the review's days that must be complete before "no sign" may be said, and days that all must be.
COMPLETE_SHARE, COMPLETE_LAST = 0.95, 14
#: The logs without which an export may have gone unseen.
REQUIRED = ("Report", "ReportExport", "BulkApi", "BulkApi2", "RestApi", "API")

#: Said with every verdict, whatever it is.
LIMITS = (
    "Row counts are not record ids: exports may overlap.",
    "Screenshots, photographs and copying by hand leave no trace in these logs.",
    "Colleagues were not compared: the measure is the leaver's own past.",
    "Correlation is not intent: a person decides.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """Records that left on one day; `None` where the day was not wholly seen."""

    day: date
    records: int | None
    in_review: bool
    why_unknown: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """A verdict with everything it was made from."""

    verdict: Verdict
    sentence: str
    coverage: str
    usual_max: int
    days: tuple[Day, ...]
    findings: tuple[Finding, ...]


def judge(view: View) -> Judged:
    """Look at a leaver. Anything found counts although a log is missing; nothing found does not."""
    bench = lay_out(view)
    findings = tuple(found for signal in every() if (found := signal.look(bench)) is not None)
    days = _days(view, bench)
    verdict = _verdict(view, findings)
    usual = max((d.records or 0 for d in days if not d.in_review), default=0)
    coverage = _coverage_said(view)
    sentence = " ".join(part for part in (_sentence(view, bench, verdict, usual=usual), coverage) if part)
    return Judged(
        verdict=verdict, sentence=sentence, coverage=coverage, usual_max=usual, days=days, findings=findings
    )


def blind(view: View, because: str) -> Judged:
    """A leaver who could not be looked at."""
    days = tuple(
        Day(day=day, records=None, in_review=day >= view.windows.review_from, why_unknown=because)
        for day in view.windows.days
    )
    said = f"Cannot say. {because}"
    return Judged(
        verdict=Verdict.CANNOT_SAY, sentence=said, coverage=because, usual_max=0, days=days, findings=()
    )


def _verdict(view: View, findings: Sequence[Finding]) -> Verdict:
    if any(finding.signal == after_the_end.ID for finding in findings):
        return Verdict.INCIDENT
    score = sum(finding.points for finding in findings)
    if score >= PROBABLE_FROM:
        return Verdict.PROBABLE
    if score >= POSSIBLE_FROM:
        return Verdict.POSSIBLE
    return Verdict.NO_SIGN if _seen_enough(view) else Verdict.CANNOT_SAY


def unseen(view: View, day: date) -> str:
    """Why a day is not wholly seen; empty when it is. A day nobody told of is a gap."""
    told = view.coverage.get(day, {})
    states = {told.get(kind, CoverageState.GAP) for kind in REQUIRED}
    states.discard(CoverageState.COMPLETE)
    return min(state.value for state in states) if states else ""


def _review(view: View) -> list[date]:
    return [day for day in view.windows.days if day >= view.windows.review_from]


def _seen_enough(view: View) -> bool:
    review = _review(view)
    seen = [day for day in review if not unseen(view, day)]
    last = review[-COMPLETE_LAST:]
    return len(seen) >= COMPLETE_SHARE * len(review) and all(not unseen(view, day) for day in last)


def _coverage_said(view: View) -> str:
    review = _review(view)
    why: dict[str, list[date]] = {}
    for day in review:
        if reason := unseen(view, day):
            why.setdefault(reason, []).append(day)
    if not why:
        return f"All {len(review)} days under review were seen."
    parts = "; ".join(f"{len(days)} {reason} ({_span(days)})" for reason, days in sorted(why.items()))
    missing = sum(len(days) for days in why.values())
    return f"{len(review) - missing} of {len(review)} days under review were seen; unknown: {parts}."


def _span(days: Sequence[date]) -> str:
    first, last = min(days), max(days)
    return f"{first:%d %b}" if first == last else f"{first:%d %b} to {last:%d %b}"


_DAILY = """
SELECT day, sum(coalesce(rows, 0)) FROM activity WHERE kind IN (SELECT unnest($leaving)) GROUP BY day
"""


def _days(view: View, bench: Bench) -> tuple[Day, ...]:
    left: Mapping[date, int] = {day: int(n) for day, n in bench.ask(_DAILY)}
    days = []
    for day in view.windows.days:
        why = unseen(view, day)
        records = left.get(day, None if why else 0)
        days.append(Day(day=day, records=records, in_review=day >= view.windows.review_from, why_unknown=why))
    return tuple(days)


#: Acts of the review larger than anything the leaver did in a day before.
_UNUSUAL = """
SELECT day, ts, coalesce(rows, 0) AS n, rows IS NULL FROM activity
WHERE kind IN (SELECT unnest($leaving)) AND day BETWEEN $review_from AND $review_to
  AND (rows > $usual OR rows IS NULL) ORDER BY ts
"""


def _sentence(view: View, bench: Bench, verdict: Verdict, *, usual: int) -> str:
    opening = {
        Verdict.INCIDENT: "Incident.",
        Verdict.PROBABLE: "Probable.",
        Verdict.POSSIBLE: "Possible.",
        Verdict.NO_SIGN: "No sign in the sources read.",
        Verdict.CANNOT_SAY: "Cannot say.",
    }[verdict]
    unusual = bench.ask(_UNUSUAL, usual=usual)
    late = after_the_end.look(bench)
    parts = [
        opening,
        late.said if late else "",
        _exports_said(view, unusual, usual) if unusual else _usual_said(view, bench, usual),
    ]
    return " ".join(part for part in parts if part)


def _exports_said(view: View, unusual: Sequence[tuple[date, object, int, bool]], usual: int) -> str:
    total, largest = sum(row[2] for row in unusual), max(row[2] for row in unusual)
    at_least = "at least " if any(row[3] for row in unusual) else ""
    times = f", {largest / usual:.0f} times the most in a day before ({usual:,})" if usual else ""
    when = _relative(view, sorted({row[0] for row in unusual}))
    count = f"{len(unusual)} export{'s' if len(unusual) > 1 else ''}"
    share = ""
    if view.total_records:
        share = f", the largest {100 * min(1.0, largest / view.total_records):.0f} % of all {view.total_records:,}"
    return f"{view.name} took {at_least}{total:,} records in {count}{share}, {when}{times}."


def _relative(view: View, days: Sequence[date]) -> str:
    """`6 and 2 days before notice`, or the dates where they lie after it."""
    before = [(view.notice - day).days for day in days]
    if all(n > 0 for n in before):
        said = _listed([str(n) for n in before])
        return f"{said} day{'s' if before != [1] else ''} before notice"
    return f"on {_listed([f'{day:%d %b}' for day in days])} (notice: {view.notice:%d %b})"


def _listed(items: Sequence[str]) -> str:
    return items[0] if len(items) == 1 else f"{', '.join(items[:-1])} and {items[-1]}"


def _usual_said(view: View, bench: Bench, usual: int) -> str:
    ((count, most),) = bench.ask(
        "SELECT count(*), coalesce(max(rows), 0) FROM activity "
        "WHERE kind IN (SELECT unnest($leaving)) AND day BETWEEN $review_from AND $review_to"
    )
    review = (view.windows.review_to - view.windows.review_from + timedelta(days=1)).days
    if not count:
        return f"In {review} days {view.name} exported nothing that was logged."
    return f"In {review} days {view.name} exported {count} times, at most {most:,} records; usual: {usual:,}."
