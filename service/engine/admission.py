"""The only door through which a step leaves, and the way back in for what is out with nobody.

What is due, of a run that may go on, and whose target system's gate is open goes out, most urgent first. Letting
out raises the attempt's number; every later write about the attempt is fenced by it.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import Session

from service.departures.departure import Departure
from service.departures.kind import DepartureState
from service.engine import kill_switch
from service.engine.order import Order
from service.engine.outgoing import orders_of
from service.engine.record import record, whose
from service.engine.states import AttemptOutcome, StepState
from service.engine.tables import Attempt, Gate, Run, StepRun
from service.ledger.event import Event

OUT = (StepState.DISPATCHED, StepState.RUNNING)


@dataclass(frozen=True, slots=True, kw_only=True)
class Admission:
    """Lets steps out and takes them back; the caller's transaction decides whether it happened."""

    def admit(self, session: Session, *, now: datetime, room: int) -> list[Order]:
        """Let out at most `room` due steps, most urgent first: the only door through which one leaves.

        The intent (`step.attempted`) is part of the caller's transaction; commit before calling anything.
        """
        query = select(StepRun).where(_due(now), *_not_held_back(session, now=now))
        query = query.order_by(StepRun.priority, StepRun.next_at, StepRun.position)
        steps = session.scalars(query.limit(room).with_for_update(skip_locked=True)).all()
        whose(session, {step.run_id for step in steps})
        for step in steps:
            _let_out(session, step, now=now)
        return orders_of(session, steps) if steps else []

    def lose(
        self, session: Session, *, now: datetime, alive: Collection[tuple[str, int]] = frozenset()
    ) -> int:
        """Take back every attempt that is out: its process is gone. Looked at first when let out again.

        Args:
            alive: Step runs and attempts that are known to be out still.
        """
        out = select(StepRun).where(or_(StepRun.state.in_(OUT), StepRun.checking.is_(True)))
        steps = [step for step in session.scalars(out) if (step.id, step.attempt) not in alive]
        for step in steps:
            _take_back(session, step, now=now)
        return len(steps)


def _due(now: datetime) -> ColumnElement[bool]:
    """A step whose time has come, or a reading back of one that is out with nobody."""
    return or_(
        and_(StepRun.state == StepState.READY, StepRun.next_at <= now),
        and_(
            StepRun.check_at <= now,
            StepRun.checking.is_(False),
            StepRun.state.in_((StepState.DONE, StepState.WAITING, StepState.FAILED)),
        ),
    )


def _not_held_back(session: Session, *, now: datetime) -> Iterator[ColumnElement[bool]]:
    """What a due step must satisfy besides: each condition is one thing that may hold it back.

    A switch that stops everything, or everything of one target system, is consulted here.
    """
    held = select(Run.id).join(Departure, Departure.id == Run.departure_id)
    held = held.where(Departure.state.in_((DepartureState.HELD, DepartureState.RESTORING)))
    # a reading changes nothing, so that of a held departure or a paused step is made all the same; of a run that is
    # taken back only the way back goes on
    going_back = StepRun.undoes.is_not(None)
    yield or_(StepRun.state != StepState.READY, going_back, StepRun.run_id.not_in(held))
    yield or_(StepRun.state != StepState.READY, StepRun.paused.is_(False))
    if kill_switch.is_thrown(session):
        yield StepRun.state != StepState.READY
    shut = set(session.scalars(select(Gate.connector).where(Gate.open_from > now)))
    if shut:
        yield StepRun.connector.not_in(shut)


def _let_out(session: Session, step: StepRun, *, now: datetime) -> None:
    step.attempt += 1
    if step.state is StepState.READY:
        step.state, step.check_at = StepState.RUNNING, None
        step.tries += 1
        step.started_at = step.started_at or now
        session.add(Attempt(step_run_id=step.id, n=step.attempt, started_at=now))
        record(session, step, Event.STEP_ATTEMPTED, at=now, body={"look_first": step.look_first})
    else:
        step.checking = True


def _take_back(session: Session, step: StepRun, *, now: datetime) -> None:
    """Its attempt is out with nobody: it may have taken effect, so it is looked at before it is repeated."""
    if step.checking:
        step.checking = False
        return
    attempt = session.get(Attempt, (step.id, step.attempt))
    if attempt is not None:
        attempt.outcome, attempt.ended_at = AttemptOutcome.LOST, now
    step.state, step.look_first, step.next_at = StepState.READY, True, now
    record(session, step, Event.STEP_LOST, at=now)
