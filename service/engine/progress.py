"""What follows from a step's transition: released steps, the run's colour, the departure's state."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import BindParameter, and_, bindparam, func, or_, select
from sqlalchemy.orm import Session, load_only

from service.departures.departure import Departure
from service.departures.holding import CANCELLED_BEFORE, WITHDRAWN_TOO_LATE
from service.departures.kind import DepartureState
from service.departures.questions import Question
from service.engine import undos
from service.engine.asking import asked_about, open_of_run
from service.engine.by_itself import tried_after_its_run_was_cancelled
from service.engine.grading import Standing, run_colour
from service.engine.record import ENGINE, record, record_run
from service.engine.states import ENDED, MOVING, Colour, StepState, WaitsFor
from service.engine.tables import Run, StepNeed, StepRun
from service.engine.timing import wait_of
from service.engine.values import Step, write_freed
from service.ledger.event import Event
from service.playbook.model import OnFailure
from service.store import Prepared, table_of

PASSED = frozenset({StepState.DONE, StepState.SKIPPED, StepState.CANCELLED})

_RUN_IDS: BindParameter[str] = bindparam("runs", expanding=True)
_STEPS, _NEEDS = table_of(StepRun).c, table_of(StepNeed).c
_RUNS, _DEPARTURES = table_of(Run).c, table_of(Departure).c
_WAITING = (
    select(_NEEDS.step_run_id)
    .where(
        _STEPS.id == _NEEDS.step_run_id,
        _NEEDS.needs_id.in_(bindparam("ended", expanding=True)),
        _STEPS.state == StepState.BLOCKED,
    )
    .correlate(None)
)
#: What the steps need that waited for one of these.
_NEEDED = Prepared(
    select(_NEEDS.step_run_id, _STEPS.state, _STEPS.on_failure).where(
        _STEPS.id == _NEEDS.needs_id, _NEEDS.step_run_id.in_(_WAITING)
    )
)
_FREED = Prepared(
    select(_STEPS.id, _STEPS.release_after, _STEPS.action, _STEPS.arguments).where(
        _STEPS.id.in_(bindparam("ids", expanding=True))
    )
)
_STAND = Prepared(
    select(
        _RUNS.id, _RUNS.colour, _RUNS.finished_at, _RUNS.cancelled, _DEPARTURES.state, _DEPARTURES.person_id
    )
    .where(_DEPARTURES.id == _RUNS.departure_id, _RUNS.id.in_(_RUN_IDS))
    .order_by(_RUNS.number)
    # of two nodes that end a run's last steps, the second sees what the first one wrote
    .with_for_update(key_share=True)
)
_WITH_DEPARTURES = (
    select(Run, Departure)
    .join(Departure, Departure.id == Run.departure_id)
    .where(Run.id.in_(_RUN_IDS))
    .order_by(Run.number)
    .execution_options(populate_existing=True)
    .options(
        load_only(Run.departure_id, Run.colour, Run.finished_at, Run.cancelled),
        load_only(Departure.state, Departure.person_id),
    )
)
#: Something is about to happen to the step, or is happening.
_MOVING = and_(_STEPS.state.in_(MOVING), or_(_STEPS.next_at <= bindparam("now"), _STEPS.tries > 0))
#: In which ways the steps of each run stand: of those that stand alike, one row.
_STANDING = Prepared(
    select(
        _STEPS.run_id,
        _STEPS.undoes.is_not(None),
        _MOVING,
        _STEPS.state,
        _STEPS.grade,
        _STEPS.minimum,
        _STEPS.contradicted,
    )
    .where(_STEPS.run_id.in_(_RUN_IDS))
    .distinct()
)
_NEXT_DUE = tuple(
    Prepared(query)
    for query in (
        select(func.min(_STEPS.next_at)).where(_STEPS.state == StepState.READY),
        select(func.min(_STEPS.check_at)).where(_STEPS.checking.is_(False)),
        select(func.min(_DEPARTURES.effective_at)).where(_DEPARTURES.state == DepartureState.SCHEDULED),
    )
)


class _Stands(NamedTuple):
    """How a run was last said to stand, and its departure."""

    run_id: str
    colour: Colour
    finished_at: datetime | None
    cancelled: bool
    departure: DepartureState
    person_id: str


class _Step(NamedTuple):
    undoes: bool
    moving: bool
    standing: Standing


def after_step(session: Session, step: Step, *, now: datetime) -> None:
    """Release what waited for the step, then say how the run stands."""
    after_steps(session, (step,), now=now)


def after_steps(
    session: Session, steps: Iterable[Step], *, now: datetime, also: Collection[str] = ()
) -> None:
    """The same after several steps, of whichever runs, with a few questions for all of them.

    Args:
        also: Runs that are derived anew though none of their steps is given.
    """
    ended = list(steps)
    session.flush()
    _release(session, ended, now=now)
    settle(session, {step.run_id for step in ended} | set(also), now=now)


def _release(session: Session, ended: Iterable[Step], *, now: datetime) -> None:
    """What waited for one of these and waits for nothing else may be let out in its time."""
    free = _let_pass(session, ended)
    if free:
        found = _FREED.rows(session, ids=free)
        at = {step: max(released, now) + wait_of(action, given) for step, released, action, given in found}
        write_freed(session, at)


def settle(session: Session, run_ids: Collection[str], *, now: datetime) -> None:
    """Derive each run's colour from its steps, and close or open its departure accordingly."""
    session.flush()
    stand = [_Stands(*row) for row in _STAND.rows(session, runs=run_ids)]
    _end_cancelled(session, [one.run_id for one in stand if one.cancelled], now=now)
    steps = _standing(session, run_ids, now=now)
    moved = [one for one in stand if not _as_it_stood(one, steps[one.run_id])]
    if not moved:
        return
    asked = asked_about(
        session, {one.person_id for one in moved if not one.finished_at and _over(steps[one.run_id])}
    )
    for run, departure in session.execute(_WITH_DEPARTURES, {"runs": [one.run_id for one in moved]}).all():
        doubts = asked.get(departure.person_id, ())
        _settle(session, run, departure, steps[run.id], doubts, now=now)


