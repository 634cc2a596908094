"""A run that is taken back: who said so and why, what cannot be brought back, and when it was as before."""

from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import ForeignKey, String, Text, bindparam, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from service.departures import late, times
from service.departures.departure import Departure
from service.departures.kind import LEAVING, DepartureState
from service.engine.record import ENGINE, record_run
from service.engine.tables import Run, StepRun
from service.ledger.event import Event
from service.people.person import Person
from service.store import Base, Prepared, table_of

_STEPS = table_of(StepRun).c
_PAUSED: Final = Prepared(
    select(_STEPS.id).where(_STEPS.run_id == bindparam("run"), _STEPS.paused.is_(True)).limit(1)
)


class Because(StrEnum):
    """Why a run is taken back."""

    RESCINDED = "rescinded"
    MOVED = "moved"
    MISTAKE = "mistake"
    REHIRE = "rehire"


class Undo(Base):
    """One run being undone, or undone: a run has at most one, so asking twice undoes once.

    `lost` is what was done and is not brought back, one line each: the step's title, and what to do by hand.
    `batch` is shared by what one command undid.
    """

    __tablename__ = "undos"

    run_id: Mapped[str] = mapped_column(ForeignKey("runs.id"), primary_key=True)
    because: Mapped[Because]
    person_id: Mapped[str] = mapped_column(ForeignKey("people.id"))
    at: Mapped[datetime]
    door: Mapped[str] = mapped_column(String(20))
    note: Mapped[str] = mapped_column(Text)
    batch: Mapped[str] = mapped_column(String(80), default="", index=True)
    lost: Mapped[list[Any]] = mapped_column(default=list)
    finished_at: Mapped[datetime | None]


def pause_no_more(session: Session, run: Run) -> None:
    """A run that is over is paused no longer, nor is a step of it: what that kept back is done, or given up."""
    run.paused = False
    if _PAUSED.first(session, run=run.id) is not None:
        session.execute(update(StepRun).where(StepRun.run_id == run.id).values(paused=False))


def finish(session: Session, run: Run, departure: Departure, *, now: datetime) -> None:
    """Everything we changed is as it was before: the departure is withdrawn, or (a rehire) stays closed."""
    undo = session.get_one(Undo, run.id)
    run.finished_at = undo.finished_at = now
    pause_no_more(session, run)
    _read_no_more(session, run)
    rehired = undo.because is Because.REHIRE
    departure.state = DepartureState.CLOSED if rehired else DepartureState.WITHDRAWN
    body = {"because": undo.because.value, "colour": run.colour.value, "lost": len(undo.lost)}
    record_run(session, run.id, Event.RUN_UNDONE, at=now, body=body)
    if not rehired:
        record_run(session, run.id, Event.DEPARTURE_WITHDRAWN, at=now, body={"change": undo.because.value})
    late.succeed(session, departure, now=now, by=ENGINE)


def _read_no_more(session: Session, run: Run) -> None:
    """What came back with the end of the undo is not looked at: that it is open again is no contradiction."""
    forwards = update(StepRun).where(StepRun.run_id == run.id, StepRun.undoes.is_(None))
    session.execute(forwards.values(check_at=None, checking=False))


def go_on(session: Session, run: Run, departure: Departure) -> None:
    """What was restored is not as it was any more: the undo is not over."""
    session.get_one(Undo, run.id).finished_at = None
    departure.state = DepartureState.RESTORING


def left_since(session: Session, run_id: str, *, now: datetime) -> int | None:
    """The newest run that has shut them out after this one, and that nobody takes back: they are to stay out."""
    run = session.get_one(Run, run_id)
    person = session.get_one(Person, session.get_one(Departure, run.departure_id).person_id)
    query = (
        select(Run.number, Departure.effective_at, Departure.zone)
        .join(Departure, Departure.id == Run.departure_id)
        .outerjoin(Undo, Undo.run_id == Run.id)
        .where(Departure.person_id == person.id, Run.number > run.number, Undo.run_id.is_(None))
        .where(Departure.kind.in_(LEAVING), Departure.state != DepartureState.WITHDRAWN)
        .where(Departure.effective_at <= now, Run.cancelled.is_(False))
        .order_by(Run.number.desc())
        .limit(1)
    )
    found = session.execute(query).first()
    if found is None:
        return None
    hired, gone = person.hired_on, times.last_day(found.effective_at, found.zone)
    return None if hired is not None and hired > gone else int(found.number)


def is_taken_back(session: Session, run_id: str) -> bool:
    """True once a person has said that the run is to be undone: nothing of it is done any more."""
    return session.scalar(select(Undo.run_id).where(Undo.run_id == run_id)) is not None
