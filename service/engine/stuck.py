"""What should have moved and did not: the one place that says so, from the rows alone. Nothing ends in nothing.

A step that waits for a person or a device moves when they do; at its deadline those in charge are called
(`overdue.py`). What is held, paused or stopped waits for whoever decides, who are called once more at its deadline
(`kept_back.py`). Everything else that stands still past its time is stuck.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Select, and_, or_, select
from sqlalchemy.orm import Session

from service.departures.departure import Departure
from service.departures.kind import DepartureState
from service.engine.drill import FIRST_AFTER, newest, planned_at
from service.engine.drill import MARGIN as DRILL_MARGIN
from service.engine.found_stuck import BEGIN_MARGIN, MOST, STEP_MARGIN, Stuck, StuckKind
from service.engine.kept_back import held_late, held_now, held_open, paused, thrown_late
from service.engine.kill_switch import stopped
from service.engine.not_begun import STANDS, STOPPED_TOO, WAITS, late_batches
from service.engine.overdue import overdue
from service.engine.states import ENDED, MOVING, OUT, StepState, WaitsFor
from service.engine.tables import Attempt, Gate, Run, StepRun

#: So far a reader of the ledger, or a look-up in the HR system, may lie behind.
READER_MARGIN: Final = timedelta(minutes=10)

#: Since when a reader lies behind; nothing when it is up to date.
Behind = Callable[[Session], datetime | None]
#: What an entrance found stuck by itself.
More = Callable[[Session], Iterable[Stuck]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """What is looked at besides the rows of runs and departures.

    Args:
        last_cycle_at: When the engine of this process last looked at what is due; `None` where there is none.
        readers: Who follows the ledger, by name.
        drill_every: How often a drill is to be carried out; `None` where none is set up.
        more: What only an entrance knows to be stuck.
    """

    last_cycle_at: Callable[[], datetime | None] = lambda: None
    readers: Mapping[str, Behind] = field(default_factory=dict)
    drill_every: timedelta | None = None
    more: Iterable[More] = ()

    def look(self, session: Session, *, now: datetime) -> list[Stuck]:
        """Everything that is stuck now, the longest first."""
        thrown = stopped(session)
        found = [
            *self._engine(now),
            *(thrown_late(session, thrown, now) if thrown else _departures(session, now)),
            *held_now(session, now),
            *held_open(session, now),
            *held_late(session, now),
            *_steps(session, now, thrown=thrown is not None),
            *_runs(session, now),
            *paused(session, now),
            *overdue(session, now),
            *self._behind(session, now),
            *(stuck for look in self.more for stuck in look(session)),
            *(_drills(session, self.drill_every, now) if self.drill_every else ()),
        ]
        return sorted(found, key=lambda stuck: stuck.since)

    def _engine(self, now: datetime) -> Iterator[Stuck]:
        last = self.last_cycle_at()
        if last is not None and now - last > BEGIN_MARGIN:
            yield Stuck(
                kind=StuckKind.ENGINE,
                key="engine",
                said=f"The engine last looked at what is due at {last:%Y-%m-%d %H:%M:%S} UTC.",
                fix="Look at the log and at the database, then start the service again: nothing is lost by it.",
                since=last,
            )

    def _behind(self, session: Session, now: datetime) -> Iterator[Stuck]:
        for name, behind in self.readers.items():
            since = behind(session)
            if since is not None and now - since > READER_MARGIN:
                yield Stuck(
                    kind=StuckKind.READER,
                    key=f"reader:{name}",
                    said=f"{name} is behind since {since:%Y-%m-%d %H:%M:%S} UTC.",
                    fix="It catches up by itself once it can be reached. The log says why it cannot.",
                    since=since,
                )


def _drills(session: Session, every: timedelta, now: datetime) -> Iterator[Stuck]:
    """A drill that failed, did not end, or has not been for long, the first included."""
    last = newest(session)
    if last is None:
        yield from _never_drilled(session, now)
        return
    failed = ", ".join(line["system"] for line in last.lines if not line["passed"])
    said = ""
    if last.passed is False:
        said = f"The drill D-{last.number} failed in {failed}: a real leaver would not be shut out there as planned."
    elif last.finished_at is None and now - last.began_at > STEP_MARGIN:
        said = (
            f"The drill D-{last.number} was begun at {last.began_at:%Y-%m-%d %H:%M:%S} UTC and did not end."
        )
    elif now - last.began_at > every + DRILL_MARGIN:
        said = f"The last drill was begun at {last.began_at:%Y-%m-%d %H:%M:%S} UTC, longer ago than it should be."
    if said:
        yield Stuck(
            kind=StuckKind.DRILL,
            key=f"drill:{last.number}",
            said=said,
            fix="The page Drill says what to mend; then run it again: exeunt drill.",
            since=last.began_at,
        )


def _never_drilled(session: Session, now: datetime) -> Iterator[Stuck]:
    planned = planned_at(session)
    if planned is not None and now - planned > FIRST_AFTER + DRILL_MARGIN:
        yield Stuck(
            kind=StuckKind.DRILL,
            key="drill:none",
            said=f"Drills are set up since {planned:%Y-%m-%d %H:%M:%S} UTC, and none was carried out.",
            fix="Run one, which says what keeps it: exeunt drill.",
            since=planned,
        )


def batches_now(session: Session, now: datetime) -> Iterator[Stuck]:
    """Batches of which departures are past their time and wait: one alarm each."""
    for each in late_batches(session, began_by=now - BEGIN_MARGIN, due_by=now - STEP_MARGIN):
        kind = StuckKind.DEPARTURE
        yield Stuck(kind=kind, key=each.key, said=each.said, fix=each.fix, since=each.since)


def _departures(session: Session, now: datetime) -> Iterator[Stuck]:
    yield from batches_now(session, now)
    alone = (Departure.run_id.is_(None), Departure.batch_id.is_(None))
    query = select(Departure).where(*alone, Departure.state.in_(WAITS))
    query = query.where(Departure.effective_at < now - BEGIN_MARGIN)
    for departure in session.scalars(query.order_by(Departure.effective_at).limit(MOST)):
        yield Stuck(
            kind=StuckKind.DEPARTURE,
            key=f"departure:{departure.id}",
            said=f"A departure was due at {departure.effective_at:%Y-%m-%d %H:%M:%S} UTC and has not begun.",
            fix="Find it among the departures. If the engine runs, the log says what stops it.",
            since=departure.effective_at,
            departure_id=departure.id,
        )


def _steps(session: Session, now: datetime, *, thrown: bool) -> Iterator[Stuck]:
    """What somebody stopped for many at once is told once, and not by each step; what is sealed is in no count."""
    by_itself = or_(StepRun.state != StepState.READY, Departure.sealed.is_(True))
    may = by_itself if thrown else or_(by_itself, StepRun.undoes.is_not(None), ~STOPPED_TOO)
    for query, why, fix in _standing_still(now):
        for step, run, since in session.execute(query.where(may).limit(MOST)):
            yield Stuck(
                kind=StuckKind.STEP,
                key=f"step:{step.id}",
                said=f"R-{run.number}: the step {step.step} {why}.",
                fix=fix,
                since=since or run.started_at,
                run_id=run.id,
                departure_id=run.departure_id,
                step=step.step,
            )


def _standing_still(now: datetime) -> Iterator[tuple[Select[Any], str, str]]:
    """Ways in which a step stands still: which rows, in words, and what to do. No row fits two of them."""
    late = now - STEP_MARGIN
    yield from _past_their_deadline(now, late)
    yield from _without_an_answer(late)
    nobody = and_(StepRun.state.in_((StepState.WAITING, StepState.FAILED)), StepRun.waits_for.is_(None))
    deaf = and_(
        StepRun.state == StepState.WAITING,
        StepRun.waits_for == WaitsFor.DEVICE,
        StepRun.check_at.is_(None),
        StepRun.checking.is_(False),
    )
    yield (
        _open(StepRun.started_at).where(or_(nobody, deaf)),
        "waits and nobody is asked",
        "Try it again, or confirm it.",
    )


def _past_their_deadline(now: datetime, late: datetime) -> Iterator[tuple[Select[Any], str, str]]:
    shut = select(Gate.connector).where(Gate.open_from > now)
    past = and_(StepRun.due < late, StepRun.state.in_(MOVING))
    yield (
        _open(StepRun.due).where(past, StepRun.connector.in_(shut)),
        "is past its deadline and its target system's gate is shut",
        "Open the gate, or mend what shut it, and try the step again.",
    )
    yield (
        _open(StepRun.due).where(past, StepRun.connector.not_in(shut)),
        "is past its deadline and nobody was asked",
        "Look at the target system yourself. If the engine runs, the log says what happens to the step.",
    )


def _without_an_answer(late: datetime) -> Iterator[tuple[Select[Any], str, str]]:
    yield (
        _open(Attempt.started_at)
        .join(Attempt, and_(Attempt.step_run_id == StepRun.id, Attempt.n == StepRun.attempt))
        .where(StepRun.state.in_(OUT), Attempt.started_at < late, StepRun.due >= late),
        "has been out with its target system for too long",
        "The call does not come back. Start the service again: the target is looked at before anything is repeated.",
    )
    ended = StepRun.state.in_((StepState.DONE, StepState.WAITING))
    yield (
        _open(StepRun.check_at).where(ended, StepRun.checking.is_(True), StepRun.check_at < late),
        "is being read back and no answer comes",
        "Start the service again: the reading is repeated.",
    )


def _open(since: Any) -> Select[Any]:
    """Steps from the notice to the way back; one that waits for its turn only where nobody holds or paused its run.

    What is out already comes back, or does not, whoever holds the rest.
    """
    is_out = StepRun.state != StepState.READY
    return (
        select(StepRun, Run, since)
        .join(Run, Run.id == StepRun.run_id)
        .join(Departure, Departure.id == Run.departure_id)
        .where(or_(Departure.state.in_(STANDS), and_(is_out, Departure.state == DepartureState.HELD)))
        .where(or_(is_out, and_(Run.paused.is_(False), StepRun.paused.is_(False))))
        .order_by(StepRun.due)
    )


def _runs(session: Session, now: datetime) -> Iterator[Stuck]:
    """A run that is open and in which nothing moves, waits or failed: it would end in nothing."""
    alive = (*MOVING, StepState.WAITING, StepState.FAILED)
    query = (
        select(Run)
        .join(Departure, Departure.id == Run.departure_id)
        .where(
            Run.finished_at.is_(None),
            Run.paused.is_(False),
            Run.started_at < now - BEGIN_MARGIN,
            Departure.state.in_((DepartureState.REVOKING, DepartureState.CONFIRMING)),
            ~select(StepRun.id).where(StepRun.run_id == Run.id, StepRun.state.in_(alive)).exists(),
            select(StepRun.id).where(StepRun.run_id == Run.id, StepRun.state.not_in(ENDED)).exists(),
        )
    )
    for run in session.scalars(query.order_by(Run.number).limit(MOST)):
        yield Stuck(
            kind=StuckKind.RUN,
            key=f"run:{run.id}",
            said=f"R-{run.number} is open, nothing of it moves, and nobody is asked.",
            fix="Look at the run: a step waits for others that will never end.",
            since=run.started_at,
            run_id=run.id,
            departure_id=run.departure_id,
        )
