"""What a person decides about a step: take it, confirm it, waive it, try it again. The same for every door.

A confirmation is a claim: where a connector can read the target, it is read back within seconds, and the claim
may prove false. Refusals say what was not done, and change nothing but the ledger.
"""

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.departures.departure import Departure
from service.departures.left import roles_now
from service.engine import by_itself, counsel, verbs
from service.engine.gates import REFUSED_PAUSE_S
from service.engine.progress import after_step, needs_met
from service.engine.record import record, record_run
from service.engine.sight import hides
from service.engine.states import StepState, WaitsFor
from service.engine.tables import Confirmation, Gate, Intervention, Run, StepRun
from service.engine.undos import is_taken_back, left_since
from service.ledger.entry import gathered
from service.ledger.event import Event
from service.people.person import Person, Role, are_same_human
from service.people.reporting import reports_to
from service.playbook.model import Grade
from service.store import Store
from service.store.again import again

#: How soon what a person confirmed is read back.
READ_BACK_WITHIN = timedelta(seconds=5)
NOTE_LEAST, NOTE_MOST = 10, 2_000


class Said(StrEnum):
    """What a person says is true now."""

    DONE = "done"
    ALREADY_GONE = "already-gone"
    DOES_NOT_APPLY = "does-not-apply"
    CANNOT = "cannot"


#: Saying this means that the step will not be done.
WAIVERS = frozenset({Said.DOES_NOT_APPLY})
#: A step of this action asks whether something may be done: saying yes is an approval.
APPROVAL: Final = "ask"
OPENS_AGAIN: Final = "Who reports to the leaver does not open their access again."
BELOW: Final = (
    "Who reports to the leaver neither skips, pauses, cancels nor approves anything of their departure: leave it to "
    "somebody else."
)


class NotDecided(Exception):  # noqa: N818  a refusal, not a fault
    """The decision was refused and nothing was changed. `reason` is a short code, the message a sentence."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """A person's decision about one step, as it came through one door (`slack`, `web`, `cli`).

    `revision` is the step's revision the person was looking at.
    """

    step_run_id: str
    revision: int
    person_id: str
    door: str
    said: Said = Said.DONE
    note: str = ""


Verb = Callable[..., StepRun]


@again
def decide(store: Store, verb: Verb, decision: Decision, *, now: datetime) -> None:
    """Carry a decision out and commit it. A refusal is recorded too, then raised as `NotDecided`."""
    try:
        with store.write("decision") as session, gathered(session):
            verb(session, decision, now=now)
    except NotDecided as refused:
        with store.write("decision.refused") as session:
            record_refusal(session, decision, refused, now=now)
        raise


def confirm(session: Session, decision: Decision, *, now: datetime) -> StepRun:
    """Record a confirmation or a waiver. Raises `NotDecided`."""
    step = _may(session, decision)
    _check_note(decision, readable=step.readable)
    if decision.said is Said.CANNOT:
        return _hand_on(session, step, decision, now=now)
    say(session, step, decision, now=now)
    after_step(session, step, now=now)
    return step


def say(session: Session, step: StepRun, decision: Decision, *, now: datetime) -> None:
    """Record what a person says of a step that they may decide about; what follows is the caller's to derive."""
    waiver = decision.said in WAIVERS
    read_back = step.readable and not waiver
    session.add(
        Confirmation(
            id=str(uuid.uuid4()),
            step_run_id=step.id,
            revision=decision.revision,
            person_id=decision.person_id,
            at=now,
            said=decision.said.value,
            note=decision.note,
            door=decision.door,
            waiver=waiver,
        )
    )
    _overtake_reading(step)
    step.state, step.waits_for, step.ended_at = StepState.DONE, None, now
    step.grade = Grade.WAIVED if waiver else Grade.ATTESTED
    step.contradicted = False
    step.why = step.fix = ""
    step.check_at = now + READ_BACK_WITHIN if read_back else None
    record(
        session,
        step,
        Event.STEP_WAIVED if waiver else Event.STEP_CONFIRMED,
        at=now,
        actor=_actor(session, decision.person_id),
        body={"said": decision.said.value, "door": decision.door, "read_back": read_back}
        | ({"report": True} if _is_below(session, step, decision) else {}),
    )


