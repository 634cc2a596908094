"""When a run begins and when each of its steps may: on the leaver's calendar, by the phase it belongs to."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import Session

from service.departures import times
from service.departures.announce import recompute
from service.departures.departure import Departure
from service.departures.kind import DepartureKind, DepartureState
from service.engine.record import record_run
from service.engine.tables import Run
from service.ledger.event import Event
from service.playbook.load import Loaded
from service.playbook.model import Phase, duration
from service.playbook.plan import Plan

_DIGEST: Final = 40


def notice_of(departure: Departure) -> datetime:
    """When the notice period begins: with the day of notice on the leaver's clocks, and never after the end."""
    if departure.notice_date is None:
        return departure.effective_at
    return min(times.start_of_day(departure.notice_date, departure.zone), departure.effective_at)


def release_of(departure: Departure, phase: Phase, after: timedelta, *, now: datetime) -> datetime:
    """When a step may be let out: `after` counted from the notice or from the end, whole days on the calendar."""
    base = notice_of(departure) if phase is Phase.NOTICE else departure.effective_at
    return max(times.later(base, departure.zone, after), now)


def wait_of(action: str, arguments: Mapping[str, Any]) -> timedelta:
    """A `wait` step is let out when its time is over; it holds no thread meanwhile."""
    return duration(arguments["for"]) if action == "wait" else timedelta(0)


def begins_at(departure: Departure, planned: Plan) -> datetime:
    """When the run begins: with the notice where the plan does something then, else when access ends."""
    at_notice = any(step.phase is Phase.NOTICE for step in planned.steps)
    return notice_of(departure) if at_notice else departure.effective_at


def mark(loaded: Loaded) -> str:
    """By which playbook and zone data `begins_at` was found: with others it is worked out anew."""
    return f"{times.TZDATA_VERSION} {loaded.digest[:_DIGEST]}"


def to_look_at(
    marks: Iterable[tuple[DepartureKind, str]], *, now: ColumnElement[datetime]
) -> ColumnElement[bool]:
    """Departures that are due, whose run begins, or of which nobody knows when it does.

    By the mark the last are also those that were worked out by other zone data than this process brings along.
    """
    others = (and_(Departure.kind == kind, Departure.begins_by != one) for kind, one in marks)
    unknown = and_(Departure.run_id.is_(None), or_(Departure.begins_at.is_(None), *others))
    begins = and_(Departure.run_id.is_(None), Departure.begins_at <= now)
    return or_(Departure.effective_at <= now, begins, unknown)


def cut(session: Session, departure: Departure, *, now: datetime) -> None:
    """The notice period is over: from now on the run revokes."""
    departure.state = DepartureState.REVOKING
    if departure.run_id is not None:
        record_run(session, departure.run_id, Event.DEPARTURE_DUE, at=now)


def under_new_zone_data(session: Session, *, now: datetime) -> int:
    """Have the steps of open runs timed anew that were timed by other zone data. Gives how many runs.

    Called once when a process starts: a process brings one version along, and keeps it.
    """
    query = (
        select(Run, Departure)
        .join(Departure, Departure.id == Run.departure_id)
        .where(Run.finished_at.is_(None), Run.tzdata != times.TZDATA_VERSION)
        .order_by(Departure.id)
    )
    found = session.execute(query).all()
    for run, departure in found:
        recompute(session, departure, now=now)
        departure.timed_from = departure.timed_from or departure.effective_at
        run.tzdata = times.TZDATA_VERSION
    return len(found)