def _as_it_stood(run: _Stands, steps: Sequence[_Step]) -> bool:
    """Whether nothing follows from how the steps stand now: on most turns it is so."""
    if run.departure is DepartureState.RESTORING or any(step.undoes for step in steps):
        return False
    if run.colour is not run_colour(step.standing for step in steps):
        return False
    if run.finished_at is not None or _over(steps):
        return run.finished_at is not None and _over(steps)
    return run.departure is not DepartureState.REVOKING or any(step.moving for step in steps)


def cancel(session: Session, step: StepRun, *, now: datetime, actor: str = ENGINE) -> None:
    """The step is not begun, or not tried again. What an earlier attempt did stays as it is, and unproven."""
    step.state, step.waits_for, step.ended_at = StepState.CANCELLED, None, now
    step.check_at, step.checking, step.paused = None, False, False
    record(session, step, Event.STEP_CANCELLED, at=now, actor=actor)


def _end_cancelled(session: Session, run_ids: Collection[str], *, now: datetime) -> None:
    """Steps that were under way when these runs were cancelled have come back: nobody tries or asks again.

    What a device was ordered stays open: it may still answer. So does a step that somebody asked for since.
    """
    if not run_ids:
        return
    idle = or_(StepRun.state.in_((StepState.READY, StepState.BLOCKED)), StepRun.waits_for == WaitsFor.PERSON)
    query = select(StepRun).where(StepRun.run_id.in_(run_ids), idle, StepRun.state != StepState.FAILED)
    query = query.where(~tried_after_its_run_was_cancelled())
    over = session.scalars(query).all()
    for step in over:
        cancel(session, step, now=now)
    session.flush()
    if over:
        _release(session, over, now=now)  # somebody may have asked for one that waited for these


def _settle(
    session: Session,
    run: Run,
    departure: Departure,
    steps: Sequence[_Step],
    doubts: Sequence[Question],
    *,
    now: datetime,
) -> None:
    back = [step for step in steps if step.undoes]
    restoring = departure.state is DepartureState.RESTORING
    counted = back if back or restoring else steps  # a run taken back is as good as it was taken back
    colour = run_colour(step.standing for step in counted)
    if run.colour is not colour:  # a value that stays is no change, and a row that changed is looked through
        run.colour = colour
    if restoring:
        if run.finished_at is None and _over(back) and all(s.standing.state in ENDED for s in steps):
            undos.finish(session, run, departure, now=now)
        return
    if (
        _over(counted)
        and counted is steps
        and run.finished_at is None
        and open_of_run(session, run.id, doubts)
    ):
        run.colour = max(run.colour, Colour.AMBER, key=list(Colour).index)  # further accounts may be open
    elif _over(counted):
        if run.finished_at is None:
            _close(session, run, departure, now=now)
        return
    if run.finished_at is not None:  # something of it was taken up again
        held = _over_no_longer(session, run, departure)
        if back:
            undos.go_on(session, run, departure)
        record_run(session, run.id, Event.DEPARTURE_REOPENED, at=now, body=held)
    if not any(step.moving for step in steps) and departure.state is DepartureState.REVOKING:
        departure.state = DepartureState.CONFIRMING
        record_run(session, run.id, Event.RUN_CONFIRMING, at=now, body={"colour": run.colour.value})


