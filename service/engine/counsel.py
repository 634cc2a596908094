"""What counsel is asked before something that cannot be undone, where it passed together with its whole run.

With the whole run whatever waited for the answer is left out too. Whoever tries one of those steps again has no
answer for it, so counsel is asked first.
"""

from collections.abc import Iterator

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.engine import by_itself
from service.engine.progress import PASSED
from service.engine.states import StepState
from service.engine.tables import Confirmation, StepNeed, StepRun
from service.people.person import Role, roles_of
from service.playbook.model import Grade


def needed_again(session: Session, step: StepRun) -> list[StepRun]:
    """Has a step wait for each question that counsel did not answer; gives those that are to be asked anew."""
    anew = []
    for question in _questions(session, step):
        over = question.state in PASSED
        if over and _answered(session, question):
            continue
        session.merge(StepNeed(step_run_id=step.id, needs_id=question.id))
        if over:
            anew.append(question)
    session.flush()
    return anew


def is_asked(session: Session, step: StepRun) -> bool:
    """Whether a step waits for an answer of counsel's."""
    waits = any(question.state not in PASSED for question in _questions(session, step))
    return step.state is StepState.BLOCKED and waits


def _questions(session: Session, step: StepRun) -> Iterator[StepRun]:
    """What counsel is asked before this step, also where what stood in between is left out."""
    query = select(StepRun).join(StepNeed, StepNeed.needs_id == StepRun.id)
    seen, look = {step.id}, [step.id]
    while look:
        for needed in session.scalars(query.where(StepNeed.step_run_id == look.pop())).all():
            if needed.id in seen:
                continue
            seen.add(needed.id)
            if needed.asks_person and needed.owner == Role.COUNSEL:
                yield needed
            elif needed.state is StepState.CANCELLED or needed.grade is Grade.WAIVED:
                look.append(needed.id)


def _answered(session: Session, question: StepRun) -> bool:
    """Whether counsel answered, or let the question pass by itself: only counsel may do that."""
    if question.state is StepState.CANCELLED:
        return question.id in by_itself.steps_cancelled(session, question.run_id)
    if question.grade is not Grade.WAIVED:
        return True
    said = select(Confirmation.person_id).where(Confirmation.step_run_id == question.id)
    last = session.scalar(said.order_by(Confirmation.at.desc()).limit(1))
    return last is not None and Role.COUNSEL in roles_of(session, last)