def _is_below(session: Session, step: StepRun, decision: Decision) -> bool:
    """Whether they report to the leaver: their word about it stands, and says so."""
    departure = session.get_one(Departure, session.get_one(Run, step.run_id).departure_id)
    return reports_to(session, decision.person_id, departure.person_id)


def may(session: Session, decision: Decision, *, now: datetime) -> StepRun:  # noqa: ARG001  as every verb
    """Say whether one may decide, before a form is opened. Changes nothing. Raises `NotDecided`."""
    return _may(session, decision)


def take(session: Session, decision: Decision, *, now: datetime) -> StepRun:
    """Say that one works on it. Raises `NotDecided`."""
    step = _may(session, decision)
    step.taken_by = decision.person_id
    record(session, step, Event.STEP_TAKEN, at=now, actor=_actor(session, decision.person_id))
    return step


def retry(session: Session, decision: Decision, *, now: datetime) -> StepRun:
    """Try a failed or waiting step again, looking first. Raises `NotDecided`."""
    step = _may(session, decision)
    if step.waits_for is WaitsFor.PERSON and step.asks_person:
        raise NotDecided("not-automatic", "This step is done by a person; there is nothing to try again.")
    _keep_retry(session, step, decision.person_id, decision.door, decision.note.strip(), now=now)
    ask_counsel(session, step, person_id=decision.person_id, door=decision.door, now=now)
    try_again(session, step, now=now, actor=_actor(session, decision.person_id))
    after_step(session, step, now=now)
    return step


def ask_counsel(session: Session, step: StepRun, *, person_id: str, door: str, now: datetime) -> None:
    """Before a step is tried again: what counsel was asked, and what passed with the whole run, is asked anew."""
    for question in counsel.needed_again(session, step):
        _keep_retry(session, question, person_id, door, f"Asked before {step.title} is tried again.", now=now)
        try_again(session, question, now=now, actor=_actor(session, person_id))


def _keep_retry(
    session: Session, step: StepRun, person_id: str, door: str, reason: str, *, now: datetime
) -> None:
    """So that it is shown with the others; and of a cancelled run this step goes on, and nothing else."""
    made = Intervention(
        run_id=step.run_id,
        step_run_id=step.id,
        person_id=person_id,
        verb=verbs.Verb.RETRY.value,
        reason=reason,
        door=door,
        batch="",
    )
    by_itself.keep(session, made, now=now)


def try_again(session: Session, step: StepRun, *, now: datetime, actor: str) -> None:
    """Let a step be tried once more, looking first; what follows is the caller's to derive.

    In a run that is paused it waits until the run is resumed, as everything of it does. Raises `NotDecided` for what
    would open the access of somebody whom a later run has shut out.
    """
    if step.undoes is not None and (number := left_since(session, step.run_id, now=now)) is not None:
        said = f"R-{number} has shut this person out since: their access is not opened again. Nothing was changed."
        raise NotDecided("left-since", said)
    step.paused = False  # who tries it again does not mean it to lie; of a paused run nothing goes out anyway
    _overtake_reading(step)
    _open_gate(session, step.connector, now=now)
    step.state = StepState.READY if needs_met(session, step) else StepState.BLOCKED
    step.waits_for, step.next_at, step.ended_at = None, max(now, step.release_after), None
    step.look_first, step.contradicted, step.tries = True, False, 0
    step.retry_until = max(step.retry_until, now + timedelta(hours=1))
    step.why = step.fix = ""
    record(session, step, Event.STEP_RETRIED, at=now, actor=actor, body={"error": "", "in_ms": 0})


def _overtake_reading(step: StepRun) -> None:
    """A reading that is out was begun before the decision, so it says nothing about what holds after it."""
    step.checking, step.check_at = False, None


def _open_gate(session: Session, connector: str, *, now: datetime) -> None:
    """Who tries again has mended something: the short pause after an error of ours is over, an operator's is not."""
    gate = session.get(Gate, connector, with_for_update={"key_share": True})
    if gate is not None and now < gate.open_from <= now + timedelta(seconds=REFUSED_PAUSE_S):
        gate.open_from = now


