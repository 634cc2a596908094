"""A person's word that the leaver has no account in a target system holds for every step of the run there."""

from datetime import datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.departures import questions
from service.departures.departure import Departure
from service.engine.decisions import Decision, Said, say
from service.engine.order import Ask
from service.engine.tables import Confirmation, Run, StepRun

NONE_NOTE: Final = "No account of the leaver's is there, or none of the candidates is."


def said_before(session: Session, step: StepRun, ask: Ask, *, now: datetime) -> bool:
    """Confirm a step that found nothing but what an answer in this run said no to; else false."""
    if {account.id for account in ask.candidates} - _said_no(session, step):
        return False
    query = (
        select(Confirmation)
        .join(StepRun, StepRun.id == Confirmation.step_run_id)
        .where(StepRun.run_id == step.run_id, StepRun.connector == step.connector)
        .where(Confirmation.said == Said.ALREADY_GONE.value, Confirmation.note == NONE_NOTE)
        .order_by(Confirmation.at.desc())
        .limit(1)
    )
    answered = session.scalar(query)
    if answered is None:
        return False
    decision = Decision(
        step_run_id=step.id,
        revision=step.revision,
        person_id=answered.person_id,
        door=answered.door,
        said=Said.ALREADY_GONE,
        note=NONE_NOTE,
    )
    say(session, step, decision, now=now)
    return True


def _said_no(session: Session, step: StepRun) -> frozenset[str]:
    leaver = session.scalar(
        select(Departure.person_id).join(Run, Run.departure_id == Departure.id).where(Run.id == step.run_id)
    )
    return questions.said_no(session, leaver or "", step.connector)
