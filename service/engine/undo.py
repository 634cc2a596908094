"""Taking a run back: a person's go, and in one transaction nothing more is done and everything done is to be undone.

Restoring opens accounts, so it needs a person; HR's word alone stops a run and opens nothing. Forwards, keys,
tokens, sessions and grants are never brought back: they are listed, with what to do by hand.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from service.departures.departure import Departure
from service.departures.holding import WITHDRAWN_TOO_LATE
from service.departures.kind import DepartureState
from service.departures.left import roles_now
from service.engine.clock import BeginDue
from service.engine.decisions import NOTE_LEAST, NOTE_MOST, NotDecided
from service.engine.progress import after_steps, cancel, settle
from service.engine.record import record_run
from service.engine.retiming import retime
from service.engine.sight import hides
from service.engine.states import ENDED, OUT, StepState
from service.engine.tables import Run, StepRun, steps_locked
from service.engine.undo_steps import Specs, WayBack, as_lines, way_back
from service.engine.undos import Because, Undo, left_since
from service.ledger.entry import append, gathered
from service.ledger.event import Event
from service.people.person import Person, Role, are_same_human
from service.people.reporting import reports_to
from service.playbook.model import OnFailure
from service.store import Prepared, Store, table_of
from service.store.again import again

#: Who may say that a run is taken back.
MAY_UNDO: Final = frozenset({Role.IT, Role.ADMIN})


@dataclass(frozen=True, slots=True, kw_only=True)
class UndoWish:
    """What a person wants undone, and why, as it came through one door (`slack`, `web`, `cli`).

    `because` may be left to what HR said: rescinded where HR withdrew the departure, else a mistake.
    """

    run_id: str
    person_id: str
    door: str
    note: str
    because: Because | None = None
    batch: str = ""


@again
def carry_out(store: Store, wish: UndoWish, specs: Specs, *, now: datetime) -> None:
    """Begin to undo a run and commit it. A refusal is recorded too, then raised as `NotDecided`."""
    try:
        with store.write("undo") as session, gathered(session):
            undo(session, wish, specs, now=now)
    except NotDecided as refused:
        with store.write("undo.refused") as session:
            record_refusal(session, wish, refused, now=now)
        raise


def undo(session: Session, wish: UndoWish, specs: Specs, *, now: datetime) -> Undo:
    """Begin to undo a run. Raises `NotDecided`; then nothing was changed."""
    # Steps before their departure, as the machine does it: two that wait for each other would both be stopped.
    steps = sorted(session.scalars(steps_locked(wish.run_id)), key=lambda step: step.position)
    run = session.get(Run, wish.run_id)
    if run is None or hides(session, run.id, wish.person_id):
        raise NotDecided("unknown", "There is no such run. Nothing was changed.")
    departure = session.get_one(Departure, run.departure_id, with_for_update={"key_share": True})
    refused = refusal(session, run, departure, wish, now=now)
    if refused is not None:
        raise refused
    because = wish.because or _said_by_hr(departure)
    back = way_back(session, steps, specs, now=now)
    made = Undo(
        run_id=run.id,
        because=because,
        person_id=wish.person_id,
        at=now,
        door=wish.door,
        note=wish.note.strip(),
        batch=wish.batch,
        lost=as_lines(back.lost),
    )
    session.add(made)
    departure.state, departure.held_because, run.finished_at = DepartureState.RESTORING, "", None
    departure.held_codes = []
    if because is Because.REHIRE:
        departure.changed_to = None  # who comes back does not leave again by what HR said before
    run.paused = run.cancelled = False  # what was stopped was the way forward
    actor = _actor(session, wish)
    cancelled = stop_forwards(session, steps, now=now, actor=actor)
    session.add_all(back.steps)
    session.flush()
    session.add_all(back.needs)
    _record_begin(session, made, cancelled, back, now=now, actor=actor)
    settle(session, (run.id,), now=now)
    return made


def _said_by_hr(departure: Departure) -> Because:
    if departure.held_because == WITHDRAWN_TOO_LATE.said:
        return Because.RESCINDED
    return Because.MISTAKE if departure.told_too_late is None else Because.MOVED


def refusal(
    session: Session, run: Run, departure: Departure, wish: UndoWish, *, now: datetime
) -> NotDecided | None:
    """Why this person may not undo this run now, if there is a reason."""
    return _may_not(session, departure, wish) or _cannot(session, run, departure, wish, now=now)


def _may_not(session: Session, departure: Departure, wish: UndoWish) -> NotDecided | None:
    if are_same_human(session, wish.person_id, departure.person_id):
        return NotDecided("leaver", "Not undone. The leaver decides nothing about their own departure.")
    if reports_to(session, wish.person_id, departure.person_id):
        said = "Not undone. Who reports to the leaver does not open their access again; ask a colleague."
        return NotDecided("report", said)
    if not roles_now(session, wish.person_id) & MAY_UNDO:
        said = "Not undone. Only people with the role it or admin may do this. Nothing was changed."
        return NotDecided("role", said)
    return None


def _cannot(
    session: Session, run: Run, departure: Departure, wish: UndoWish, *, now: datetime
) -> NotDecided | None:
    if (known := session.get(Undo, run.id)) is not None:
        return NotDecided("undone", _already(session, run, known))
    if (number := left_since(session, run.id, now=now)) is not None:
        said = (
            f"Not undone. R-{number} has shut this person out since, and taking R-{run.number} back would open their "
            f"access again. Take R-{number} back first."
        )
        return NotDecided("left-since", said)
    if wish.because is Because.REHIRE and departure.state is not DepartureState.CLOSED:
        said = (
            f"Not undone. The departure is {departure.state.value}, not closed: undo it as a mistake instead."
        )
        return NotDecided("not-closed", said)
    if not NOTE_LEAST <= len(wish.note.strip()) <= NOTE_MOST:
        return NotDecided("note", f"Not undone. Say why, in {NOTE_LEAST} to {NOTE_MOST:,} characters.")
    return None


def stop_forwards(session: Session, steps: Sequence[StepRun], *, now: datetime, actor: str) -> list[StepRun]:
    """Nothing that was not begun is begun, nothing that failed is tried again, nothing done is read back."""
    cancelled = []
    for step in steps:
        if step.undoes is not None:
            continue
        step.check_at, step.checking = None, False
        if step.state in OUT:
            step.on_failure = OnFailure.CONTINUE  # however it comes back, its undo follows
        elif step.state not in ENDED:
            cancel(session, step, now=now, actor=actor)
            cancelled.append(step)
    return cancelled


def _already(session: Session, run: Run, known: Undo) -> str:
    who = session.get_one(Person, known.person_id).display_name
    if known.finished_at is None:
        return (
            f"R-{run.number} is being undone since {known.at:%H:%M:%S} UTC; {who} said so. It is undone once."
        )
    return (
        f"R-{run.number} was undone on {known.finished_at:%-d %b %Y}; {who} said so. An undo is not undone: "
        "if the person leaves after all, announce the departure again."
    )


def _record_begin(
    session: Session, made: Undo, cancelled: Sequence[StepRun], back: WayBack, *, now: datetime, actor: str
) -> None:
    body = {
        "because": made.because.value,
        "door": made.door,
        "batch": made.batch,
        "cancelled": [step.step for step in cancelled],
        "steps": [step.step for step in back.steps],
        "lost": len(back.lost),
    }
    record_run(session, made.run_id, Event.RUN_UNDOING, at=now, actor=actor, body=body)


def record_refusal(session: Session, wish: UndoWish, refused: NotDecided, *, now: datetime) -> None:
    """Note that an undo was refused; called in a transaction of its own, after the refused one rolled back."""
    body = {"reason": refused.reason, "door": wish.door}
    actor = _actor(session, wish)
    if session.get(Run, wish.run_id) is None:
        append(session, Event.UNDO_REFUSED, actor=actor, body=body, at=now)
    else:
        record_run(session, wish.run_id, Event.UNDO_REFUSED, at=now, actor=actor, body=body)


def _actor(session: Session, wish: UndoWish) -> str:
    person = session.get(Person, wish.person_id)
    return f"person:{person.subject}" if person else "person:unknown"


def swept(begin_due: BeginDue) -> BeginDue:
    """Sweep, and follow what HR changed, before departures are begun: in the same transaction."""

    def begin(session: Session, *, now: datetime) -> Sequence[str]:
        sweep(session, now=now)
        retime(session, now=now)
        begun = begin_due(session, now=now)
        if begun:  # who leaves anew is not let in by what an earlier run has still to put back
            sweep(session, now=now)
        return begun

    return begin


_UNDOS = table_of(Undo).c
_BEING_UNDONE: Final = Prepared(select(_UNDOS.run_id).where(_UNDOS.finished_at.is_(None)))
#: Those of these runs that have steps forwards that came back.
_STRAY = (
    select(StepRun.run_id)
    .where(StepRun.run_id.in_(bindparam("runs", expanding=True)))
    .where(StepRun.undoes.is_(None), StepRun.state.not_in(OUT))
    .where(StepRun.state.not_in(ENDED) | StepRun.check_at.is_not(None))
    .distinct()
)
#: Runs that are being undone, and what HR has said of them since.
_LEAVING = (
    select(Undo.run_id, Departure.changed_to)
    .join(Run, Run.id == Undo.run_id)
    .join(Departure, Departure.id == Run.departure_id)
    .where(Undo.finished_at.is_(None), Departure.state == DepartureState.RESTORING)
)


def sweep(session: Session, *, now: datetime) -> int:
    """Stop what came back to a run that is being undone: a lost or failed attempt is not repeated, but undone.

    Called before anybody is begun. Nothing of such a run is let out meanwhile. Gives how many steps it stopped.
    """
    session.flush()
    runs = _BEING_UNDONE.scalars(session)
    if not runs:  # on most days: a look through the steps of everybody is saved
        return 0
    count = _cut_short(session, now=now)
    for run_id in session.scalars(_STRAY, {"runs": runs}).all():
        stopped = stop_forwards(
            session, session.scalars(steps_locked(run_id)).all(), now=now, actor="system:engine"
        )
        if stopped:
            after_steps(session, stopped, now=now)
        count += len(stopped)
    return count


def _cut_short(session: Session, *, now: datetime) -> int:
    """Who leaves after all is not restored any further once that time has come, whatever still waits for a person."""
    count = 0
    for run_id, meant in session.execute(_LEAVING).all():
        leaves = meant is not None and datetime.fromisoformat(meant["effective_at"]) <= now
        if not leaves and left_since(session, run_id, now=now) is None:
            continue
        for step in session.scalars(steps_locked(run_id)):
            open_ = step.state is StepState.FAILED or step.state not in ENDED
            if step.undoes is None or step.state in OUT or not open_:
                continue
            step.contradicted = False
            cancel(session, step, now=now)
            count += 1
        settle(session, (run_id,), now=now)
    return count