def _hand_on(session: Session, step: StepRun, decision: Decision, *, now: datetime) -> StepRun:
    step.taken_by = None
    step.why = f"Handed on: {decision.note}"[:1000]
    record(
        session,
        step,
        Event.STEP_TAKEN,
        at=now,
        actor=_actor(session, decision.person_id),
        body={"handed_on": True},
    )
    return step


def _may(session: Session, decision: Decision) -> StepRun:
    """The step, when this person may decide about it as it stands. A refusal is recorded."""
    step = session.get(StepRun, decision.step_run_id, with_for_update={"key_share": True})
    if step is None or hides(session, step.run_id, decision.person_id):
        raise NotDecided("unknown", "There is no such step.")
    refused = _refusal(session, step, decision)
    if refused is None:
        return step
    raise refused


def record_refusal(session: Session, decision: Decision, refused: NotDecided, *, now: datetime) -> None:
    """Note that a decision was refused; called in a transaction of its own, after the refused one rolled back."""
    step = session.get(StepRun, decision.step_run_id)
    if step is None:
        return
    record_run(  # no transition: a refused click must not make the next honest one stale
        session,
        step.run_id,
        Event.CONFIRMATION_REFUSED,
        at=now,
        actor=_actor(session, decision.person_id),
        step=step.step,
        body={"reason": refused.reason, "door": decision.door},
    )


def _refusal(session: Session, step: StepRun, decision: Decision) -> NotDecided | None:
    run = session.get_one(Run, step.run_id)
    leaver = session.get_one(Departure, run.departure_id).person_id
    if are_same_human(session, decision.person_id, leaver):
        return NotDecided("leaver", "Not confirmed. The leaver decides nothing about their own departure.")
    if (refused := _not_theirs(session, step, decision, leaver)) is not None:
        return refused
    needed = Role(step.owner) if step.owner in set(Role) else Role.IT
    if needed not in roles_now(session, decision.person_id):
        said = f"Not confirmed. Only people with the role {needed.value} may do this. Nothing was changed."
        return NotDecided("role", said)
    if step.revision != decision.revision:
        return NotDecided("stale", f"Not confirmed. {_overtaken_by(session, step)} Nothing was changed.")
    if not (step.state is StepState.FAILED or step.state is StepState.WAITING):
        return NotDecided("not-open", "Not confirmed. This step is not open. Nothing was changed.")
    return None


def _decides(step: StepRun, decision: Decision) -> bool:
    """That something is done is a claim, and stands as one, whoever makes it; a waiver or an approval decides."""
    approves = step.action == APPROVAL and decision.said is not Said.CANNOT
    return approves or decision.said in WAIVERS


def _not_theirs(session: Session, step: StepRun, decision: Decision, leaver: str) -> NotDecided | None:
    """What was done before a run was taken back is over; who gains from a decision does not make it."""
    if step.undoes is None and is_taken_back(session, step.run_id):
        return NotDecided("undone", "Not confirmed. This run is being undone, or was. Nothing was changed.")
    said = OPENS_AGAIN if step.undoes is not None else BELOW if _decides(step, decision) else ""
    if said and reports_to(session, decision.person_id, leaver):
        return NotDecided("report", f"Not confirmed. {said} Nothing was changed.")
    return None


def _overtaken_by(session: Session, step: StepRun) -> str:
    last = session.execute(
        select(Confirmation, Person.display_name)
        .join(Person, Person.id == Confirmation.person_id)
        .where(Confirmation.step_run_id == step.id)
        .order_by(Confirmation.at.desc())
        .limit(1)
    ).first()
    if last is None:
        return f"The step has moved on since this message was drawn: it is {step.state.value} now."
    return f"{last.display_name} confirmed this at {last[0].at:%H:%M:%S} UTC."


def _check_note(decision: Decision, *, readable: bool) -> None:
    needed = decision.said is not Said.DONE or not readable
    if needed and len(decision.note.strip()) < NOTE_LEAST:
        raise NotDecided("note", f"Not confirmed. A note of at least {NOTE_LEAST} characters is needed here.")
    if len(decision.note) > NOTE_MOST:
        raise NotDecided("note", f"Not confirmed. The note is longer than {NOTE_MOST:,} characters.")


def _actor(session: Session, person_id: str) -> str:
    person = session.get(Person, person_id)
    return f"person:{person.subject}" if person else "person:unknown"
