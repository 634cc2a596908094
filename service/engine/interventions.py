"""What operators do to a run or one of its steps: retry, skip, check again, pause, resume, cancel.

The same for every door, and each is on record: who, when, why, and what it touched. What does not fit a step as it
stands is left alone and named. A pause is taken back by resuming, a cancellation by retrying.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.departures.departure import Departure
from service.departures.holding import CANCELLED_BEFORE
from service.departures.left import roles_now
from service.engine import by_itself, waiting
from service.engine.decisions import (
    BELOW,
    NOTE_LEAST,
    NOTE_MOST,
    OPENS_AGAIN,
    Decision,
    NotDecided,
    Said,
    ask_counsel,
    say,
    try_again,
)
from service.engine.progress import after_steps, cancel
from service.engine.record import record_run
from service.engine.sight import hides
from service.engine.states import MOVING, NOT_BEGUN, StepState
from service.engine.tables import Intervention, Run, StepNeed, StepRun, steps_locked
from service.engine.undos import is_taken_back
from service.engine.verbs import (
    LEAVES_OPEN,
    LETS_PASS,
    NEEDS_REASON,
    NOTHING,
    OPERATORS,
    WHY_NOT,
    Verb,
)
from service.engine.waiting import Wait
from service.ledger.event import Event
from service.people.person import Person, Role, are_same_human
from service.people.reporting import reports_to
from service.store.one_at_a_time import alone_anyhow

CANCELLED_ALONE: Final = "{} was cancelled by itself: whoever wants it after all tries that step again."
PAUSED_ALONE: Final = "{} was paused by itself: whoever wants it to go on resumes that step."
TRIED_ALONE: Final = "{} was paused by itself: whoever wants it after all tries that step again."
RUN_ALONE: Final = {
    Verb.RESUME: "R-{} was paused by itself, and not with its batch: whoever wants it to go on resumes that run.",
    Verb.RETRY: "R-{} was cancelled by itself, and not with its batch: whoever wants it tries that run again.",
}
#: What is wished of a run by these leaves what somebody did to one step of it by itself.
MEANS_THE_REST: Final = frozenset({Verb.PAUSE, Verb.RESUME, Verb.RETRY})
#: Whoever wants these of a step wants it to be tried.
WANTS_TRIED: Final = frozenset({Verb.RETRY, Verb.RESUME})
#: What is said on the pages and in Slack of a paused run stays true: nothing of it is begun.
RUN_IS_PAUSED: Final = "The run is paused, and with it every step: resume the run."


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

    `keeps` is what keeps it from being done now.
    """

    touched: tuple[str, ...]
    left: Mapping[str, str]
    keeps: tuple[Wait, ...] = ()

    @property
    def waits(self) -> str:
        """What it waits for and who ends that, as sentences; empty where it is done at once."""
        return waiting.said(self.keeps)


def intervene(session: Session, wish: Wish, *, now: datetime) -> Intervened:
    """Carry a wish out. Raises `NotDecided`; then nothing was changed."""
    # Steps before their run, as the machine does it: two that wait for each other would both be stopped.
    steps = sorted(_locked(session, wish.run_id), key=lambda step: step.position)
    run = session.get(Run, wish.run_id, with_for_update={"key_share": True})
    if run is None or hides(session, run.id, wish.person_id):
        raise NotDecided("unknown", "There is no such run. Nothing was changed.")
    chosen = _chosen(_still_alive(session, steps, run, wish), wish)
    _check(session, run, chosen, wish)
    _check_run(session, run, wish)
    alone = _alone(session, run, chosen, wish)
    left = _left(run, chosen, wish) | alone
    touched = [step for step in chosen if step.step not in left]
    if wish.step and left:
        raise NotDecided("not-now", f"{left[wish.step]} Nothing was changed.")
    if not touched and not _concerns_run(session, run, wish):
        said = " ".join([NOTHING[wish.verb], *sorted(set(alone.values()))])
        raise NotDecided("nothing", f"{said} Nothing was changed.")
    _keep(session, wish, touched, now=now)
    _mark(session, run, wish, touched, now=now)
    for step in touched:
        if wish.step and wish.verb in LETS_PASS and step.state is StepState.BLOCKED:
            _hand_on_needs(session, step)
        _DO[wish.verb](session, step, wish, now)
    after_steps(session, touched, now=now, also=(run.id,))
    keeps = _keeps(session, run, touched, wish, now=now)
    return Intervened(touched=tuple(step.step for step in touched), left=left, keeps=tuple(keeps))


