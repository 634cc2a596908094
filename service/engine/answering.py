"""A person says whose account it is: the answer is kept, and the steps it concerns go on."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import delete, or_, select
from sqlalchemy.orm import Session

from connectors.sdk.types import Account
from service.departures import questions
from service.departures.departure import Departure
from service.departures.left import roles_now
from service.departures.questions import Question
from service.engine.by_itself import tried_after_its_run_was_cancelled
from service.engine.concerned import not_taken_back, shut_what_is_theirs
from service.engine.decisions import Decision, NotDecided, Said, confirm
from service.engine.none_there import NONE_NOTE
from service.engine.progress import after_steps, settle
from service.engine.record import record
from service.engine.sight import hides, hides_question
from service.engine.states import StepState, WaitsFor
from service.engine.tables import Run, StepNeed, StepRun
from service.ledger.entry import append, gathered
from service.ledger.event import Event
from service.people.account_link import AccountLink, linked
from service.people.person import Person, Role, are_same_human
from service.people.reporting import reports_to
from service.playbook.model import Grade
from service.store import Store
from service.store.again import again

MAY_ANSWER: Final = frozenset({Role.IT, Role.ADMIN})
MOVED_ON: Final = (
    "Not answered. Other accounts are asked about by now, perhaps because somebody has named one: look again. "
    "Nothing was changed."
)
NOT_BELOW: Final = (
    "Not answered. Who reports to the leaver does not say that they have no account there: leave it to somebody "
    "else. Nothing was changed."
)
NOT_ASKED: Final = "Nothing is asked about this person's accounts there. Nothing was changed."
SKIPPED_BEFORE: Final = "It was skipped, and another account of the leaver's has been named since."
SKIPPED_FIX: Final = (
    "Try it again, and it is done for every account that is known as theirs; or skip it again."
)

#: What an answer was waited for in, and what is done once more for a further account.
WAITS: Final = (StepState.WAITING, StepState.BLOCKED)
ANEW: Final = (StepState.DONE, StepState.WAITING, StepState.FAILED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A person (`by`) saying which account is somebody's (`account`), or that no candidate is (`None`).

    `mark`: of the candidates that stood before them; empty where the account was named without a look at any.
    """

    person_id: str
    connector: str
    account: Account | None
    by: str
    door: str
    mark: str = ""


@again
def carry_out(store: Store, said: Answer, *, now: datetime) -> int:
    """Keep an answer and commit it; gives how many steps go on. A refusal is recorded too, then raised."""
    try:
        with store.write("answer") as session, gathered(session):
            return answer(session, said, now=now)
    except NotDecided as refused:
        with store.write("decision.refused") as session:
            body = {"reason": refused.reason, "door": said.door, "connector": said.connector}
            by = session.get_one(Person, said.by).subject
            append(session, Event.CONFIRMATION_REFUSED, actor=f"person:{by}", body=body, at=now)
        raise


def candidate(session: Session, person_id: str, connector: str, words: str) -> Account | None:
    """The candidate of the open question that has this id or label."""
    question = questions.question_of(session, person_id, connector)
    found = question.accounts if question is not None else ()
    return next((account for account in found if words in (account.id, account.label)), None)


def answer(session: Session, said: Answer, *, now: datetime) -> int:
    """Keep the answer and let the steps it concerns go on; gives how many of those that who answers may know of."""
    by = session.get_one(Person, said.by)
    _may(session, said)
    question = questions.question_of(session, said.person_id, said.connector)
    _sees(session, said, question)
    _as_shown(question, said)
    if said.account is not None:
        _link(session, said, said.account, by, now=now)
    elif question is None or question.answered_at is not None:
        raise NotDecided("not-open", NOT_ASKED)
    holder, waiting = ("", []) if question is None else (question.step_run_id, list(question.waiting))
    if question is not None:
        _close(question, said, by, now=now)
    _record(session, said, by, now=now)
    session.flush()
    steps = _steps(session, said, {holder, *waiting})
    _free(session, waiting, holder)
    skipped = [step for step in steps if step.grade is Grade.WAIVED]
    for step in steps:
        if step in skipped:
            _ask_again(session, step, by, now=now)
        elif said.account is None:
            _nothing_there(session, step, said, now=now)
        else:
            _again(session, step, by, now=now)
    after_steps(session, steps, now=now)
    settle(session, _open_runs(session, said.person_id), now=now)
    return sum(step not in skipped and not hides(session, step.run_id, said.by) for step in steps)


def _open_runs(session: Session, person_id: str) -> list[str]:
    """The person's runs that are not finished: with the answer they may be."""
    query = select(Run.id).join(Departure, Departure.id == Run.departure_id)
    return list(session.scalars(query.where(Departure.person_id == person_id, Run.finished_at.is_(None))))


def _may(session: Session, said: Answer) -> None:
    if are_same_human(session, said.by, said.person_id):
        raise NotDecided("leaver", "Not answered. The leaver decides nothing about their own departure.")
    if not roles_now(session, said.by) & MAY_ANSWER:
        raise NotDecided(
            "role", "Not answered. Only people with the role it or admin may do this. Nothing was changed."
        )
    if said.account is None and reports_to(session, said.by, said.person_id):
        raise NotDecided("report", NOT_BELOW)


