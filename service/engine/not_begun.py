"""Batches of which departures are past their time and have not begun: one thing to say of each, however many.

A wave that nobody opened and a batch that somebody stopped hold back hundreds; whoever is called once for each
of them hears nothing else.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import ColumnElement, and_, exists, func, or_, select
from sqlalchemy.orm import Session

from service.departures.batch import Batch
from service.departures.departure import Departure
from service.departures.kind import DepartureState
from service.engine.states import StepState
from service.engine.tables import StepRun

WAITS: Final = (DepartureState.ANNOUNCED, DepartureState.SCHEDULED, DepartureState.DUE)
MOVES: Final = (DepartureState.SCHEDULED, DepartureState.REVOKING, DepartureState.CONFIRMING)
#: Nobody holds it: its run may have something to do, from the notice to the way back.
STANDS: Final = (*MOVES, DepartureState.RESTORING, DepartureState.CLOSED)
#: Beside a departure: nothing of its run goes on, because the batch is stopped.
STOPPED_TOO: Final = exists().where(Batch.id == Departure.batch_id, Batch.stopped_at.is_not(None))
_LOOK: Final = "The log says what stops them, if the engine runs."


@dataclass(frozen=True, slots=True, kw_only=True)
class Late:
    """What is late in one batch, and why, in a sentence."""

    key: str
    said: str
    fix: str
    since: datetime


def late_batches(session: Session, *, began_by: datetime, due_by: datetime) -> Iterator[Late]:
    """Every batch of which somebody's access should have ended and something holds it back.

    Args:
        began_by: Whose time was before this should have begun.
        due_by: Whose steps had a deadline before this should have been carried out.
    """
    waits = and_(Departure.state.in_(WAITS), Departure.run_id.is_(None), Departure.effective_at < began_by)
    stands = and_(Batch.stopped_at.is_not(None), Departure.state.in_(MOVES), _has_late_steps(due_by))
    shut = and_(Departure.wave.is_not(None), Departure.wave > Batch.open_wave)
    query = (
        select(Batch, shut, func.count(), func.min(Departure.effective_at))
        .join(Batch, Batch.id == Departure.batch_id)
        .where(or_(waits, stands), Departure.sealed.is_(False))
        .group_by(Batch.id, shut)
        .order_by(Batch.number, shut)
    )
    stopped: dict[str, tuple[Batch, int, datetime]] = {}
    for batch, waits_for_wave, count, since in session.execute(query):
        if batch.stopped_at is None:
            yield _wave(batch, count, since) if waits_for_wave else _begins_not(batch, count, since)
        else:
            _, more, first = stopped.get(batch.id, (batch, 0, since))
            stopped[batch.id] = (batch, count + more, min(first, since))
    yield from (_stopped(*each) for each in stopped.values())


def _has_late_steps(due_by: datetime) -> ColumnElement[bool]:
    late = (StepRun.run_id == Departure.run_id, StepRun.state == StepState.READY, StepRun.due < due_by)
    return exists().where(*late, StepRun.undoes.is_(None))


def _wave(batch: Batch, count: int, since: datetime) -> Late:
    what = "waits for its wave" if count == 1 else "wait for their waves"
    return Late(
        key=f"waves:{batch.id}",
        said=f"{_of(batch, count)} past {_their(count)} time and {what}; {batch.open_wave} "
        f"{'is' if batch.open_wave == 1 else 'are'} open. The first was due at {_at(since)}.",
        fix=f"Open the next wave on the page of B-{batch.number}, or exeunt departures steer next B-{batch.number}.",
        since=since,
    )


def _stopped(batch: Batch, count: int, since: datetime) -> Late:
    stood = _at(batch.stopped_at) if batch.stopped_at else ""
    return Late(
        key=f"stopped:{batch.id}",
        said=f"B-{batch.number} was stopped at {stood}: {count} of its departures "
        f"{'is' if count == 1 else 'are'} past {_their(count)} time and nothing is done. "
        f"The first was due at {_at(since)}.",
        fix=f"Go on with it on the page of B-{batch.number}, or exeunt departures steer go B-{batch.number}.",
        since=since,
    )


def _begins_not(batch: Batch, count: int, since: datetime) -> Late:
    return Late(
        key=f"batch:{batch.id}",
        said=f"{_of(batch, count)} past {_their(count)} time and {'has' if count == 1 else 'have'} not begun. "
        f"The first was due at {_at(since)}.",
        fix=f"Find {'it' if count == 1 else 'them'} among the departures. {_LOOK}",
        since=since,
    )


def _of(batch: Batch, count: int) -> str:
    return f"B-{batch.number}: {count} of its departures {'is' if count == 1 else 'are'}"


def _their(count: int) -> str:
    return "its" if count == 1 else "their"


def _at(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC"
