"""What people hold, pause or stop, and nobody goes on with in time: held, and told once more at its deadline.

Nothing of it is done meanwhile. Who is told decides.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from sqlalchemy import ColumnElement, and_, case, exists, func, or_, select
from sqlalchemy.orm import Session, aliased

from service.departures.batch import Batch
from service.departures.departure import Departure
from service.departures.holding import WITHDRAWN_TOO_LATE
from service.departures.kind import DepartureState
from service.engine.found_stuck import BEGIN_MARGIN, MOST, STEP_MARGIN, Stuck, StuckKind
from service.engine.gathered import Gathered, gathered
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
    held = and_(Departure.state == DepartureState.HELD, ~told, StepRun.undoes.is_(None))
    taken_back = func.min(case((_TAKEN_BACK, 1), else_=0))
    for late in gathered(session, held, _is_late(now), also=[taken_back]):
        yield _held_batch(late) if late.batch else _held_run(late)


def _is_late(now: datetime) -> ColumnElement[bool]:
    """For a step run: it has not begun, and its deadline is over."""
    return and_(StepRun.state.in_(NOT_BEGUN), StepRun.due < now - STEP_MARGIN)


def _held_batch(late: Gathered) -> Stuck:
    is_, their, them = ("is", "its", "it") if late.runs == 1 else ("are", "their", "them")
    return Stuck(
        kind=StuckKind.HELD,
        key=f"held:{late.batch_id}:late",
        said=f"B-{late.batch}: {late.runs} of its runs {is_} held and past {their} deadline by now: nothing of "
        f"{them} is done.",
        fix=_DECIDE,
        since=late.since,
    )


def _held_run(late: Gathered) -> Stuck:
    is_ = "1 step of it is" if late.steps == 1 else f"{late.steps} steps of it are"
    [taken_back] = late.said
    return Stuck(
        kind=StuckKind.HELD,
        key=f"held:{late.run_id}:late",
        said=f"R-{late.run} is held since HR took it back, and nobody has decided: {is_} past the deadline by now."
        if taken_back
        else f"R-{late.run} is held, and {is_} past the deadline by now: nothing of it is done.",
        fix=_DECIDE,
        since=late.since,
        run_id=late.run_id,
        departure_id=late.departure_id,
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
    is_paused = or_(StepRun.paused.is_(True), Run.paused.is_(True))
    for late in gathered(session, is_paused, _is_late(now), Departure.state != DepartureState.HELD):
        yield _paused_batch(late) if late.batch else _paused_run(late)


def _paused_batch(late: Gathered) -> Stuck:
    is_, their = ("is", "its") if late.runs == 1 else ("are", "their")
    return Stuck(
        kind=StuckKind.RUN,
        key=f"paused:{late.batch_id}",
        said=f"B-{late.batch}: {late.runs} of its runs {is_} paused, in whole or in part, and past {their} deadline "
        "by now; nobody resumed.",
        fix=f"exeunt runs --batch B-{late.batch} --paused lists them. Resume what was paused with the batch (exeunt "
        f"decide resume --batch B-{late.batch}) and the others by their numbers, or cancel or skip with a reason.",
        since=late.since,
    )


def _paused_run(late: Gathered) -> Stuck:
    steps = "1 step that is" if late.steps == 1 else f"{late.steps} steps that are"
    return Stuck(
        kind=StuckKind.RUN,
        key=f"paused:{late.run_id}",
        said=f"R-{late.run}: somebody paused {steps} past the deadline by now, and nobody resumed.",
        fix="Resume it, or cancel or skip with a reason what is not to be done.",
        since=late.since,
        run_id=late.run_id,
        departure_id=late.departure_id,
    )