def _keeps(
    session: Session, run: Run, touched: Sequence[StepRun], wish: Wish, *, now: datetime
) -> Iterator[Wait]:
    """What keeps that from being tried now which somebody wants tried."""
    if wish.verb in WANTS_TRIED:
        yield from waiting.keeps(session, run, touched, now=now)
    if wish.verb is Verb.RETRY or (
        wish.step and wish.verb is Verb.RESUME
    ):  # a run that goes on keeps its times
        yield from waiting.own_times(touched, now=now)
    if wish.verb is Verb.RETRY:  # what goes on waits for counsel as it did before
        yield from waiting.asked_first(session, touched)


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


def _check_run(session: Session, run: Run, wish: Wish) -> None:
    """What is said of a run as a whole, and of one of a batch, before any of its steps is looked at."""
    if wish.verb is Verb.RESUME and wish.step and run.paused:
        raise NotDecided("not-now", f"{RUN_IS_PAUSED} Nothing was changed.")
    undone = run.paused if wish.verb is Verb.RESUME else run.cancelled
    if not undone or wish.verb not in RUN_ALONE or not by_itself.means_whole_batch(wish.batch):
        return
    by = Verb.PAUSE if wish.verb is Verb.RESUME else Verb.CANCEL
    if not by_itself.is_of_batch(session, run.id, by):
        said = RUN_ALONE[wish.verb].format(run.number)
        raise NotDecided("by-itself", f"{said} Nothing was changed.")


def _left(run: Run, chosen: Sequence[StepRun], wish: Wish) -> dict[str, str]:
    """The steps that do not fit the wish as they stand, each with why."""
    of_the_run = None if wish.step else _OF_THE_RUN.get(wish.verb)
    fits = partial(of_the_run, run) if of_the_run else WHY_NOT[wish.verb]
    return {step.step: why for step in chosen if (why := fits(step))}


def _alone(session: Session, run: Run, chosen: Sequence[StepRun], wish: Wish) -> dict[str, str]:
    """The steps that somebody paused or cancelled one by one: what is wished of the run does not mean those."""
    if wish.step or wish.verb not in MEANS_THE_REST:
        return {}
    alone: dict[str, str] = {}
    if wish.verb is Verb.RETRY:
        cancelled = by_itself.steps_cancelled(session, run.id)
        alone = {step.step: CANCELLED_ALONE.format(step.title) for step in chosen if step.id in cancelled}
    paused = by_itself.steps_paused(session, run.id)
    said = TRIED_ALONE if wish.verb is Verb.RETRY else PAUSED_ALONE
    return alone | {
        step.step: said.format(step.title) for step in chosen if step.paused and step.id in paused
    }


def _goes_on(run: Run, step: StepRun) -> str:
    """Why a step does not go on with its run; an older version paused each step of a run besides."""
    goes_on = run.paused and step.state in NOT_BEGUN | MOVING
    return "" if goes_on else WHY_NOT[Verb.RESUME](step)


