"""How the runs of a batch stand, counted: for whoever is told of many at once."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import ColumnElement, and_, case, exists, func, or_, select
from sqlalchemy.orm import Session

from service.departures.batch import Batch
from service.departures.departure import Departure
from service.departures.kind import DepartureKind, DepartureState
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
_FAILED: Final = exists().where(StepRun.run_id == Run.id, StepRun.state == StepState.FAILED)
_UNDONE: Final = exists().where(Undo.run_id == Run.id)
_ASKS: Final = exists().where(
    StepRun.run_id == Run.id,
    or_(
        StepRun.state == StepState.FAILED,
        and_(StepRun.state == StepState.WAITING, StepRun.waits_for.is_distinct_from(WaitsFor.DEVICE)),
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """A batch as far as its runs have begun: how many of them stand how.

    Of those that are `due`, `shut` have every login read back as shut. `green` are those of the `closed` that nothing
    is left to say of. `undone` are taken back, or on the way back, and neither due, shut nor closed. Of the `open`,
    `need` wait for somebody; `failed` are those of them in which something went wrong.
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
    open_wave: int
    waves: int
    stopped_because: str
    stopped: bool

    @property
    def name(self) -> str:
        """What people call it, `B-3`."""
        return f"B-{self.number}"


def tally(session: Session, batch_id: str, *, now: datetime, quiet: Collection[DepartureKind]) -> Tally:
    """Count. What is sealed counts from its time on, and so do these `quiet` kinds: more of them is news too."""
    batch = session.get_one(Batch, batch_id)
    told = _told(batch_id, now=now, quiet=quiet)
    shut = and_(exists().where(_SHUTS), ~exists().where(_NOT_SHUT))
    is_open = Run.finished_at.is_(None)
    closed = and_(~is_open, ~_UNDONE)
    counts = {
        "due": and_(Departure.effective_at <= now, ~_UNDONE),
        "shut": and_(shut, ~_UNDONE),
        "closed": closed,
        "green": and_(closed, Run.colour == Colour.GREEN),
        "undone": _UNDONE,
        "open": is_open,
        "need": and_(is_open, or_(_ASKS, Departure.state == DepartureState.HELD)),
        "failed": and_(is_open, _FAILED),
    }
    found = (
        func.coalesce(func.sum(case((each, 1), else_=0)), 0).label(name) for name, each in counts.items()
    )
    query = select(func.count().label("begun"), *found).select_from(Departure).join(Run).where(told)
    return Tally(
        batch_id=batch_id,
        number=batch.number,
        title=batch.title,
        **session.execute(query).mappings().one(),
        open_wave=batch.open_wave,
        waves=session.scalar(select(func.max(Departure.wave)).where(told)) or 0,
        stopped_because=batch.stopped_because,
        stopped=batch.stopped_at is not None,
    )


def of_a_large_batch(few: int) -> ColumnElement[bool]:
    """Beside a batch: more departures than these few belong to it."""
    size = select(func.count()).where(Departure.batch_id == Batch.id).scalar_subquery()
    return size > few


def _told(batch_id: str, *, now: datetime, quiet: Collection[DepartureKind]) -> ColumnElement[bool]:
    its_time = or_(Departure.kind.not_in(quiet), Departure.effective_at <= now)
    return and_(Departure.batch_id == batch_id, Departure.sealed.is_(False), its_time)
