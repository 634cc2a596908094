"""What becomes of an attempt that came back: pure steps over an open transaction.

Every transition writes its ledger entry in the same transaction and raises the step's revision. Every write
about an attempt is fenced by the attempt's number, so that a late worker can do no harm.
"""

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, select, update
from sqlalchemy.orm import Session

from connectors.sdk.manifest import Pace
from connectors.sdk.types import AccountState, Receipt, Residual
from service.engine import asking, sealed
from service.engine.aftercare import SLOWEST_POLL_S, SLOWEST_S, next_look, overtaken, rarer
from service.engine.failing import fail, given_up
from service.engine.gates import came_back
from service.engine.kept import ended, evidence, proof
from service.engine.none_there import said_before
from service.engine.order import Again, Ask, Contradicted, Done, Order, Queued, Result, Returned
from service.engine.progress import after_steps, reopen
from service.engine.record import as_rows, record, record_run, whose
from service.engine.states import OUT, StepState, WaitsFor
from service.engine.tables import Attempt, Confirmation, StepRun
from service.engine.values import VALUES, Step, StepValues, read, write_came_back
from service.ledger.entry import gathered
from service.ledger.event import Event
from service.ledger.keys import Keys
from service.playbook.model import Grade
from service.store import Prepared, table_of

_ROWS = table_of(StepRun)
_STEPS = Prepared(
    select(*VALUES)
    .where(_ROWS.c.id.in_(bindparam("ids", expanding=True)))
    .order_by(_ROWS.c.id)
    .with_for_update(key_share=True)
)
_SAID = (
    select(Confirmation)
    .where(Confirmation.step_run_id.in_(bindparam("steps", expanding=True)))
    .order_by(Confirmation.at)
)
_BEFORE = Prepared(
    select(_ROWS.c.before).where(_ROWS.c.id == bindparam("row")).with_for_update(key_share=True)
)
_KEEP_BEFORE = Prepared(update(_ROWS).where(_ROWS.c.id == bindparam("row")).values(before=bindparam("image")))
_ATTEMPTS = table_of(Attempt)
_ENDED = Prepared(
    update(_ATTEMPTS)
    .where(_ATTEMPTS.c.step_run_id == bindparam("of"), _ATTEMPTS.c.n == bindparam("number"))
    .values({name: bindparam(name) for name in ("ended_at", "outcome", "error", "hint", "calls")})
)