def _close(session: Session, run: Run, departure: Departure, *, now: datetime) -> None:
    """Nothing is left to do. Of what was cancelled HR may say again that they leave."""
    run.finished_at, departure.state = now, DepartureState.CLOSED
    undos.pause_no_more(session, run)  # what after-care finds is nobody's pause
    if run.cancelled:
        departure.held_codes = [CANCELLED_BEFORE.code]
    record_run(session, run.id, Event.RUN_FINISHED, at=now, body={"colour": run.colour.value})


def _over(steps: Iterable[_Step]) -> bool:
    return all(s.standing.state in ENDED and s.standing.state is not StepState.FAILED for s in steps)


def next_due(session: Session) -> datetime | None:
    """When something is due next that is not due yet for another reason: a step, a reading, a departure."""
    moments: list[datetime | None] = [query.scalar(session) for query in _NEXT_DUE]
    return min((moment for moment in moments if moment is not None), default=None)


def reopen(session: Session, step: Step, *, now: datetime) -> None:
    """A contradiction after the end: the run is open again, and says so."""
    run = session.get_one(Run, step.run_id)
    if run.finished_at is None:
        return
    departure = open_again(session, run, step.step, now=now)
    if step.undoes:
        undos.go_on(session, run, departure)


def open_again(
    session: Session, run: Run, step: str = "", *, now: datetime, body: Mapping[str, str] | None = None
) -> Departure:
    """A finished run is over no longer, on record with the step, or else what, opened it."""
    departure = session.get_one(Departure, run.departure_id)
    held = _over_no_longer(session, run, departure)
    record_run(session, run.id, Event.DEPARTURE_REOPENED, at=now, step=step, body={**(body or {}), **held})
    return departure


def _over_no_longer(session: Session, run: Run, departure: Departure) -> Mapping[str, str]:
    """What HR took back after the end is held once it is open again: who stays may be let in by hand by now.

    Gives what the record says of it besides.
    """
    run.finished_at, departure.state = None, DepartureState.CONFIRMING
    if departure.held_because != WITHDRAWN_TOO_LATE.said or undos.is_taken_back(session, run.id):
        return {}
    departure.state, departure.held_codes = DepartureState.HELD, [WITHDRAWN_TOO_LATE.code]
    return {"because": WITHDRAWN_TOO_LATE.code}


def _let_pass(session: Session, ended: Iterable[Step]) -> list[str]:
    """The steps that waited for one of these and now wait for nothing."""
    pass_: dict[str, bool] = {}
    for step_id, state, on_failure in _NEEDED.rows(session, ended=[step.id for step in ended]):
        pass_[step_id] = pass_.get(step_id, True) and _lets_pass(state, on_failure)
    return [step_id for step_id, free in pass_.items() if free]


def needs_met(session: Session, step: StepRun) -> bool:
    """Whether everything the step waits for lets it pass."""
    query = (
        select(StepRun.state, StepRun.on_failure)
        .join(StepNeed, StepNeed.needs_id == StepRun.id)
        .where(StepNeed.step_run_id == step.id)
    )
    return all(_lets_pass(state, on_failure) for state, on_failure in session.execute(query))


def _standing(session: Session, run_ids: Collection[str], *, now: datetime) -> Mapping[str, Sequence[_Step]]:
    steps: dict[str, list[_Step]] = {run_id: [] for run_id in run_ids}
    for run_id, undoes, moving, *how in _STANDING.rows(session, runs=run_ids, now=now):
        steps[run_id].append(_Step(undoes, moving, Standing(*how)))
    return steps


def _lets_pass(state: StepState, on_failure: OnFailure) -> bool:
    return state in PASSED or (state is StepState.FAILED and on_failure is OnFailure.CONTINUE)