def _sees(session: Session, said: Answer, question: Question | None) -> None:
    """What is asked about a sealed departure is asked of those it is sealed for.

    Whose an account is may be said of everybody at any time, so that a refusal would tell of the departure.
    """
    if said.account is None and question is not None and hides_question(session, question, said.by):
        raise NotDecided("not-open", NOT_ASKED)


def _as_shown(question: Question | None, said: Answer) -> None:
    """Whoever looks at an old page answers another question: the account may have been named by somebody else."""
    there = [row["id"] for row in question.candidates] if question is not None else []
    if said.mark and said.mark != questions.mark_of(there):
        raise NotDecided("stale", MOVED_ON)


def _link(session: Session, said: Answer, account: Account, by: Person, *, now: datetime) -> None:
    known = session.scalar(
        select(AccountLink).where(
            AccountLink.connector == said.connector, AccountLink.account_id == account.id
        )
    )
    if known is None:
        session.add(linked(said.person_id, account, learnt_from=f"person:{by.subject}", at=now))
    elif known.person_id == said.person_id or known.doubt:
        known.person_id, known.doubt, known.learnt_from = said.person_id, "", f"person:{by.subject}"
    else:
        raise NotDecided("linked", "Not linked. That account is somebody else's here. Nothing was changed.")


def _close(question: Question, said: Answer, by: Person, *, now: datetime) -> None:
    """One account of several was named: the others stay asked about, and hold no step up."""
    question.step_run_id, question.waiting = "", []
    if said.account is not None:
        questions.named(question, said.account.id)
    if said.account is None or not question.candidates:
        questions.settled(question, by=f"person:{by.subject}", at=now)


def _record(session: Session, said: Answer, by: Person, *, now: datetime) -> None:
    subject = session.get_one(Person, said.person_id).subject
    event = Event.ACCOUNT_LINKED if said.account is not None else Event.QUESTION_ANSWERED
    body = {"connector": said.connector, "door": said.door}
    append(session, event, actor=f"person:{by.subject}", subject=subject, body=body, at=now)


def _steps(session: Session, said: Answer, asked: Collection[str]) -> list[StepRun]:
    """The steps the answer concerns: those that waited for it, and with another account those done without it."""
    query = (
        select(StepRun)
        .join(Run, Run.id == StepRun.run_id)
        .join(Departure, Departure.id == Run.departure_id)
        .where(Departure.person_id == said.person_id, StepRun.connector == said.connector)
        .where(StepRun.asks_person.is_(False), StepRun.undoes.is_(None))
        .where(or_(Run.cancelled.is_(False), tried_after_its_run_was_cancelled()))
        .order_by(StepRun.id)
        .with_for_update(key_share=True)
    )
    go_on = not_taken_back(session, said.person_id)
    anew = shut_what_is_theirs(session, said.person_id) if said.account is not None else frozenset()
    return [
        step
        for step in session.scalars(query)
        if (step.id in asked and step.state in WAITS and step.run_id in go_on)
        or (step.state in ANEW and step.run_id in anew)
    ]


def _free(session: Session, waiting: Iterable[str], holder: str) -> None:
    where = (StepNeed.step_run_id.in_(list(waiting)), StepNeed.needs_id == holder)
    session.execute(delete(StepNeed).where(*where))


def _again(session: Session, step: StepRun, by: Person, *, now: datetime) -> None:
    """Carried out for every account that is linked now; what is as it should be is only looked at."""
    step.state, step.waits_for, step.next_at = StepState.READY, None, max(step.release_after, now)
    step.look_first, step.contradicted, step.tries = True, False, 0
    step.checking, step.check_at, step.ended_at, step.verified_at = False, None, None, None
    step.retry_until = max(step.retry_until, now + timedelta(hours=1))
    step.why = step.fix = ""
    actor = f"person:{by.subject}"
    record(session, step, Event.STEP_RETRIED, at=now, actor=actor, body={"error": "", "in_ms": 0})


def _ask_again(session: Session, step: StepRun, by: Person, *, now: datetime) -> None:
    """A person skipped it, and did not know of this account: it would be done to all of them, so a person says."""
    step.state, step.waits_for, step.grade = StepState.WAITING, WaitsFor.PERSON, Grade.UNKNOWN
    step.ended_at, step.why, step.fix = None, SKIPPED_BEFORE, SKIPPED_FIX
    actor = f"person:{by.subject}"
    record(session, step, Event.STEP_WAITING, at=now, actor=actor, body={"for": "person", "error": ""})


def _nothing_there(session: Session, step: StepRun, said: Answer, *, now: datetime) -> None:
    """A person says that there is no account: each step that waited is confirmed by it."""
    step.state, step.waits_for = StepState.WAITING, WaitsFor.PERSON
    decision = Decision(
        step_run_id=step.id,
        revision=step.revision,
        person_id=said.by,
        door=said.door,
        said=Said.ALREADY_GONE,
        note=NONE_NOTE,
    )
    confirm(session, decision, now=now)
