"""Deadlines end in a person, never in nothing: a step that failed, or whose system was silent past its deadline."""

from collections.abc import Collection
from datetime import datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from connectors.sdk.errors import Unavailable
from service.engine import kill_switch
from service.engine.going_on import MAY_GO_ON
from service.engine.record import record, whose
from service.engine.states import StepState, WaitsFor
from service.engine.tables import StepRun
from service.engine.values import Step
from service.ledger.event import Event

#: Steps that are given up in one transaction when their system stays silent.
GIVEN_UP_AT_ONCE: Final = 200


def fail(session: Session, step: Step, error: str, *, now: datetime) -> None:
    """A failed step stands on top of the checklist, and waits for a person."""
    step.state, step.waits_for, step.ended_at = StepState.FAILED, WaitsFor.PERSON, now
    record(session, step, Event.STEP_FAILED, at=now, body={"error": error, "tries": step.tries})


def given_up(session: Session, silent: Collection[str], *, now: datetime) -> list[StepRun]:
    """Steps whose deadline passed while their system did not answer: a shut gate must not hide them.

    What people keep back is not given up for that: whoever kept it is told of its deadline (`kept_back.py`).
    """
    if not silent or kill_switch.stopped(session) is not None:
        return []
    late = select(StepRun).where(
        StepRun.state == StepState.READY,
        StepRun.paused.is_(False),
        *MAY_GO_ON,
        StepRun.connector.in_(silent),
        StepRun.retry_until < now,
    )
    some = late.order_by(StepRun.id).limit(GIVEN_UP_AT_ONCE)
    steps = list(session.scalars(some.with_for_update(skip_locked=True, key_share=True)))
    whose(session, {step.run_id for step in steps})
    for step in steps:
        step.why = step.why or f"{step.connector} did not answer until the step's deadline."
        step.fix = step.fix or "Find out what is wrong with it, then try again."
        fail(session, step, Unavailable.__name__, now=now)
    return steps
