"""What people hold, pause or stop, and nobody goes on with in time: held, and told once more at its deadline.

Nothing of it is done meanwhile. Who is told decides.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import and_, case, distinct, exists, func, or_, select
from sqlalchemy.orm import Session, aliased

from service.departures.batch import Batch
from service.departures.departure import Departure
from service.departures.holding import WITHDRAWN_TOO_LATE
from service.departures.kind import DepartureState
from service.engine.found_stuck import BEGIN_MARGIN, MOST, STEP_MARGIN, Stuck, StuckKind
from service.engine.kill_switch import Stopped
from service.engine.not_begun import STANDS, WAITS
from service.engine.states import NOT_BEGUN, StepState
from service.engine.tables import Run, StepRun
from service.playbook.model import Phase

_DECIDE: Final = "The page Departures, held says why: let it go on, or take its run back."
_TAKEN_BACK: Final = Departure.held_because == WITHDRAWN_TOO_LATE.said
_SHUTTING = aliased(StepRun)
#: Beside a run: nothing was tried yet that shuts the leaver out.
_SHUTS: Final = exists().where(
    _SHUTTING.run_id == Run.id,
    _SHUTTING.phase == Phase.LAST_DAY,
    _SHUTTING.undoes.is_(None),
    _SHUTTING.tries == 0,
    _SHUTTING.state.in_(NOT_BEGUN),
)


def held_now(session: Session, now: datetime) -> Iterator[Stuck]:
    """What is held before its run: one alarm a batch, and one for each by itself. What is sealed is told nobody.

    A second one follows when the time of the first has come: from then on access is open that should be gone.
    """
    query = (
        select(
            func.coalesce(Departure.batch_id, Departure.id),
            func.max(Batch.number),
            func.count(),
            func.min(Departure.effective_at),
            func.min(func.coalesce(Departure.counted_at, Departure.announced_at)),
        )
        .outerjoin(Batch, Batch.id == Departure.batch_id)
        .where(
            Departure.state == DepartureState.HELD, Departure.run_id.is_(None), Departure.sealed.is_(False)
        )
        .group_by(func.coalesce(Departure.batch_id, Departure.id))
        .order_by(func.min(Departure.effective_at))
    )
    for group, number, count, first, since in session.execute(query.limit(MOST)):
        due = first <= now
        who = (
            f"B-{number}: {count} of its departures {'is' if count == 1 else 'are'} held"
            if number
            else "A departure is held"
        )
        when = f"{first:%Y-%m-%d %H:%M:%S} UTC"
        yield Stuck(
            kind=StuckKind.HELD,
            key=f"held:{group}{':due' if due else ''}",
            said=f"{who}, access was to end at {when} and is open."
            if due
            else f"{who} until people decide; access ends at {when} at the earliest.",
            fix="The page Departures, held says why: let go what is right, cancel what was a mistake.",
            since=first if due else since,
        )


def held_open(session: Session, now: datetime) -> Iterator[Stuck]:
    """What was held after its run had begun with the notice, and whose end has come: access is open meanwhile.

    Its run says so in Slack when it is held. Of what HR took back nobody expects that it is shut.
    """
    query = (
        select(Run, Departure)
        .join(Departure, Departure.id == Run.departure_id)
        .where(Departure.state == DepartureState.HELD, Departure.effective_at <= now)
        .where(~_TAKEN_BACK, _SHUTS)
        .order_by(Departure.effective_at)
    )
    for run, departure in session.execute(query.limit(MOST)):
        yield Stuck(
            kind=StuckKind.HELD,
            key=f"held:{run.id}:due",
            said=f"R-{run.number} is held; access was to end at {departure.effective_at:%Y-%m-%d %H:%M:%S} UTC and "
            "is open.",
            fix=_DECIDE,
            since=departure.effective_at,
            run_id=run.id,
            departure_id=departure.id,
        )


def held_late(session: Session, now: datetime) -> Iterator[Stuck]:
    """What was held after its run had begun and lies past a deadline: one alarm a batch, and one a run by itself.

    What is told as open at its end is not told a second time.
    """
    told = and_(Departure.effective_at <= now, ~_TAKEN_BACK, _SHUTS)
    batch = case((Departure.sealed.is_(False), Departure.batch_id))
    query = (
        select(
            func.max(Batch.number),
            func.count(distinct(Run.id)),
            func.count(),
            func.min(StepRun.due),
            func.min(Run.number),
            func.min(Run.id),
            func.min(Departure.id),
            func.min(case((_TAKEN_BACK, 1), else_=0)),
            func.min(Batch.id),
        )
        .join(Run, Run.id == StepRun.run_id)
        .join(Departure, Departure.id == Run.departure_id)
        .outerjoin(Batch, Batch.id == batch)
        .where(Departure.state == DepartureState.HELD, ~told, StepRun.undoes.is_(None))
        .where(StepRun.state.in_(NOT_BEGUN), StepRun.due < now - STEP_MARGIN)
        .group_by(func.coalesce(batch, Run.id))
        .order_by(func.min(StepRun.due))
    )
    for number, runs, steps, since, *of_run, taken_back, batch_id in session.execute(query.limit(MOST)):
        if number:
            yield _held_batch(number, runs, since, batch_id)
        else:
            yield _held_run(of_run, steps, since, taken_back=bool(taken_back))


def _held_batch(number: int, runs: int, since: datetime, batch_id: str) -> Stuck:
    is_, their, them = ("is", "its", "it") if runs == 1 else ("are", "their", "them")
    return Stuck(
        kind=StuckKind.HELD,
        key=f"held:{batch_id}:late",
        said=f"B-{number}: {runs} of its runs {is_} held and past {their} deadline by now: nothing of {them} is "
        "done.",
        fix=_DECIDE,
        since=since,
    )


def _held_run(of_run: Sequence[Any], steps: int, since: datetime, *, taken_back: bool) -> Stuck:
    number, run_id, departure_id = of_run
    is_ = "1 step of it is" if steps == 1 else f"{steps} steps of it are"
    return Stuck(
        kind=StuckKind.HELD,
        key=f"held:{run_id}:late",
        said=f"R-{number} is held since HR took it back, and nobody has decided: {is_} past the deadline by now."
        if taken_back
        else f"R-{number} is held, and {is_} past the deadline by now: nothing of it is done.",
        fix=_DECIDE,
        since=since,
        run_id=run_id,
        departure_id=departure_id,
    )


def thrown_late(session: Session, thrown: Stopped, now: datetime) -> Iterator[Stuck]:
    """What the kill switch keeps past its time or deadline: one alarm, however much it is. Nothing sealed counts."""
    late = exists().where(
        StepRun.run_id == Departure.run_id,
        StepRun.state == StepState.READY,
        StepRun.due < now - STEP_MARGIN,
    )
    waits = and_(
        Departure.state.in_(WAITS), Departure.run_id.is_(None), Departure.effective_at < now - BEGIN_MARGIN
    )
    stands = and_(Departure.state.in_(STANDS), late)
    query = select(func.count()).select_from(Departure).where(Departure.sealed.is_(False), or_(waits, stands))
    if count := session.scalar(query):
        whose = "1 departure is past its" if count == 1 else f"{count} departures are past their"
        yield Stuck(
            kind=StuckKind.SWITCH,
            key="kill-switch",
            said=f"The kill switch is thrown since {thrown.since:%Y-%m-%d %H:%M:%S} UTC: {whose} time or "
            "deadline, and nothing is done.",
            fix="Take it back on the page Stop, or exeunt go, once what it was thrown for is over.",
            since=thrown.since,
        )


def paused(session: Session, now: datetime) -> Iterator[Stuck]:
    """What somebody paused and nobody resumed by its deadline, as a pause has no end itself.

    One alarm a batch, and one a run by itself. A sealed run of a batch is told by itself, to those who may see it.
    """
    batch = case((Departure.sealed.is_(False), Departure.batch_id))
    query = (
        select(
            func.max(Batch.number),
            func.min(Batch.id),
            func.count(distinct(Run.id)),
            func.count(),
            func.min(StepRun.due),
            func.min(Run.number),
            func.min(Run.id),
            func.min(Departure.id),
        )
        .join(Run, Run.id == StepRun.run_id)
        .join(Departure, Departure.id == Run.departure_id)
        .outerjoin(Batch, Batch.id == batch)
        .where(or_(StepRun.paused.is_(True), Run.paused.is_(True)))
        .where(StepRun.state.in_(NOT_BEGUN), StepRun.due < now - STEP_MARGIN)
        .where(Departure.state != DepartureState.HELD)
        .group_by(func.coalesce(batch, Run.id))
        .order_by(func.min(StepRun.due))
    )
    for number, batch_id, runs, steps, since, *of_run in session.execute(query.limit(MOST)):
        yield _paused_batch(number, batch_id, runs, since) if number else _paused_run(of_run, steps, since)


def _paused_batch(number: int, batch_id: str, runs: int, since: datetime) -> Stuck:
    is_, their = ("is", "its") if runs == 1 else ("are", "their")
    return Stuck(
        kind=StuckKind.RUN,
        key=f"paused:{batch_id}",
        said=f"B-{number}: {runs} of its runs {is_} paused, in whole or in part, and past {their} deadline by now; "
        "nobody resumed.",
        fix=f"exeunt runs --batch B-{number} --paused lists them. Resume what was paused with the batch (exeunt "
        f"decide resume --batch B-{number}) and the others by their numbers, or cancel or skip with a reason.",
        since=since,
    )


def _paused_run(of_run: Sequence[Any], count: int, since: datetime) -> Stuck:
    number, run_id, departure_id = of_run
    steps = "1 step that is" if count == 1 else f"{count} steps that are"
    return Stuck(
        kind=StuckKind.RUN,
        key=f"paused:{run_id}",
        said=f"R-{number}: somebody paused {steps} past the deadline by now, and nobody resumed.",
        fix="Resume it, or cancel or skip with a reason what is not to be done.",
        since=since,
        run_id=run_id,
        departure_id=departure_id,
    )
