"""How a run's time was worked out, what came late, and what is asked: for the entrances."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from sqlalchemy.orm import Session

from service.departures.departure import Departure
from service.departures.kind import BESIDE, DepartureState
from service.departures.lateness import as_hr_meant
from service.departures.questions import about
from service.departures.times import stale
from service.engine.asking import asked_about, open_of_run
from service.engine.facts import ExposureFact, FindingFact, QuestionFact, StepFact
from service.engine.tables import Run
from service.engine.wording import headline, lateness


def headline_of(
    departure: Departure,
    steps: Iterable[StepFact],
    exposure: Iterable[ExposureFact],
    late: Iterable[str],
) -> str:
    """What an auditor asks first; before the end, when the end is."""
    at, held = departure.effective_at, departure.held_because
    if departure.state is DepartureState.SCHEDULED:
        return " ".join((f"Notice period: access ends at {at:%Y-%m-%d %H:%M} UTC.", *late))
    return headline(steps, exposure, effective_at=at, held=held, late=late)


def _questions(session: Session, run: Run, leaver: str) -> tuple[QuestionFact, ...]:
    asked = asked_about(session, (leaver,))
    return tuple(
        QuestionFact(
            connector=question.connector,
            why=question.why,
            candidates=tuple((one.id, one.label, about(one)) for one in question.accounts),
        )
        for question in open_of_run(session, run.id, asked.get(leaver, ()))
    )


def _said_too_late(departure: Departure) -> str:
    """The date HR gave after it could be followed: whoever decides about it must see it."""
    meant = departure.changed_to
    if meant is None:
        return ""
    civil, instant = str(meant["civil_at"]).replace("T", " "), datetime.fromisoformat(meant["effective_at"])
    return (
        f"HR says now: access ends {civil} in {meant['zone']} ({instant.astimezone(UTC):%Y-%m-%d %H:%M} UTC), "
        f"{meant['kind']}. If the run is taken back, the departure stands anew at that time."
    )


def _notice(departure: Departure, finding: FindingFact | None) -> dict[str, Any]:
    """The day of notice, and that the snapshot was judged by another one: what is sealed is not written anew."""
    notice = departure.notice_date if departure.kind not in BESIDE else None
    judged_by = finding.notice if finding is not None else None
    other = ""
    if notice is not None and judged_by is not None and judged_by != notice:
        other = (
            f"It was judged and sealed with notice on {judged_by:%-d %b %Y}; HR says {notice:%-d %b %Y} now. "
            f"Days before notice are counted from {judged_by:%-d %b %Y} here."
        )
    return {"notice": notice, "other_notice": other}


def reasoning(
    session: Session, run: Run, departure: Departure, finding: FindingFact | None
) -> dict[str, Any]:
    """How the time was worked out, and what was doubtful about it when the run began."""
    said: Mapping[str, Any] = departure.interpretation
    version = said.get("tzdata", "")
    old = stale(run.started_at, run.tzdata or version) if run.tzdata or version else ""
    return {
        "hr_says": _said_too_late(departure),
        **_notice(departure, finding),
        "late": lateness(
            departure.effective_at, departure.announced_at, run.started_at, meant=as_hr_meant(departure)
        ),
        "questions": _questions(session, run, departure.person_id),
        "tzdata": run.tzdata or version,
        "reasoning": tuple(said.get("lines", ())),
        "warnings": (*said.get("warnings", ()), *([old] if old else [])),
    }
