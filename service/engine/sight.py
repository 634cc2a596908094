"""Whether a run exists for a person, as that of a sealed departure does for named people only; and whose it is."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.departures.departure import Departure
from service.departures.questions import Question
from service.departures.sealing import is_hidden
from service.engine.tables import Run, StepRun
from service.people.person import are_same_human


def hides(session: Session, run_id: str, reader: str) -> bool:
    """True where a run must not exist for a person, whatever they know of it."""
    departure = session.scalar(
        select(Departure).join(Run, Run.departure_id == Departure.id).where(Run.id == run_id)
    )
    return departure is not None and is_hidden(session, departure, reader)


def hides_question(session: Session, question: Question, reader: str) -> bool:
    """True where a question must not exist for a person: a step of a run waits for it that does not."""
    step = session.get(StepRun, question.step_run_id) if question.step_run_id else None
    return step is not None and hides(session, step.run_id, reader)


def is_own(session: Session, run_id: str, reader: str) -> bool:
    """True where a run is a person's own, by whichever of their records."""
    leaver = session.scalar(
        select(Departure.person_id).join(Run, Run.departure_id == Departure.id).where(Run.id == run_id)
    )
    return leaver is not None and are_same_human(session, leaver, reader)
