"""What operators do to a run or one of its steps: retry, skip, check again, pause, resume, cancel.

The same for every door, and each is on record: who, when, why, and what it touched. What does not fit a step as it
stands is left alone and named. A pause is taken back by resuming, a cancellation by retrying.
"""

import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.departures.departure import Departure
from service.departures.left import roles_now
from service.engine.decisions import (
    BELOW,
    NOTE_LEAST,
    NOTE_MOST,
    OPENS_AGAIN,
    Decision,
    NotDecided,
    Said,
    say,
    try_again,
)
from service.engine.progress import after_steps, cancel
from service.engine.record import record_run
from service.engine.sight import hides
from service.engine.states import ENDED, StepState, WaitsFor
from service.engine.tables import Intervention, Run, StepNeed, StepRun, steps_locked
from service.engine.undos import is_taken_back
from service.ledger.event import Event
from service.people.person import Person, Role, are_same_human
from service.people.reporting import reports_to
from service.playbook.model import Grade
from service.store.one_at_a_time import alone_anyhow


class Verb(StrEnum):
    """What can be done to a step, to a run, and to many runs at once."""

    RETRY = "retry"
    SKIP = "skip"
    CHECK = "check"
    PAUSE = "pause"
    RESUME = "resume"
    CANCEL = "cancel"


#: These leave something undone, so a reason is needed; for the others it is welcome.
NEEDS_REASON: Final = frozenset({Verb.SKIP, Verb.CANCEL})
#: These leave access open, for a time or for good: nobody does that for whoever they report to.
LEAVES_OPEN: Final = frozenset({Verb.SKIP, Verb.CANCEL, Verb.PAUSE})
#: After these on one step, what waited for it goes on.
LETS_PASS: Final = frozenset({Verb.SKIP, Verb.CANCEL})
#: Whoever wants these of many runs wants nothing more to begin.
BEGINS_NOTHING: Final = frozenset({Verb.PAUSE, Verb.CANCEL})
#: Who may do this to a whole run. A single step is its owner's too.
OPERATORS: Final = (Role.IT, Role.ADMIN)
CANCELLED_ALONE: Final = "{} was cancelled by itself: whoever wants it after all tries that step again."
UNDER_WAY: Final = frozenset({StepState.DISPATCHED, StepState.RUNNING})
NOT_BEGUN: Final = frozenset({StepState.READY, StepState.BLOCKED})
KEPT: Final = "The run is paused: it is tried when somebody resumes the run."
#: What is said on the pages and in Slack of a paused run stays true: nothing of it is begun.
RUN_IS_PAUSED: Final = "The run is paused, and with it every step: resume the run."
OPEN: Final = frozenset({StepState.FAILED, StepState.WAITING})


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What a person wants done, as it came through one door (`slack`, `web`, `cli`).

    `step` is a step's id within the run; empty means every step the verb fits. `batch` is shared by what one command
    did to several runs. `revision` is the step's revision the person was looking at, where a page showed one.
    """

    verb: Verb
    run_id: str
    person_id: str
    door: str
    step: str = ""
    reason: str = ""
    revision: int | None = None
    batch: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Intervened:
    """What was done: the steps it touched, and those it left alone with why, both by their id in the playbook.

    `waits` says what keeps it from being done now, or nothing.
    """

    touched: tuple[str, ...]
    left: Mapping[str, str]
    waits: str = ""


def intervene(session: Session, wish: Wish, *, now: datetime) -> Intervened:
    """Carry a wish out. Raises `NotDecided`; then nothing was changed."""
    # Steps before their run, as the machine does it: two that wait for each other would both be stopped.
    steps = sorted(_locked(session, wish.run_id), key=lambda step: step.position)
    run = session.get(Run, wish.run_id, with_for_update={"key_share": True})
    if run is None or hides(session, run.id, wish.person_id):
        raise NotDecided("unknown", "There is no such run. Nothing was changed.")
    chosen = _chosen(_still_alive(session, steps, run, wish), wish)
    _check(session, run, chosen, wish)
    if wish.verb is Verb.RESUME and wish.step and run.paused:
        raise NotDecided("not-now", f"{RUN_IS_PAUSED} Nothing was changed.")
    alone = _cancelled_alone(session, run) if wish.verb is Verb.RETRY and not wish.step else frozenset()
    left = {
        step.step: why
        for step in chosen
        if (why := CANCELLED_ALONE.format(step.title) if step.id in alone else _WHY_NOT[wish.verb](step))
    }
    touched = [step for step in chosen if step.step not in left]
    if wish.step and left:
        raise NotDecided("not-now", f"{left[wish.step]} Nothing was changed.")
    if not touched and not _concerns_run(run, wish):
        raise NotDecided("nothing", f"{_NOTHING[wish.verb]} Nothing was changed.")
    _keep(session, wish, touched, now=now)
    _mark(session, run, wish, touched, now=now)
    for step in touched:
        if wish.step and wish.verb in LETS_PASS and step.state is StepState.BLOCKED:
            _hand_on_needs(session, step)
        _DO[wish.verb](session, step, wish, now)
    after_steps(session, touched, now=now, also=(run.id,))
    waits = KEPT if wish.verb is Verb.RETRY and run.paused else ""
    return Intervened(touched=tuple(step.step for step in touched), left=left, waits=waits)


def _locked(session: Session, run_id: str) -> Sequence[StepRun]:
    """Every step of the run: those of a way back too, which began in the moment in which this waited for the rest."""
    steps = session.scalars(steps_locked(run_id)).all()
    return steps if alone_anyhow(session) else session.scalars(steps_locked(run_id)).all()


def _still_alive(session: Session, steps: list[StepRun], run: Run, wish: Wish) -> list[StepRun]:
    """Of a run that is taken back only the way back is anybody's business, and not that of who gains from it."""
    if not is_taken_back(session, run.id):
        return steps
    if reports_to(session, wish.person_id, session.get_one(Departure, run.departure_id).person_id):
        raise NotDecided("report", f"{OPENS_AGAIN} Nothing was changed.")
    back = [step for step in steps if step.undoes is not None]
    if wish.step and wish.step not in {step.step for step in back}:
        raise NotDecided("undone", "This run is being undone, or was. Nothing was changed.")
    return back