#: What a reading may still prove done.
OPEN = (StepState.WAITING, StepState.FAILED)
#: Grades that say a target system was asked and agreed.
PROVEN = frozenset({Grade.OBSERVED, Grade.CORROBORATED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """The state machine, with the keys that seal before-images and the pace of read-backs.

    Args:
        read_back_after_s: Seconds after a step is done until its target is read once more.
        paces: How each target system wants to be met.
    """

    keys: Keys
    read_back_after_s: float = 60.0
    paces: Mapping[str, Pace] = field(default_factory=dict)

    def save_before(self, session: Session, order: Order, state: AccountState) -> None:
        """Keep a before-image, before the change is on its way. The first image of an account stays."""
        row = order.step_run_id
        known = _BEFORE.scalar(session, row=row)
        _KEEP_BEFORE.run(session, row=row, image=sealed.seal_before(self.keys, known, state))

    def _keep_images(self, step: StepRun, images: Sequence[AccountState], touched: Collection[str]) -> None:
        for state in images:
            step.before = sealed.seal_before(self.keys, step.before, state)
        if touched:
            step.before = sealed.mark_touched(self.keys, step.before, touched)

    def finish(self, session: Session, returned: Returned, *, now: datetime) -> None:
        """Record what came back, unless a later attempt has overtaken it."""
        self.finish_all(session, (returned,), now=now)

    def finish_all(self, session: Session, returned: Sequence[Returned], *, now: datetime) -> None:
        """Record all that came back, then once what follows from it."""
        if not returned:
            return
        with gathered(session):
            self._finish_all(session, returned, now=now)

    def _finish_all(self, session: Session, returned: Sequence[Returned], *, now: datetime) -> None:
        # gates before steps, as admission locks them, and both before the ledger
        results = [(each.order.connector, each.result, each.order.out_since) for each in returned]
        silent = came_back(session, results, self.paces, now=now)
        confirmed = _confirmed(session, [each.order.step_run_id for each in returned if each.order.checking])
        steps = _locked(session, returned, confirmed)
        whose(session, {step.run_id for step in steps.values()})
        counted: list[Step] = []
        attempts = []
        for each in returned:
            step = steps[each.order.step_run_id]
            in_time = self._finish(session, each, step, confirmed.get(step.id), now=now)
            if in_time:
                counted.append(step)
            if not each.order.checking:  # a reading back is no attempt
                attempts.append(ended(each, step if in_time else None, now=now))
        _ENDED.run_all(session, attempts)
        write_came_back(session, {step.id: step for step in counted if isinstance(step, StepValues)}.values())
        counted += given_up(session, silent, now=now)
        if counted:
            after_steps(session, counted, now=now)

    def _finish(
        self,
        session: Session,
        returned: Returned,
        step: Step,
        confirmed: Confirmation | None,
        *,
        now: datetime,
    ) -> bool:
        """Record one; false when it came too late to count."""
        order = returned.order
        if returned.images or returned.touched:  # also of a late one: nobody will learn that again
            self._keep_images(_row(step), returned.images, returned.touched)
        is_out = step.checking if order.checking else step.state in OUT
        if step.attempt != order.n or not is_out:
            # no transition: nobody's view of the step is stale now
            if returned.receipts:
                self._keep_receipts(_row(step), returned.receipts)
            record_run(session, step.run_id, Event.STEP_LATE, at=now, step=step.step, body={"late": order.n})
            return False
        self._keep_receipts(step, {**returned.receipts, **returned.result.receipts})
        if returned.others:
            asking.found_further(session, step, returned.others, now=now)
        if order.checking:
            step.checking = False
            if confirmed is not None and not confirmed.waiver:
                _answer_confirmation(confirmed, returned.result, now=now)
            self._checked(session, step, returned, now=now)
        else:
            self._carried_out(session, step, returned, now=now)
        return True

    def _carried_out(self, session: Session, step: Step, returned: Returned, *, now: datetime) -> None:
        match returned.result:
            case Done() as done:
                self._done(session, step, done, now=now)
            case Queued() as queued:
                self._keep(step, queued)
                step.check_at = now + _pause(queued.poll_after_s, 30.0)
                _wait_for_device(session, step, queued, now=now)
            case Contradicted() as wrong:
                contradict(session, step, wrong, now=now)
            case Again() as again:
                _again(session, step, again, now=now)
            case Ask() as ask:
                _ask(session, step, ask, now=now)

    def _done(self, session: Session, step: Step, done: Done, *, now: datetime) -> None:
        self._keep(step, done)
        step.state, step.waits_for, step.contradicted = StepState.DONE, None, False
        step.grade, step.why, step.fix, step.ended_at = done.grade, done.said, "", now
        step.verified_at = now if done.grade in PROVEN else None
        step.check_at = now + timedelta(seconds=self.read_back_after_s) if step.readable else None
        record(session, step, Event.STEP_DONE, at=now, body={"changed": done.changed, **proof(step)})

    def _keep(self, step: Step, result: Done | Queued) -> None:
        step.evidence = evidence([], step.evidence, as_rows(result.readings))
        # a reading says nothing of what was left undone
        if result.residual or step.state is not StepState.FAILED:
            step.residual = _residual(result.residual)
        step.look_first = False

    def _keep_receipts(self, step: Step, receipts: Mapping[str, Receipt]) -> None:
        if receipts:
            step.receipts = sealed.seal_receipts(self.keys, step.receipts, receipts)

    def _checked(self, session: Session, step: Step, returned: Returned, *, now: datetime) -> None:
        """A reading came back: a device answered, a confirmation is true or false, a done step still holds."""
        match returned.result:
            case Contradicted() if overtaken(session, step):
                step.check_at = None
                record(session, step, Event.STEP_READ_BACK, at=now, body={"overtaken": True})
            case Contradicted() as wrong:
                contradict(session, step, wrong, now=now)
                reopen(session, step, now=now)
            case Done() as done if step.state in OPEN and done.grade in PROVEN:
                self._done(session, step, done, now=now)
            case Done() as done if step.state in OPEN:
                _ask_instead(session, step, now=now)
            case Done() as done:
                _read_back(session, step, done, now=now)
            case Queued() as queued:
                waited = (now - (step.started_at or now)).total_seconds()
                step.check_at = now + _pause(max(queued.poll_after_s, waited / 4), 30.0, SLOWEST_POLL_S)
                if step.waits_for is WaitsFor.DEVICE:
                    step.why = queued.why[:1000]
                else:  # a person confirmed, or was asked, what the device has not answered yet
                    reopen(session, step, now=now)
                    step.ended_at = step.verified_at = None
                    _wait_for_device(session, step, queued, now=now)
            case Again(after_s=after_s):
                later = rarer(step, now=now, least=30.0, most=SLOWEST_POLL_S)
                step.check_at = now + max(_pause(after_s, 30.0), later)
            case Ask() as ask:
                _not_read(step, ask, now=now)


def contradict(session: Session, step: Step, wrong: Contradicted, *, now: datetime) -> None:
    """The target was read back and says the opposite: red, whatever was returned or confirmed."""
    step.state, step.waits_for, step.contradicted = StepState.FAILED, WaitsFor.PERSON, True
    step.grade, step.why, step.fix = Grade.UNKNOWN, wrong.what[:1000], wrong.hint[:1000]
    step.evidence = evidence(step.evidence, step.evidence, as_rows(wrong.readings))
    step.ended_at, step.verified_at, step.check_at, step.look_first = now, None, None, True
    record(session, step, Event.STEP_CONTRADICTED, at=now, body=proof(step))


def _again(session: Session, step: Step, again: Again, *, now: datetime) -> None:
    backoff = min(step.retry_most_s, step.retry_first_s * 2 ** min(max(step.tries, 1) - 1, 20))
    pause = _pause(again.after_s, backoff)
    step.look_first = step.look_first or again.look_first
    step.why, step.fix = again.what[:1000], again.hint[:1000]
    if again.residual:
        step.residual = _residual(again.residual)
    if now + pause > step.retry_until:
        fail(session, step, again.error, now=now)
        return
    step.state, step.next_at = StepState.READY, now + pause
    wait_ms = round(pause.total_seconds() * 1000)
    record(session, step, Event.STEP_RETRIED, at=now, body={"error": again.error, "in_ms": wait_ms})


def _residual(left: Sequence[Residual]) -> list[Any]:
    return [{"what": r.what, "until": r.until.isoformat() if r.until else None, "lost": r.lost} for r in left]


def _ask(session: Session, step: Step, ask: Ask, *, now: datetime) -> None:
    step.grade, step.why, step.fix = ask.grade, ask.what[:1000], ask.hint[:1000]
    step.evidence = evidence([], step.evidence, as_rows(ask.readings))
    if ask.residual:
        step.residual = _residual(ask.residual)
    if ask.failed:
        fail(session, step, ask.error, now=now)
        return
    if ask.grade is Grade.ABSENT and step.minimum.rank <= Grade.ABSENT.rank:
        step.state, step.ended_at = StepState.DONE, now
        record(session, step, Event.STEP_DONE, at=now, body={"changed": False, **proof(step)})
        return
    step.state, step.waits_for = StepState.WAITING, WaitsFor.PERSON
    if ask.whose and _answered_or_put(session, _row(step), ask, now=now):
        return
    record(session, step, Event.STEP_WAITING, at=now, body={"for": "person", "error": ask.error})


def _answered_or_put(session: Session, step: StepRun, ask: Ask, *, now: datetime) -> bool:
    return said_before(session, step, ask, now=now) or asking.put(session, step, ask, now=now)


def _wait_for_device(session: Session, step: Step, queued: Queued, *, now: datetime) -> None:
    step.state, step.waits_for = StepState.WAITING, WaitsFor.DEVICE
    step.grade, step.why = Grade.PENDING, queued.why[:1000]
    record(session, step, Event.STEP_WAITING, at=now, body={"for": "device", **proof(step)})


def _read_back(session: Session, step: Step, done: Done, *, now: datetime) -> None:
    """A done step was read once more. Only a reading that proves it counts as the verified end."""
    step.evidence = evidence(step.evidence, step.evidence, as_rows(done.readings))
    step.grade = max(step.grade, done.grade, key=lambda grade: grade.rank)
    if done.grade in PROVEN:
        step.verified_at = step.verified_at or now
    step.check_at = next_look(step, now=now)
    record(session, step, Event.STEP_READ_BACK, at=now, body=proof(step))


def _ask_instead(session: Session, step: Step, *, now: datetime) -> None:
    """What was ordered can no longer be read: nothing is proved, so a person must say. It is read on, rarely."""
    step.check_at = now + rarer(step, now=now)
    if step.waits_for is WaitsFor.PERSON:
        return
    step.waits_for = WaitsFor.PERSON
    step.why = "The target system no longer says whether this was carried out."
    step.fix = "Find out, and confirm it; or try again."
    record(session, step, Event.STEP_WAITING, at=now, body={"for": "person", "error": ""})


def _not_read(step: Step, ask: Ask, *, now: datetime) -> None:
    """A reading that did not come about proves nothing, for or against; it is tried again, ever more rarely.

    A system that refuses all of us is spared by its gate: once that is over, nobody's reading waits for a day.
    """
    if step.state is StepState.DONE and ask.grade is Grade.ABSENT:
        step.check_at = None  # what was done was done to something that is there no more
        return
    step.why, step.fix = ask.what[:1000], ask.hint[:1000]
    soon = ask.shut_gate or step.state in OPEN
    step.check_at = now + rarer(step, now=now, most=SLOWEST_POLL_S if soon else SLOWEST_S)


def _confirmed(session: Session, steps: Collection[str]) -> Mapping[str, Confirmation]:
    """What a person said last of each of these steps; most say nothing."""
    return {said.step_run_id: said for said in session.scalars(_SAID, {"steps": steps})} if steps else {}


def _answer_confirmation(confirmed: Confirmation, result: Result, *, now: datetime) -> None:
    """Beside what a person confirmed stands what the target system said about it."""
    match result:
        case Done(grade=grade) if grade in PROVEN:
            said = "checked: as confirmed"
        case Done():
            said = "checked: the system does not say"
        case Queued():
            said = "checked: the device has not answered"
        case Contradicted():
            said = "checked: the system says otherwise"
        case Ask(grade=Grade.ABSENT):
            said = "checked: nothing of the leaver's was found there"
        case _:
            return
    confirmed.read_back = f"{said}, {now:%H:%M:%S} UTC"


def _pause(seconds: float | None, otherwise: float, most: float = SLOWEST_S) -> timedelta:
    """A wait as a target system asked for it, where that is one a clock can be set to."""
    wanted = seconds if seconds is not None and math.isfinite(seconds) and seconds > 0 else otherwise
    return timedelta(seconds=min(wanted, most))


def _locked(session: Session, returned: Sequence[Returned], confirmed: Collection[str]) -> dict[str, Step]:
    """Step runs under lock, always taken in the same order; as values where only the usual can become of them."""
    session.flush()
    steps: dict[str, Step] = {
        step.id: step for step in read(_STEPS, session, ids={each.order.step_run_id for each in returned})
    }
    rare = {
        each.order.step_run_id
        for each in returned
        if each.order.step_run_id in confirmed or not _usual(each, steps[each.order.step_run_id])
    }
    return steps | {id_: session.get_one(StepRun, id_, populate_existing=True) for id_ in sorted(rare)}


def _usual(returned: Returned, step: Step) -> bool:
    """Whether what comes of it concerns the step alone: no question, no image, no run that is opened again."""
    if returned.others or returned.images or returned.touched:
        return False
    if returned.receipts and (step.attempt != returned.order.n or step.state not in OUT):
        return False  # too late, and what it changed is kept all the same
    if returned.order.checking:
        answered_late = isinstance(returned.result, Queued) and step.waits_for is not WaitsFor.DEVICE
        return not isinstance(returned.result, Contradicted) and not answered_late
    return not (isinstance(returned.result, Ask) and returned.result.whose)


def _row(step: Step) -> StepRun:
    """The row itself. Raises `TypeError` where `_usual` took for usual what is not."""
    if isinstance(step, StepRun):
        return step
    raise TypeError(f"What became of {step.step} concerns more than its values.")
