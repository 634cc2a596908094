"""Moving the steps that have not begun, where HR gave a run's departure another time or kind."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.departures.departure import Departure
from service.departures.kind import DepartureKind
from service.engine.progress import PASSED
from service.engine.record import record_run
from service.engine.states import NOT_BEGUN
from service.engine.tables import StepRun, steps_locked
from service.engine.timing import release_of, wait_of
from service.ledger.event import Event
from service.playbook.model import Phase
from service.playbook.references import told_anew
from service.store import Prepared, table_of

_DEPARTURES = table_of(Departure).c
_MOVED: Final = Prepared(
    select(_DEPARTURES.id, _DEPARTURES.run_id)
    .where(_DEPARTURES.timed_from.is_not(None))
    .order_by(_DEPARTURES.run_id)
)


def retime(session: Session, *, now: datetime) -> int:
    """Move what has not begun of every run whose departure changed. Gives how many runs; called in every cycle."""
    session.flush()
    moved = _MOVED.rows(session)
    for departure_id, run_id in moved:
        # steps before their departure, as everywhere
        found = session.scalars(steps_locked(run_id)).all() if run_id else ()
        departure = session.get_one(Departure, departure_id, with_for_update={"key_share": True})
        if departure.timed_from is not None:
            _retime(session, departure, found, now=now)
    return len(moved)


def _retime(session: Session, departure: Departure, steps: Iterable[StepRun], *, now: datetime) -> None:
    was = departure.timed_from or departure.effective_at
    by = departure.effective_at - was
    # a dismissal waits for nothing after the end, but an end ahead is as ahead as HR says
    last = max(now, departure.effective_at) if departure.kind is DepartureKind.INVOLUNTARY else None
    moved = [step for step in steps if step.tries == 0 and step.state in NOT_BEGUN and step.undoes is None]
    names = [
        step.step
        for step in sorted(moved, key=lambda step: step.position)
        if _moved(step, _release(step, departure, by, now=now), last=last)
    ]
    _tell_anew(steps, departure, was)
    departure.timed_from = None
    if not by and not names:  # other zone data, and the same times
        return
    body = {
        "from": was.isoformat(),
        "to": departure.effective_at.isoformat(),
        "kind": departure.kind.value,
        "steps": names,
    }
    if departure.run_id is not None:
        record_run(session, departure.run_id, Event.RUN_RETIMED, at=now, body=body)


def _tell_anew(steps: Iterable[StepRun], departure: Departure, was: datetime) -> None:
    """What is still open names the time that holds now, where it names it."""
    for step in steps:
        if step.state not in PASSED:
            when = was, departure.effective_at, departure.zone, departure.civil_at
            step.title = told_anew(step.title, *when)[:200]
            step.instructions = told_anew(step.instructions, *when)


def _release(step: StepRun, departure: Departure, by: timedelta, *, now: datetime) -> datetime:
    """When the step may be let out now; one that was to have been out already keeps its time."""
    if step.after_s is None:  # begun by a version that did not keep it
        return max(now, step.release_after + by)
    wanted = release_of(departure, step.phase, timedelta(seconds=step.after_s), now=now)
    return step.release_after if wanted == now and step.release_after <= now else wanted


def _moved(step: StepRun, release: datetime, *, last: datetime | None) -> bool:
    """Move one step. What cannot be taken back is never brought forward: it was agreed to for its own time.

    Args:
        last: By when everything up to the last day has begun, where somebody is dismissed.
    """
    if last is not None and step.phase in (Phase.NOTICE, Phase.LAST_DAY):
        release = min(release, last)
    if step.phase is Phase.DESTRUCTIVE:
        release = max(release, step.release_after)
    shift = release - step.release_after
    if not shift:
        return False
    step.release_after = release
    step.due, step.retry_until = step.due + shift, step.retry_until + shift
    step.next_at = release + wait_of(step.action, step.arguments)
    return True