def _cancelled_alone(session: Session, run: Run) -> frozenset[str]:
    """The steps that somebody cancelled one by one: who tries the rest of the run again does not mean those."""
    query = (
        select(Intervention.step_run_id, Intervention.verb)
        .where(Intervention.run_id == run.id, Intervention.step_run_id.is_not(None))
        .where(Intervention.verb.in_((Verb.CANCEL.value, Verb.RETRY.value)))
        .order_by(Intervention.at)
    )
    last = {step: verb for step, verb in session.execute(query) if step is not None}
    return frozenset(step for step, verb in last.items() if verb == Verb.CANCEL.value)


def record_refusal(session: Session, wish: Wish, refused: NotDecided, *, now: datetime) -> None:
    """Note that a wish was refused; called in a transaction of its own, after the refused one rolled back."""
    if session.get(Run, wish.run_id) is None:
        return
    record_run(
        session,
        wish.run_id,
        Event.INTERVENTION_REFUSED,
        at=now,
        actor=_actor(session, wish),
        step=wish.step,
        body={"verb": wish.verb.value, "reason": refused.reason, "door": wish.door},
    )


def _chosen(steps: Sequence[StepRun], wish: Wish) -> list[StepRun]:
    chosen = [step for step in steps if not wish.step or step.step == wish.step]
    if wish.step and not chosen:
        listed = ", ".join(step.step for step in steps)
        raise NotDecided("unknown", f"This run has no such step. It has: {listed}. Nothing was changed.")
    return chosen


