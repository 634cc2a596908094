"""What follows from a step's transition: released steps, the run's colour, the departure's state."""

from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from service.departures.departure import Departure
from service.departures.kind import DepartureState
from service.engine.grading import Standing, run_colour
from service.engine.record import record_run
from service.engine.states import ENDED, StepState
from service.engine.tables import Run, StepNeed, StepRun
from service.ledger.event import Event
from service.playbook.model import OnFailure, duration

MOVING = frozenset({StepState.READY, StepState.DISPATCHED, StepState.RUNNING})
PASSED = frozenset({StepState.DONE, StepState.SKIPPED, StepState.CANCELLED})


def after_step(session: Session, step: StepRun, *, now: datetime) -> None:
    """Release what waited for the step, then say how the run stands."""
    session.flush()
    for waiting in _dependents(session, step):
        if all(_lets_pass(need) for need in _needs(session, waiting)):
            waiting.state = StepState.READY
            waiting.next_at = max(waiting.release_after, now) + wait_of(waiting)
    settle(session, session.get_one(Run, step.run_id), now=now)


def settle(session: Session, run: Run, *, now: datetime) -> None:
    """Derive the run's colour from its steps, and close or open the departure accordingly."""
    session.flush()
    steps = list(session.scalars(select(StepRun).where(StepRun.run_id == run.id)))
    run.colour = run_colour(
        Standing(state=s.state, grade=s.grade, minimum=s.minimum, contradicted=s.contradicted) for s in steps
    )
    departure = session.get_one(Departure, run.departure_id)
    if all(s.state in ENDED and s.state is not StepState.FAILED for s in steps):
        if run.finished_at is None:
            run.finished_at, departure.state = now, DepartureState.CLOSED
            record_run(session, run, Event.RUN_FINISHED, at=now, body={"colour": run.colour.value})
        return
    moving = any(s.state in MOVING and (s.next_at <= now or s.tries) for s in steps)
    if not moving and departure.state is DepartureState.REVOKING:
        departure.state = DepartureState.CONFIRMING
        record_run(session, run, Event.RUN_CONFIRMING, at=now, body={"colour": run.colour.value})


def next_due(session: Session) -> datetime | None:
    """When something is due next that is not due yet for another reason: a step, a reading, a departure."""
    moments = (
        session.scalar(select(func.min(StepRun.next_at)).where(StepRun.state == StepState.READY)),
        session.scalar(select(func.min(StepRun.check_at)).where(StepRun.checking.is_(False))),
        session.scalar(
            select(func.min(Departure.effective_at)).where(Departure.state == DepartureState.SCHEDULED)
        ),
    )
    return min((moment for moment in moments if moment is not None), default=None)


def reopen(session: Session, step: StepRun, *, now: datetime) -> None:
    """A contradiction after the end: the run is open again, and says so."""
    run = session.get_one(Run, step.run_id)
    if run.finished_at is None:
        return
    run.finished_at = None
    session.get_one(Departure, run.departure_id).state = DepartureState.CONFIRMING
    record_run(session, run, Event.DEPARTURE_REOPENED, at=now, body={"step": step.step})


def _dependents(session: Session, step: StepRun) -> list[StepRun]:
    query = (
        select(StepRun)
        .join(StepNeed, StepNeed.step_run_id == StepRun.id)
        .where(StepNeed.needs_id == step.id, StepRun.state == StepState.BLOCKED)
    )
    return list(session.scalars(query))


def _needs(session: Session, step: StepRun) -> list[StepRun]:
    query = (
        select(StepRun).join(StepNeed, StepNeed.needs_id == StepRun.id).where(StepNeed.step_run_id == step.id)
    )
    return list(session.scalars(query))


def wait_of(step: StepRun) -> timedelta:
    """A `wait` step is let out when its time is over; it holds no thread meanwhile."""
    return duration(step.arguments["for"]) if step.action == "wait" else timedelta(0)


def _lets_pass(need: StepRun) -> bool:
    return need.state in PASSED or (need.state is StepState.FAILED and need.on_failure is OnFailure.CONTINUE)
