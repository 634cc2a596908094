"""Putting the question whose account it is to a person: once for each target system, not once for each step."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from connectors.sdk.types import Account
from service.departures import questions
from service.departures.departure import Departure
from service.departures.questions import Question
from service.departures.roster import MORE
from service.engine.beginning import Leaving
from service.engine.order import Ask
from service.engine.record import record, record_run
from service.engine.states import StepState
from service.engine.tables import Run, StepNeed, StepRun
from service.engine.values import Step
from service.ledger.event import Event
from service.store import Prepared, table_of

_QUESTIONS = table_of(Question).c
#: Whether anything is open about these people.
_ANY_OPEN: Final = Prepared(
    select(_QUESTIONS.id)
    .where(_QUESTIONS.answered_at.is_(None), _QUESTIONS.person_id.in_(bindparam("people", expanding=True)))
    .limit(1)
)

WAITS: Final = "Waits for the answer to whose account it is."


def put(session: Session, step: StepRun, ask: Ask, *, now: datetime) -> bool:
    """Put a step's question. True when another step of the run has put it already: this one waits with that."""
    run = session.get_one(Run, step.run_id)
    leaver = session.get_one(Departure, run.departure_id).person_id
    question = questions.find(session, leaver, step.connector, ask.why, ask.candidates, at=now)
    if question is None:
        return False  # every candidate was said no to: the step still ends with a person
    holder = session.get(StepRun, question.step_run_id) if question.step_run_id else None
    open_ = holder is not None and holder.state is StepState.WAITING and holder.run_id == step.run_id
    if holder is None or not open_ or holder.id == step.id:
        question.step_run_id = step.id
        ask_in(session, question, run.id, step.step, now=now)
        return False
    question.waiting = sorted({*question.waiting, step.id})
    if session.get(StepNeed, (step.id, holder.id)) is None:
        session.add(StepNeed(step_run_id=step.id, needs_id=holder.id))
    step.state, step.waits_for, step.why, step.fix = StepState.BLOCKED, None, WAITS, ""
    record(session, step, Event.STEP_WAITING, at=now, body={"for": "answer", "error": ask.error})
    return True


def put_further(session: Session, leaving: Iterable[Leaving], *, now: datetime) -> None:
    """Runs begin: what rosters left unclear about the leavers' accounts in their target systems is asked now."""
    by_person = {one.person.id: one for one in leaving}
    if _ANY_OPEN.first(session, people=by_person) is None:  # as it is of most
        return
    for question in questions.open_questions(session, by_person.keys()):
        one = by_person[question.person_id]
        if question.connector in one.connectors and question.candidates:
            ask_in(session, question, one.run_id, "", now=now)


def ask_in(session: Session, question: Question, run_id: str, step: str, *, now: datetime) -> None:
    """Put a question to people, on record in a run."""
    question.asked_at = now
    body = {"connector": question.connector, "candidates": len(question.candidates)}
    record_run(session, run_id, Event.QUESTION_ASKED, at=now, step=step, body=body)


def found_further(session: Session, step: Step, others: Collection[Account], *, now: datetime) -> None:
    """Accounts besides the leaver's own carry an identifier of theirs: nothing is done to them, and it is asked."""
    run = session.get_one(Run, step.run_id)
    leaver = session.get_one(Departure, run.departure_id).person_id
    question = questions.find(session, leaver, step.connector, MORE, others, at=now)
    if question is not None and question.asked_at is None:
        ask_in(session, question, run.id, step.step, now=now)


def asked_about(session: Session, people: Collection[str]) -> Mapping[str, Sequence[Question]]:
    """What was asked about these people's accounts and nobody has answered, by person."""
    asked: dict[str, list[Question]] = {}
    for question in questions.open_questions(session, people) if people else ():
        if question.asked_at is not None:
            asked.setdefault(question.person_id, []).append(question)
    return asked


def open_of_run(session: Session, run_id: str, asked: Sequence[Question]) -> list[Question]:
    """Those of the questions about a leaver that are about accounts in this run's target systems.

    Whoever confirmed the step that asked has dealt with it by hand: that question is over.
    """
    if not asked:
        return []
    steps = select(StepRun.id, StepRun.connector, StepRun.state).where(StepRun.run_id == run_id)
    states = {step_id: (connector, state) for step_id, connector, state in session.execute(steps)}
    here = {connector for connector, _ in states.values()}
    waits = {step_id for step_id, (_, state) in states.items() if state is StepState.WAITING}
    return [
        one for one in asked if one.connector in here and (not one.step_run_id or one.step_run_id in waits)
    ]