def _check(session: Session, run: Run, chosen: Sequence[StepRun], wish: Wish) -> None:
    """Whether this person may, and has said why where that is needed."""
    leaver = session.get_one(Departure, run.departure_id).person_id
    if are_same_human(session, wish.person_id, leaver):
        raise NotDecided(
            "leaver", "The leaver decides nothing about their own departure. Nothing was changed."
        )
    may = _may(chosen, wish)
    if not may & roles_now(session, wish.person_id):
        listed = " or ".join(sorted(role.value for role in may))
        raise NotDecided("role", f"Only people with the role {listed} may do this. Nothing was changed.")
    if wish.verb in LEAVES_OPEN and reports_to(session, wish.person_id, leaver):
        raise NotDecided("report", f"{BELOW} Nothing was changed.")
    if wish.verb in NEEDS_REASON and len(wish.reason.strip()) < NOTE_LEAST:
        raise NotDecided("note", f"Say why, in at least {NOTE_LEAST} characters. Nothing was changed.")
    if len(wish.reason) > NOTE_MOST:
        raise NotDecided("note", f"The reason is longer than {NOTE_MOST:,} characters. Nothing was changed.")
    if wish.revision is not None and chosen[0].revision != wish.revision:
        state = chosen[0].state.value
        raise NotDecided("stale", f"The step has moved on meanwhile: it is {state} now. Nothing was changed.")


def _may(chosen: Sequence[StepRun], wish: Wish) -> set[Role]:
    """The roles that may do this. What counsel is asked nobody else lets pass: what cannot be undone waits for it.

    Of a whole run it passes together with whatever waits for it.
    """
    if not wish.step:
        return set(OPERATORS)
    if wish.verb in LETS_PASS and any(step.asks_person and step.owner == Role.COUNSEL for step in chosen):
        return {Role.COUNSEL}
    return {*OPERATORS, *(Role(step.owner) for step in chosen if step.owner in set(Role))}


def _hand_on_needs(session: Session, step: StepRun) -> None:
    """Who needs a step that is left out needs what it waited for, such as counsel's answer: so it is in plans too."""
    needs = session.scalars(select(StepNeed.needs_id).where(StepNeed.step_run_id == step.id)).all()
    for waiting in session.scalars(select(StepNeed.step_run_id).where(StepNeed.needs_id == step.id)).all():
        for needed in needs:
            session.merge(StepNeed(step_run_id=waiting, needs_id=needed))


def _concerns_run(run: Run, wish: Wish) -> bool:
    """Whether the wish changes the run itself, though it may touch no step."""
    if wish.step or run.finished_at is not None:
        return False
    return {
        Verb.PAUSE: not run.paused,
        Verb.RESUME: run.paused,
        Verb.CANCEL: not run.cancelled,
    }.get(wish.verb, False)


def _why_not_retry(step: StepRun) -> str:
    if step.state is StepState.CANCELLED:
        return ""
    if step.state not in OPEN:
        return f"{step.title} has not failed: it is {step.state.value}."
    if step.asks_person and step.state is StepState.WAITING:
        return f"{step.title} is done by a person; there is nothing to try again."
    if step.waits_for is WaitsFor.DEVICE:
        return f"{step.title} was ordered; the device has not answered. Check it again instead."
    return ""


def _why_not_skip(step: StepRun) -> str:
    if step.state in UNDER_WAY:
        return f"{step.title} is under way. Pause it, and skip it when it has come back."
    return "" if step.state in OPEN | NOT_BEGUN else f"{step.title} is {step.state.value} already."


def _why_not_check(step: StepRun) -> str:
    if not step.readable:
        return f"{step.title}: no system can be asked whether it holds."
    if step.grade is Grade.WAIVED:
        return f"{step.title} was skipped: nobody says that it holds."
    if step.state not in OPEN | {StepState.DONE}:
        return f"{step.title} is {step.state.value}: there is nothing to read back yet."
    return ""


def _why_not_pause(step: StepRun) -> str:
    if step.paused:
        return f"{step.title} is paused already."
    if step.state not in NOT_BEGUN | UNDER_WAY:
        return f"{step.title} is {step.state.value}: there is nothing to pause."
    return ""


def _why_not_resume(step: StepRun) -> str:
    return "" if step.paused else f"{step.title} is not paused."


