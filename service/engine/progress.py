"""What follows from a step's transition: released steps, the run's colour, the departure's state."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

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


class _Step(NamedTuple):
    next_at: datetime
    tries: int
    standing: Standing


def after_step(session: Session, step: StepRun, *, now: datetime) -> None:
    """Release what waited for the step, then say how the run stands."""
    after_steps(session, (step,), now=now)


def after_steps(session: Session, steps: Iterable[StepRun], *, now: datetime) -> None:
    """The same after several steps, of whichever runs, with a few questions for all of them."""
    ended = list(steps)
    session.flush()
    released = list(session.scalars(select(StepRun).where(StepRun.id.in_(_let_pass(session, ended)))))
    for waiting in released:
        waiting.state = StepState.READY
        waiting.next_at = max(waiting.release_after, now) + wait_of(waiting)
    settle(session, {step.run_id for step in ended}, now=now)


def settle(session: Session, run_ids: Collection[str], *, now: datetime) -> None:
    """Derive each run's colour from its steps, and close or open its departure accordingly."""
    session.flush()
    steps = _standing(session, run_ids)
    query = select(Run, Departure).join(Departure, Departure.id == Run.departure_id)
    for run, departure in session.execute(query.where(Run.id.in_(run_ids)).order_by(Run.number)):
        _settle(session, run, departure, steps[run.id], now=now)


def _settle(
    session: Session, run: Run, departure: Departure, steps: Sequence[_Step], *, now: datetime
) -> None:
    run.colour = run_colour(step.standing for step in steps)
    if all(s.standing.state in ENDED and s.standing.state is not StepState.FAILED for s in steps):
        if run.finished_at is None:
            run.finished_at, departure.state = now, DepartureState.CLOSED
            record_run(session, run.id, Event.RUN_FINISHED, at=now, body={"colour": run.colour.value})
        return
    moving = any(s.standing.state in MOVING and (s.next_at <= now or s.tries) for s in steps)
    if not moving and departure.state is DepartureState.REVOKING:
        departure.state = DepartureState.CONFIRMING
        record_run(session, run.id, Event.RUN_CONFIRMING, at=now, body={"colour": run.colour.value})


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
    record_run(session, run.id, Event.DEPARTURE_REOPENED, at=now, body={"step": step.step})


def _let_pass(session: Session, ended: Iterable[StepRun]) -> list[str]:
    """The steps that waited for one of these and now wait for nothing."""
    waiting = (
        select(StepNeed.step_run_id)
        .join(StepRun, StepRun.id == StepNeed.step_run_id)
        .where(StepNeed.needs_id.in_([step.id for step in ended]), StepRun.state == StepState.BLOCKED)
    )
    needed = (
        select(StepNeed.step_run_id, StepRun.state, StepRun.on_failure)
        .join(StepRun, StepRun.id == StepNeed.needs_id)
        .where(StepNeed.step_run_id.in_(waiting))
    )
    pass_: dict[str, bool] = {}
    for step_id, state, on_failure in session.execute(needed):
        pass_[step_id] = pass_.get(step_id, True) and _lets_pass(state, on_failure)
    return [step_id for step_id, free in pass_.items() if free]


def _standing(session: Session, run_ids: Collection[str]) -> Mapping[str, Sequence[_Step]]:
    """How each step of these runs stands: a few columns, as whole rows cost ten times as much."""
    how = (StepRun.state, StepRun.grade, StepRun.minimum, StepRun.contradicted)
    query = select(StepRun.run_id, StepRun.next_at, StepRun.tries, *how).where(StepRun.run_id.in_(run_ids))
    steps: dict[str, list[_Step]] = {run_id: [] for run_id in run_ids}
    for run_id, next_at, tries, state, grade, minimum, contradicted in session.execute(query):
        standing = Standing(state=state, grade=grade, minimum=minimum, contradicted=contradicted)
        steps[run_id].append(_Step(next_at=next_at, tries=tries, standing=standing))
    return steps


def wait_of(step: StepRun) -> timedelta:
    """A `wait` step is let out when its time is over; it holds no thread meanwhile."""
    return duration(step.arguments["for"]) if step.action == "wait" else timedelta(0)


def _lets_pass(state: StepState, on_failure: OnFailure) -> bool:
    return state in PASSED or (state is StepState.FAILED and on_failure is OnFailure.CONTINUE)