#: Why a verb does not fit a step where the whole run is meant, and that is not what it is of the step alone.
_OF_THE_RUN: Final[Mapping[Verb, Callable[[Run, StepRun], str]]] = {
    Verb.PAUSE: lambda run, step: "The run is paused already." if run.paused else WHY_NOT[Verb.PAUSE](step),
    Verb.RESUME: _goes_on,
}


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
    for follower in session.scalars(select(StepNeed.step_run_id).where(StepNeed.needs_id == step.id)).all():
        for needed in needs:
            session.merge(StepNeed(step_run_id=follower, needs_id=needed))


def _concerns_run(session: Session, run: Run, wish: Wish) -> bool:
    """Whether the wish changes the run itself, though it may touch no step.

    What was done to a run with its whole batch can be done to it by itself besides: then it stays so when the batch
    goes on.
    """
    if wish.step:
        return False
    done = {Verb.PAUSE: run.paused, Verb.CANCEL: run.cancelled}.get(wish.verb, False)
    alone = not by_itself.means_whole_batch(wish.batch)
    if done and alone and by_itself.is_of_batch(session, run.id, wish.verb):
        return True
    if run.finished_at is not None:
        return False
    return {
        Verb.PAUSE: not run.paused,
        Verb.RESUME: run.paused,
        Verb.CANCEL: not run.cancelled or by_itself.any_tried_since(session, run.id),
        Verb.RETRY: run.cancelled,
    }.get(wish.verb, False)


def _keep(session: Session, wish: Wish, touched: Sequence[StepRun], *, now: datetime) -> None:
    made = Intervention(
        run_id=wish.run_id,
        step_run_id=touched[0].id if wish.step else None,
        person_id=wish.person_id,
        verb=wish.verb.value,
        reason=wish.reason.strip(),
        door=wish.door,
        batch=wish.batch,
    )
    by_itself.keep(session, made, now=now)


def _mark(session: Session, run: Run, wish: Wish, touched: Sequence[StepRun], *, now: datetime) -> None:
    """What holds for the run as a whole, and the entry that says who wanted it and why."""
    if not wish.step:  # of a cancelled run one step goes on alone
        run.paused = {Verb.PAUSE: True, Verb.RESUME: False, Verb.CANCEL: False}.get(wish.verb, run.paused)
        run.cancelled = {Verb.CANCEL: True, Verb.RETRY: False}.get(wish.verb, run.cancelled)
        if wish.verb in (Verb.CANCEL, Verb.RETRY):  # locked: HR may say something in this moment
            departure = session.get_one(Departure, run.departure_id, with_for_update={"key_share": True})
            _note_cancelled(departure, cancelled=run.cancelled)
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


def _note_cancelled(departure: Departure, *, cancelled: bool) -> None:
    """At once, and not when the last of it has come back: what HR says next is of no run that goes on."""
    others = [code for code in departure.held_codes if code != CANCELLED_BEFORE.code]
    departure.held_codes = [*others, CANCELLED_BEFORE.code] if cancelled else others


def _retry(session: Session, step: StepRun, wish: Wish, now: datetime) -> None:
    ask_counsel(session, step, person_id=wish.person_id, door=wish.door, now=now)
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


def _pause(_: Session, step: StepRun, wish: Wish, __: datetime) -> None:
    step.paused = step.paused or bool(wish.step)  # a run that is paused pauses whatever comes to it, too


def _resume(_: Session, step: StepRun, __: Wish, ___: datetime) -> None:
    step.paused = False


def _cancel(session: Session, step: StepRun, wish: Wish, now: datetime) -> None:
    cancel(session, step, now=now, actor=_actor(session, wish))


def _actor(session: Session, wish: Wish) -> str:
    person = session.get(Person, wish.person_id)
    return f"person:{person.subject}" if person else "person:unknown"


_DO: Final[Mapping[Verb, Callable[[Session, StepRun, Wish, datetime], None]]] = {
    Verb.RETRY: _retry,
    Verb.SKIP: _skip,
    Verb.CHECK: _check_again,
    Verb.PAUSE: _pause,
    Verb.RESUME: _resume,
    Verb.CANCEL: _cancel,
}