def _why_not_cancel(step: StepRun) -> str:
    if step.state in UNDER_WAY:
        return f"{step.title} is under way. It is not tried again, and may have taken effect."
    return f"{step.title} is {step.state.value} already." if step.state in ENDED - {StepState.FAILED} else ""


def _keep(session: Session, wish: Wish, touched: Sequence[StepRun], *, now: datetime) -> None:
    session.add(
        Intervention(
            id=str(uuid.uuid4()),
            run_id=wish.run_id,
            step_run_id=touched[0].id if wish.step else None,
            person_id=wish.person_id,
            at=now,
            verb=wish.verb.value,
            reason=wish.reason.strip(),
            door=wish.door,
            batch=wish.batch,
        )
    )


def _mark(session: Session, run: Run, wish: Wish, touched: Sequence[StepRun], *, now: datetime) -> None:
    """What holds for the run as a whole, and the entry that says who wanted it and why."""
    if not wish.step:
        run.paused = {Verb.PAUSE: True, Verb.RESUME: False, Verb.CANCEL: False}.get(wish.verb, run.paused)
        run.cancelled = {Verb.CANCEL: True}.get(wish.verb, run.cancelled)
    if wish.verb is Verb.RETRY:  # what is tried again is not to be cancelled when it comes back
        run.cancelled = False
    record_run(
        session,
        run.id,
        Event.RUN_CANCELLED if wish.verb is Verb.CANCEL and not wish.step else Event.INTERVENTION_MADE,
        at=now,
        actor=_actor(session, wish),
        step=wish.step,
        body={
            "verb": wish.verb.value,
            "steps": [step.step for step in touched],
            "door": wish.door,
            "batch": wish.batch,
        },
        pii={"reason": wish.reason.strip()} if wish.reason.strip() else {},
    )


def _retry(session: Session, step: StepRun, wish: Wish, now: datetime) -> None:
    try_again(session, step, now=now, actor=_actor(session, wish))


def _skip(session: Session, step: StepRun, wish: Wish, now: datetime) -> None:
    step.paused = False
    decision = Decision(
        step_run_id=step.id,
        revision=step.revision,
        person_id=wish.person_id,
        door=wish.door,
        said=Said.DOES_NOT_APPLY,
        note=wish.reason.strip(),
    )
    say(session, step, decision, now=now)


def _check_again(_: Session, step: StepRun, __: Wish, now: datetime) -> None:
    step.check_at, step.checking = now, False


def _pause(_: Session, step: StepRun, __: Wish, ___: datetime) -> None:
    step.paused = True


def _resume(_: Session, step: StepRun, __: Wish, ___: datetime) -> None:
    step.paused = False


def _cancel(session: Session, step: StepRun, wish: Wish, now: datetime) -> None:
    cancel(session, step, now=now, actor=_actor(session, wish))


def _actor(session: Session, wish: Wish) -> str:
    person = session.get(Person, wish.person_id)
    return f"person:{person.subject}" if person else "person:unknown"


_WHY_NOT: Final[Mapping[Verb, Callable[[StepRun], str]]] = {
    Verb.RETRY: _why_not_retry,
    Verb.SKIP: _why_not_skip,
    Verb.CHECK: _why_not_check,
    Verb.PAUSE: _why_not_pause,
    Verb.RESUME: _why_not_resume,
    Verb.CANCEL: _why_not_cancel,
}
_DO: Final[Mapping[Verb, Callable[[Session, StepRun, Wish, datetime], None]]] = {
    Verb.RETRY: _retry,
    Verb.SKIP: _skip,
    Verb.CHECK: _check_again,
    Verb.PAUSE: _pause,
    Verb.RESUME: _resume,
    Verb.CANCEL: _cancel,
}
_NOTHING: Final = {
    Verb.RETRY: "Nothing of this run has failed, or was cancelled with it.",
    Verb.SKIP: "Nothing of this run is open.",
    Verb.CHECK: "No step of this run can be read back now.",
    Verb.PAUSE: "Nothing of this run is left to pause.",
    Verb.RESUME: "Nothing of this run is paused.",
    Verb.CANCEL: "Nothing of this run is left to cancel.",
}
