"""The only door through which a step leaves, and the way back in for what is out with nobody.

What is due, of a run that may go on, and whose target system's gate is open goes out, most urgent first. Letting
out raises the attempt's number; every later write about the attempt is fenced by it.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Integer, bindparam, insert, select
from sqlalchemy.orm import Session

from connectors.sdk.manifest import Pace
from service.engine import kill_switch
from service.engine.gates import Gates
from service.engine.going_on import MAY_GO_ON, still
from service.engine.lanes import REST, SIGN_IN, Room
from service.engine.order import Order
from service.engine.outgoing import orders_of
from service.engine.progress import settle
from service.engine.record import record, whose
from service.engine.states import AttemptOutcome, StepState
from service.engine.tables import IS_READY, OUT_OR_READ, Attempt, Run, StepRun
from service.engine.values import VALUES, StepValues, read, write_let_out
from service.ledger.entry import gathered
from service.ledger.event import Event
from service.store import Prepared, table_of

_STEPS = table_of(StepRun).c
#: A reading back is as urgent as the least urgent step: it changes nothing.
READING = 100

#: The queries that find what is due in a lane, each in its own order.
Lane = tuple[Prepared, ...]

_OPEN_ONLY = _STEPS.connector.not_in(bindparam("full", expanding=True))
#: What may be begun, most urgent first. Each condition besides the first is one thing that may hold a step back.
_READY = (
    select(*VALUES)
    .where(
        IS_READY,
        _STEPS.next_at <= bindparam("now"),
        *MAY_GO_ON,
        _STEPS.paused.is_(False),
        _OPEN_ONLY,
    )
    .order_by(_STEPS.priority, _STEPS.next_at, _STEPS.position)
    .limit(bindparam("room", type_=Integer))
    .with_for_update(skip_locked=True, key_share=True)
)
_SIGN_IN = Prepared(_READY.where(_STEPS.priority.in_(SIGN_IN)))
_REST = Prepared(_READY.where(_STEPS.priority.in_(REST)))
#: Readings back of what is out with nobody.
_READINGS = Prepared(
    select(*VALUES)
    .where(
        _STEPS.check_at <= bindparam("now"),
        _STEPS.checking.is_(False),
        _STEPS.state.in_((StepState.DONE, StepState.WAITING, StepState.FAILED)),
        _OPEN_ONLY,
    )
    .order_by(_STEPS.check_at)
    .limit(bindparam("room", type_=Integer))
    .with_for_update(skip_locked=True, key_share=True)
)
_ATTEMPTS = Prepared(insert(table_of(Attempt)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Admission:
    """Lets steps out and takes them back; the caller's transaction decides whether it happened.

    Args:
        paces: How each target system wants to be met; of one that is not named, the default is right.
        goes_to: What a step becomes: under way at once, or handed to a deliverer first.
    """

    paces: Mapping[str, Pace] = field(default_factory=dict)
    goes_to: StepState = StepState.RUNNING

    def admit(self, session: Session, *, now: datetime, room: Room) -> list[Order]:
        """Let out as many due steps as there is room for, and say what is to be done.

        The intent (`step.attempted`) is part of the caller's transaction; commit before calling anything.
        """
        steps = self.let_out(session, now=now, room=room)
        return orders_of(session, steps, now=now) if steps else []

    def let_out(self, session: Session, *, now: datetime, room: Room) -> list[StepValues]:
        """The only door through which a step leaves."""
        gates = Gates.lock(session, self.paces, now=now)
        thrown = kill_switch.is_thrown(session)
        steps = [] if thrown else _chosen(session, gates, (_SIGN_IN,), room.sign_in, now=now)
        steps += _chosen(session, gates, (_READINGS,) if thrown else (_REST, _READINGS), room.rest, now=now)
        gates.settle()
        if not steps:
            return []
        whose(session, {step.run_id for step in steps})
        with gathered(session):
            begun = [step for step in steps if _let_out(session, step, goes_to=self.goes_to, now=now)]
        write_let_out(session, steps)
        _ATTEMPTS.run_all(session, [_attempt(step, now=now) for step in begun])
        return steps

    def lose(
        self, session: Session, *, now: datetime, alive: Collection[tuple[str, int]] = frozenset()
    ) -> int:
        """Take back every attempt that is out: its process is gone. Looked at first when let out again.

        Args:
            alive: Step runs and attempts that are known to be out still.
        """
        found = [session.scalars(select(StepRun).where(each)).all() for each in OUT_OR_READ]
        out = {step.id: step for some in found for step in some}
        steps = [step for step in out.values() if (step.id, step.attempt) not in alive]
        take_back(session, steps, now=now)
        return len(steps)


def take_back(session: Session, steps: Iterable[StepRun], *, now: datetime) -> None:
    """These are out with nobody: what may have taken effect is looked at before it is repeated.

    Of a run that was cancelled meanwhile nothing is repeated.
    """
    with gathered(session):
        lost = [step for step in steps if not _read_again(step)]
        for step in lost:
            attempt = session.get(Attempt, (step.id, step.attempt))
            if attempt is not None:
                attempt.outcome, attempt.ended_at = AttemptOutcome.LOST, now
            step.state, step.look_first, step.next_at = StepState.READY, True, now
            record(session, step, Event.STEP_LOST, at=now)
        runs = {step.run_id for step in lost}
        cancelled = select(Run.id).where(Run.id.in_(runs), Run.cancelled.is_(True))
        if runs:
            settle(session, session.scalars(cancelled).all(), now=now)


def _read_again(step: StepRun) -> bool:
    """Whether only a reading was lost: it is let out again, and nothing else follows."""
    was_checking, step.checking = step.checking, False
    return was_checking


def _chosen(session: Session, gates: Gates, lane: Lane, room: int, *, now: datetime) -> list[StepValues]:
    """The most urgent due steps that their gates let through, locked; a full gate keeps no other waiting."""
    chosen: dict[str, StepValues] = {}
    stay: set[str] = set()
    while len(chosen) < room:
        asked = {"now": now, "full": sorted(gates.full), "room": room}
        due = [step for step in _first(session, lane, asked) if step.id not in chosen.keys() | stay]
        begin = [step for step in due if step.state is StepState.READY]
        stay |= {step.id for step in begin} - {step.id for step in still(session, begin)}
        fitting = [step for step in due if step.id not in stay][: room - len(chosen)]
        chosen |= {step.id: step for step in fitting if gates.take(step.connector)}
        if all(step.id in chosen for step in fitting):
            break
    return list(chosen.values())


def _first(session: Session, lane: Lane, asked: Mapping[str, Any]) -> list[StepValues]:
    found = [step for query in lane for step in read(query, session, **asked)]
    return sorted(found, key=_urgency)[: asked["room"]]


def _urgency(step: StepValues) -> tuple[int, datetime, int]:
    if step.state is StepState.READY:
        return step.priority, step.next_at, step.position
    return READING, step.check_at or step.next_at, step.position


def _let_out(session: Session, step: StepValues, *, goes_to: StepState, now: datetime) -> bool:
    """Raise the attempt's number. True when the step is carried out, and not only read back."""
    step.attempt += 1
    if step.state is not StepState.READY:
        step.checking = True
        return False
    step.state, step.check_at = goes_to, None
    step.tries += 1
    step.started_at = step.started_at or now
    record(session, step, Event.STEP_ATTEMPTED, at=now, body={"look_first": step.look_first})
    return True


def _attempt(step: StepValues, *, now: datetime) -> dict[str, Any]:
    begun = {"step_run_id": step.id, "n": step.attempt, "started_at": now}
    return {**begun, "ended_at": None, "outcome": None, "error": "", "hint": "", "calls": []}
