"""The transitions of a run: pure steps over an open transaction. Nothing else changes a state.

Every transition writes its ledger entry in the same transaction and raises the step's revision. Every write
about an attempt is fenced by the attempt's number, so that a late worker can do no harm.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from connectors.sdk.types import AccountState, Proof
from service.departures.departure import Departure
from service.engine import sealed
from service.engine.order import Again, Ask, Contradicted, Done, Order, Queued, Returned
from service.engine.progress import after_step, reopen
from service.engine.record import as_rows, digest_of, record
from service.engine.states import AttemptOutcome, StepState, WaitsFor
from service.engine.tables import Attempt, Confirmation, Gate, Run, StepRun
from service.ledger.event import Event
from service.ledger.keys import Keys
from service.people.person import Person, known_to_connectors, linked_accounts
from service.playbook.model import Grade

OUT = (StepState.DISPATCHED, StepState.RUNNING)
#: A device that stays away is asked ever more rarely, up to this.
SLOWEST_POLL_S = 900.0
#: How soon a refused credential's door is tried again without a person.
SHUT_GATE_S = 300.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """The state machine, with the keys that seal before-images and the pace of read-backs.

    Args:
        read_back_after_s: Seconds after a step is done until its target is read once more.
    """

    keys: Keys
    read_back_after_s: float = 60.0

    def admit(self, session: Session, *, now: datetime, room: int) -> list[Order]:
        """Let out at most `room` due steps, most urgent first: the only door through which one leaves.

        The intent (`step.attempted`) is part of the caller's transaction; commit before calling anything.
        """
        shut = set(session.scalars(select(Gate.connector).where(Gate.open_from > now)))
        due = or_(
            and_(StepRun.state == StepState.READY, StepRun.next_at <= now),
            and_(StepRun.check_at <= now, StepRun.checking.is_(False)),
        )
        query = select(StepRun).where(due).order_by(StepRun.priority, StepRun.next_at, StepRun.position)
        if shut:
            query = query.where(StepRun.connector.not_in(shut))
        steps = session.scalars(query.limit(room).with_for_update(skip_locked=True))
        return [self._let_out(session, step, now=now) for step in steps]

    def _let_out(self, session: Session, step: StepRun, *, now: datetime) -> Order:
        step.attempt += 1
        if step.state is StepState.READY:
            step.state = StepState.RUNNING
            step.tries += 1
            step.started_at = step.started_at or now
            session.add(Attempt(step_run_id=step.id, n=step.attempt, started_at=now))
            record(session, step, Event.STEP_ATTEMPTED, at=now, body={"look_first": step.look_first})
        else:
            step.checking = True
        return _order(session, step)

    def save_before(self, session: Session, order: Order, state: AccountState) -> None:
        """Keep a before-image, before the change is on its way. The first image of an account stays."""
        step = session.get_one(StepRun, order.step_run_id)
        step.before = sealed.seal_before(self.keys, step.before, state)

    def finish(self, session: Session, returned: Returned, *, now: datetime) -> None:
        """Record what came back, unless a later attempt has overtaken it."""
        order = returned.order
        step = session.get_one(StepRun, order.step_run_id, with_for_update=True)
        attempt = session.get(Attempt, (order.step_run_id, order.n))
        if attempt is not None:
            attempt.ended_at = now
            attempt.calls = [[call.asked, call.answered, round(call.ms)] for call in returned.calls]
        if step.attempt != order.n or not (step.state in OUT or step.checking):
            if attempt is not None:
                attempt.outcome = AttemptOutcome.LATE
            record(session, step, Event.STEP_LATE, at=now, body={"late": order.n})
            return
        was_checking, step.checking = step.checking, False
        if was_checking:
            self._checked(session, step, returned, now=now)
        else:
            self._carried_out(session, step, returned, now=now)
        if attempt is not None:
            _note(attempt, step, returned)
        after_step(session, step, now=now)

    def _carried_out(self, session: Session, step: StepRun, returned: Returned, *, now: datetime) -> None:
        match returned.result:
            case Done() as done:
                self._done(session, step, done, now=now)
            case Queued() as queued:
                self._keep(step, queued)
                step.state, step.waits_for = StepState.WAITING, WaitsFor.DEVICE
                step.grade, step.why = Grade.PENDING, queued.why
                step.check_at = now + timedelta(seconds=queued.poll_after_s)
                record(session, step, Event.STEP_WAITING, at=now, body={"for": "device", **_proof(step)})
            case Contradicted() as wrong:
                contradict(session, step, wrong, now=now)
            case Again() as again:
                _again(session, step, again, now=now)
            case Ask() as ask:
                _ask(session, step, ask, now=now)

    def _done(self, session: Session, step: StepRun, done: Done, *, now: datetime) -> None:
        self._keep(step, done)
        step.state, step.waits_for, step.contradicted = StepState.DONE, None, False
        step.grade, step.why, step.fix, step.ended_at = done.grade, done.said, "", now
        step.verified_at = now if done.grade in (Grade.OBSERVED, Grade.CORROBORATED) else None
        step.check_at = now + timedelta(seconds=self.read_back_after_s) if done.readings else None
        record(session, step, Event.STEP_DONE, at=now, body={"changed": done.changed, **_proof(step)})

    def _keep(self, step: StepRun, result: Done | Queued) -> None:
        noted = [row for row in step.evidence if row["proof"] == Proof.NOTED.value]
        fresh = as_rows(result.readings)
        kept = [] if any(row["proof"] == Proof.NOTED.value for row in fresh) else noted
        step.evidence = [*fresh, *kept]
        step.residual = [
            {"what": r.what, "until": r.until.isoformat() if r.until else None} for r in result.residual
        ]
        step.receipts = sealed.seal_receipts(self.keys, step.receipts, result.receipts)
        step.look_first = False

    def _checked(self, session: Session, step: StepRun, returned: Returned, *, now: datetime) -> None:
        """A reading came back: a device answered, a confirmation is true or false, a done step still holds."""
        _answer_confirmation(session, step, returned, now=now)
        match returned.result:
            case Contradicted() as wrong:
                contradict(session, step, wrong, now=now)
                reopen(session, step, now=now)
            case Done() as done if step.state is StepState.WAITING:
                self._done(session, step, done, now=now)
            case Done() as done:
                step.evidence = [*step.evidence, *as_rows(done.readings)][-12:]
                step.grade = max(step.grade, done.grade, key=lambda grade: grade.rank)
                step.verified_at = step.verified_at or now
                step.check_at = None
                record(session, step, Event.STEP_READ_BACK, at=now, body=_proof(step))
            case Queued() as queued:
                waited = (now - (step.started_at or now)).total_seconds()
                pause = min(SLOWEST_POLL_S, max(queued.poll_after_s, waited / 4))
                step.why, step.check_at = queued.why, now + timedelta(seconds=pause)
                if step.state is StepState.DONE:  # a person confirmed what the device has not answered yet
                    step.state, step.waits_for = StepState.WAITING, WaitsFor.DEVICE
                    record(session, step, Event.STEP_WAITING, at=now, body={"for": "device"})
            case Again(after_s=after_s):
                step.check_at = now + timedelta(seconds=after_s or 30.0)
            case Ask() as ask:
                step.why, step.fix = ask.what[:1000], ask.hint[:1000]
                step.check_at = now + timedelta(seconds=SHUT_GATE_S)

    def lose(self, session: Session, *, now: datetime) -> int:
        """Take back every attempt that is out: its process is gone. Looked at first when let out again."""
        out = select(StepRun).where(or_(StepRun.state.in_(OUT), StepRun.checking.is_(True)))
        steps = list(session.scalars(out))
        for step in steps:
            if step.checking:
                step.checking = False
                continue
            attempt = session.get(Attempt, (step.id, step.attempt))
            if attempt is not None:
                attempt.outcome, attempt.ended_at = AttemptOutcome.LOST, now
            step.state, step.look_first, step.next_at = StepState.READY, True, now
            record(session, step, Event.STEP_LOST, at=now)
        return len(steps)


def contradict(session: Session, step: StepRun, wrong: Contradicted, *, now: datetime) -> None:
    """The target was read back and says the opposite: red, whatever was returned or confirmed."""
    step.state, step.waits_for, step.contradicted = StepState.FAILED, WaitsFor.PERSON, True
    step.grade, step.why, step.fix = Grade.UNKNOWN, wrong.what[:1000], wrong.hint[:1000]
    step.evidence = [*step.evidence, *as_rows(wrong.readings)][-12:]
    step.ended_at, step.verified_at, step.check_at, step.look_first = now, None, None, True
    record(session, step, Event.STEP_CONTRADICTED, at=now, body=_proof(step))


def _again(session: Session, step: StepRun, again: Again, *, now: datetime) -> None:
    pause = again.after_s or min(step.retry_most_s, step.retry_first_s * 2 ** min(step.tries - 1, 20))
    step.look_first = step.look_first or again.look_first
    step.why, step.fix = again.what[:1000], again.hint[:1000]
    if now + timedelta(seconds=pause) > step.retry_until:
        _fail(session, step, again.error, now=now)
        return
    step.state, step.next_at = StepState.READY, now + timedelta(seconds=pause)
    record(
        session, step, Event.STEP_RETRIED, at=now, body={"error": again.error, "in_ms": round(pause * 1000)}
    )


def _ask(session: Session, step: StepRun, ask: Ask, *, now: datetime) -> None:
    step.grade, step.why, step.fix = ask.grade, ask.what[:1000], ask.hint[:1000]
    step.evidence = as_rows(ask.readings)
    if ask.shut_gate:
        session.merge(
            Gate(
                connector=step.connector,
                open_from=now + timedelta(seconds=SHUT_GATE_S),
                shut_because=step.why,
            )
        )
    if ask.failed:
        _fail(session, step, ask.error, now=now)
        return
    if ask.grade is Grade.ABSENT and step.minimum.rank <= Grade.ABSENT.rank:
        step.state, step.ended_at = StepState.DONE, now
        record(session, step, Event.STEP_DONE, at=now, body={"changed": False, **_proof(step)})
        return
    step.state, step.waits_for = StepState.WAITING, WaitsFor.PERSON
    record(session, step, Event.STEP_WAITING, at=now, body={"for": "person", "error": ask.error})


def _fail(session: Session, step: StepRun, error: str, *, now: datetime) -> None:
    """Deadlines end in a person, never in nothing: a failed step stands on top of the checklist."""
    step.state, step.waits_for, step.ended_at = StepState.FAILED, WaitsFor.PERSON, now
    record(session, step, Event.STEP_FAILED, at=now, body={"error": error, "tries": step.tries})


def _answer_confirmation(session: Session, step: StepRun, returned: Returned, *, now: datetime) -> None:
    """Beside what a person confirmed stands what the target system said about it."""
    said = {
        Done: "checked: as confirmed",
        Queued: "checked: the device has not answered",
        Contradicted: "checked: the system says otherwise",
    }.get(type(returned.result))
    last = session.scalar(
        select(Confirmation)
        .where(Confirmation.step_run_id == step.id)
        .order_by(Confirmation.at.desc())
        .limit(1)
    )
    if said and last is not None and not last.waiver:
        last.read_back = f"{said}, {now:%H:%M:%S} UTC"


def _note(attempt: Attempt, step: StepRun, returned: Returned) -> None:
    outcomes = {
        StepState.DONE: AttemptOutcome.DONE,
        StepState.READY: AttemptOutcome.RETRIED,
        StepState.WAITING: AttemptOutcome.WAITING,
    }
    attempt.outcome = outcomes.get(step.state, AttemptOutcome.FAILED)
    match returned.result:
        case Again(what=what, hint=hint) | Ask(what=what, hint=hint) | Contradicted(what=what, hint=hint):
            attempt.error, attempt.hint = what[:1000], hint[:1000]
        case _:
            pass


def _proof(step: StepRun) -> Mapping[str, Any]:
    """What the ledger keeps of evidence: how well, by what means, and the digest of the rows themselves."""
    return {
        "grade": step.grade.value,
        "proofs": [[row["proof"], row["how"]] for row in step.evidence],
        "evidence": digest_of(step.evidence),
    }


def _order(session: Session, step: StepRun) -> Order:
    run = session.get_one(Run, step.run_id)
    departure = session.get_one(Departure, run.departure_id)
    person = session.get_one(Person, departure.person_id)
    return Order(
        step_run_id=step.id,
        run_id=run.id,
        departure_id=departure.id,
        step=step.step,
        n=step.attempt,
        action=step.action,
        connector=step.connector,
        arguments=step.arguments,
        subject=person.subject,
        person=known_to_connectors(person),
        effective_at=departure.effective_at,
        links=linked_accounts(session, person.id, step.connector),
        checking=step.checking,
        look_first=step.look_first,
        has_before=step.before is not None,
    )
