"""What keeps a step from being tried although somebody has just asked for it, and who ends that.

The doors answer with it. Said once, in the same words at each of them: what is asked for and then does not happen is
else taken for done.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.departures.batch import Batch
from service.departures.departure import Departure
from service.departures.kind import DepartureState
from service.engine import counsel, kill_switch
from service.engine.gates import REFUSED_PAUSE_S
from service.engine.states import NOT_BEGUN, StepState
from service.engine.tables import Gate, Run, StepRun

STOPPED: Final = "The kill switch is thrown: nothing is tried until IT or an administrator takes it back."
BATCH_STOPPED: Final = (
    "B-{} is stopped: nothing of it is tried until IT, an approver or an administrator goes on with it."
)
KEPT: Final = "The run is paused: it is tried when somebody resumes the run."
HELD: Final = "The run is held: it is tried when two persons let the run go on."
GATE_SHUT: Final = (
    "The gate of {} is shut until {:%Y-%m-%d %H:%M:%S} UTC: nothing is tried there before, unless whoever shut it "
    "opens it."
)
ASKED_TO_WAIT: Final = (
    "{} asked us to wait: nothing is tried there before about {:%Y-%m-%d %H:%M} UTC, whoever asks for it."
)
OWN_TIME: Final = "{} has a time of its own: it is tried at {:%Y-%m-%d %H:%M:%S} UTC, and not before."
OWN_TIMES: Final = (
    "{} steps have a time of their own and are not tried before: the first at {:%Y-%m-%d %H:%M:%S} UTC, the last at "
    "{:%Y-%m-%d %H:%M:%S} UTC."
)
#: A wait that is over before anybody looks is not told.
TOLD_FROM: Final = timedelta(minutes=1)
COUNSEL_FIRST: Final = "Counsel is asked first: it is tried when they have answered."


@dataclass(frozen=True, slots=True, kw_only=True)
class Wait:
    """One thing that has to end first: a sentence for people, and the command that ends it, where one does."""

    said: str
    command: str = ""


def keeps(session: Session, run: Run, steps: Sequence[StepRun], *, now: datetime) -> Iterator[Wait]:
    """Everything that keeps these steps of a run from being let out now: the widest first."""
    if not steps:
        return
    if kill_switch.stopped(session) is not None:
        yield Wait(said=STOPPED, command="exeunt go")
    if any(step.undoes is None for step in steps):  # the way back neither stops with a batch nor is it held
        yield from _keeps_forwards(session, run)
    if run.paused:
        yield Wait(said=KEPT, command=f"exeunt decide resume R-{run.number}")
    yield from _gates(session, steps, now=now)


def of_step(session: Session, step_run_id: str, *, now: datetime) -> str:
    """What a step that was asked for waits for, as sentences; empty where it is tried at once."""
    step = session.get_one(StepRun, step_run_id)
    run = session.get_one(Run, step.run_id)
    keep = (*keeps(session, run, [step], now=now), *own_times([step], now=now), *asked_first(session, [step]))
    return said(keep)


def of_steps(session: Session, run_id: str, names: Collection[str], *, tried: bool, now: datetime) -> str:
    """What those of a run's steps wait for now that were asked for and have not begun, as sentences.

    Args:
        names: Their ids within the run.
        tried: Somebody had them tried again; otherwise resumed.
    """
    run = session.get_one(Run, run_id)
    query = select(StepRun).where(StepRun.run_id == run_id, StepRun.step.in_(names))
    steps = session.scalars(query.where(StepRun.state.in_(NOT_BEGUN)).order_by(StepRun.position)).all()
    keep = list(keeps(session, run, steps, now=now))
    if tried or len(names) == 1:
        keep += own_times(steps, now=now)
    if tried:
        keep += asked_first(session, steps)
    return said(keep)


def said(waits: Iterable[Wait]) -> str:
    """All of it, as sentences."""
    return " ".join(wait.said for wait in waits)


def asked_first(session: Session, steps: Sequence[StepRun]) -> Iterator[Wait]:
    """Counsel, where a step that is tried again waits for their answer."""
    if any(counsel.is_asked(session, step) for step in steps):
        yield Wait(said=COUNSEL_FIRST)


def own_times(steps: Sequence[StepRun], *, now: datetime) -> Iterator[Wait]:
    """The steps whose time has not come, by phase or by `at`: asked for again they wait all the same."""
    later = sorted((step for step in steps if step.release_after > now), key=lambda step: step.release_after)
    if len(later) == 1:
        yield Wait(said=OWN_TIME.format(later[0].title, later[0].release_after))
    elif later:
        yield Wait(said=OWN_TIMES.format(len(later), later[0].release_after, later[-1].release_after))


def _keeps_forwards(session: Session, run: Run) -> Iterator[Wait]:
    departure = session.get_one(Departure, run.departure_id)
    stopped = select(Batch.number).where(Batch.id == departure.batch_id, Batch.stopped_at.is_not(None))
    if (number := session.scalar(stopped)) is not None:
        yield Wait(said=BATCH_STOPPED.format(number), command=f"exeunt departures steer go B-{number}")
    if departure.state is DepartureState.HELD:
        yield Wait(said=HELD)


def _gates(session: Session, steps: Sequence[StepRun], *, now: datetime) -> Iterator[Wait]:
    """Shut for longer than anything but an operator shuts it, or asked to wait by the system itself.

    The short pauses of ours end by themselves, or by whoever tries again; what a system asked for nobody ends.
    """
    names = {step.connector for step in steps if step.state is StepState.READY}
    query = select(Gate).where(Gate.connector.in_(names)).order_by(Gate.connector)
    for gate in session.scalars(query):
        shut = gate.open_from > now + timedelta(seconds=REFUSED_PAUSE_S)
        if shut:
            yield Wait(said=GATE_SHUT.format(gate.connector, gate.open_from))
        elif gate.tat is not None and gate.tat > now + TOLD_FROM:
            yield Wait(said=ASKED_TO_WAIT.format(gate.connector, gate.tat + TOLD_FROM))
