"""How the runs of a batch stand, counted: for whoever is told of many at once."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import ColumnElement, Integer, and_, case, cast, exists, func, or_, select
from sqlalchemy.orm import Session

from service.departures.batch import Batch, Origin
from service.departures.departure import Departure
from service.departures.kind import OVER, DepartureKind, DepartureState
from service.departures.questions import Question
from service.engine.reading import CUT
from service.engine.states import Colour, StepState, WaitsFor
from service.engine.tables import Run, StepRun
from service.engine.undos import Undo

_FORWARDS: Final = and_(StepRun.run_id == Run.id, StepRun.undoes.is_(None))
_SHUTS: Final = and_(
    _FORWARDS, StepRun.action.endswith(f".{CUT}", autoescape=True), StepRun.state != StepState.SKIPPED
)
_NOT_SHUT: Final = and_(
    _SHUTS,
    or_(StepRun.state != StepState.DONE, StepRun.verified_at.is_(None), StepRun.contradicted.is_(True)),
)
#: As no index knows it: by that of the states SQLite would go through every failed step there is, for each run.
_HAS_FAILED: Final = case((StepRun.state == StepState.FAILED, 1), else_=0) == 1
_FAILED: Final = exists().where(StepRun.run_id == Run.id, _HAS_FAILED)
_UNDONE: Final = exists().where(Undo.run_id == Run.id)
_ASKS: Final = exists().where(
    StepRun.run_id == Run.id,
    or_(
        _HAS_FAILED,
        and_(StepRun.state == StepState.WAITING, StepRun.waits_for.is_distinct_from(WaitsFor.DEVICE)),
    ),
)
#: Of a question for whose answer a step waits that step tells.
_ASKED: Final = exists().where(
    Question.person_id == Departure.person_id,
    Question.answered_at.is_(None),
    Question.asked_at.is_not(None),
    Question.step_run_id == "",
    StepRun.run_id == Run.id,
    StepRun.connector == Question.connector,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """A batch as far as it may be told of: how many of it stand how. `title` is ours; a file's name may say too much.

    Of those that are `due`, `shut` have every login read back as shut. `green` are those of the `closed` that nothing
    is left to say of. `undone` are taken back, or on the way back, and neither due, shut nor closed. Of the `open`,
    `need` wait for somebody, `failed` are those of them in which something went wrong; of the others `paused` are
    kept by people, and `moving` go on. `to_come` have no run yet: for `overdue` of them the time has come.
    """

    batch_id: str
    number: int
    title: str
    begun: int
    due: int
    shut: int
    closed: int
    green: int
    undone: int
    open: int
    need: int
    failed: int
    paused: int
    moving: int
    to_come: int
    overdue: int
    open_wave: int
    waves: int
    stopped_because: str
    stopped: bool

    @property
    def name(self) -> str:
        """What people call it, `B-3`."""
        return f"B-{self.number}"

    @property
    def over(self) -> bool:
        """Whether nothing of it changes any more, unless somebody does or says something."""
        return not self.open and not self.to_come and self.due + self.undone == self.begun


def tally(session: Session, batch_id: str, *, now: datetime, quiet: Collection[DepartureKind]) -> Tally:
    """Count. What is sealed counts from its time on, and so do these `quiet` kinds: more of them is news too."""
    batch = session.get_one(Batch, batch_id)
    told = may_be_told(batch_id, now=now, quiet=quiet)
    found = (
        func.coalesce(func.sum(case((each, 1), else_=0)), 0).label(name)
        for name, each in _counts(now).items()
    )
    query = select(*found).select_from(Departure).outerjoin(Run).where(told)
    return Tally(
        batch_id=batch_id,
        number=batch.number,
        title=batch.title if batch.origin is Origin.GUARDRAIL else "",
        **session.execute(query).mappings().one(),
        open_wave=batch.open_wave,
        waves=session.scalar(select(func.max(Departure.wave)).where(told)) or 0,
        stopped_because=batch.stopped_because,
        stopped=batch.stopped_at is not None,
    )


def _counts(now: datetime) -> dict[str, ColumnElement[bool]]:
    """What is counted, beside a departure and its run, where there is one."""
    shut = and_(exists().where(_SHUTS), ~exists().where(_NOT_SHUT))
    begun, has_come = Run.id.is_not(None), Departure.effective_at <= now
    due = and_(begun, has_come, ~_UNDONE)
    is_open, closed = and_(begun, Run.finished_at.is_(None)), and_(Run.finished_at.is_not(None), ~_UNDONE)
    need = and_(is_open, or_(_ASKS, _ASKED, Departure.state == DepartureState.HELD))
    to_come = and_(~begun, Departure.state.not_in(OVER))
    return {
        "begun": begun,
        "due": due,
        "shut": and_(due, shut),
        "closed": closed,
        "green": and_(closed, Run.colour == Colour.GREEN),
        "undone": and_(begun, _UNDONE),
        "open": is_open,
        "need": need,
        "failed": and_(is_open, _FAILED),
        "paused": and_(is_open, ~need, Run.paused.is_(True)),
        "moving": and_(is_open, ~need, Run.paused.is_(False), ~_UNDONE),
        "to_come": to_come,
        "overdue": and_(to_come, has_come),
    }


def of_a_large_batch(few: int) -> ColumnElement[bool]:
    """Beside a batch: more departures than these few belong to it."""
    size = select(func.count()).where(Departure.batch_id == Batch.id).scalar_subquery()
    return size > few


def may_be_told(batch_id: str, *, now: datetime, quiet: Collection[DepartureKind]) -> ColumnElement[bool]:
    """Beside a departure: it belongs to this batch, and nobody learns of it before its time."""
    its_time = or_(Departure.kind.not_in(quiet), Departure.effective_at <= now)
    # a number, as no index knows it: by that of the sealed SQLite would go through every departure that is not
    is_seen = cast(Departure.sealed, Integer) == 0
    return and_(Departure.batch_id == batch_id, is_seen, its_time)
