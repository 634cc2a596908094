"""What somebody did to one step, or to one run of a batch, by itself: what is done to the whole leaves it as it is.

Read from the interventions that are kept, so that nothing has to be remembered beside them.
"""

import uuid
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import ColumnElement, exists, func, select
from sqlalchemy.orm import Session

from service.engine.states import ENDED
from service.engine.tables import Intervention, StepRun
from service.engine.verbs import Verb

#: So begins what joins the interventions of one command that meant a whole batch.
_WHOLE: Final = "whole "
#: Two interventions of one moment keep their order.
_LATER: Final = timedelta(microseconds=1)


def together(*, whole_batch: bool) -> str:
    """What joins the interventions that one command makes: in all of a batch, or in runs that were named."""
    return f"{_WHOLE}{uuid.uuid4().hex[:16]}" if whole_batch else str(uuid.uuid4())


def means_whole_batch(batch: str) -> bool:
    """Whether one command meant a whole batch, by what joins what it did."""
    return batch.startswith(_WHOLE)


def keep(session: Session, made: Intervention, *, now: datetime) -> None:
    """Keep an intervention, later than every other of its run."""
    last = session.scalar(select(func.max(Intervention.at)).where(Intervention.run_id == made.run_id))
    made.id, made.at = str(uuid.uuid4()), now if last is None else max(now, last + _LATER)
    session.add(made)


def steps_cancelled(session: Session, run_id: str) -> frozenset[str]:
    """The steps that somebody cancelled one by one: who tries the rest of the run again does not mean those."""
    return _last_was(session, run_id, Verb.CANCEL, Verb.RETRY)


def steps_paused(session: Session, run_id: str) -> frozenset[str]:
    """The steps that somebody paused one by one: who resumes the run does not mean those."""
    return _last_was(session, run_id, Verb.PAUSE, Verb.RESUME)


def _last_was(session: Session, run_id: str, verb: Verb, taken_back_by: Verb) -> frozenset[str]:
    query = (
        select(Intervention.step_run_id, Intervention.verb)
        .where(Intervention.run_id == run_id, Intervention.step_run_id.is_not(None))
        .where(Intervention.verb.in_((verb.value, taken_back_by.value)))
        .order_by(Intervention.at)
    )
    last = {step: done for step, done in session.execute(query) if step is not None}
    return frozenset(step for step, done in last.items() if done == verb)


def is_of_batch(session: Session, run_id: str, verb: Verb) -> bool:
    """Whether this was last done to the run with the whole of its batch, and not to the run by itself."""
    query = (
        select(Intervention.batch)
        .where(Intervention.run_id == run_id, Intervention.step_run_id.is_(None))
        .where(Intervention.verb == verb.value)
        .order_by(Intervention.at.desc())
    )
    return means_whole_batch(session.scalar(query.limit(1)) or "")


def tried_after_its_run_was_cancelled() -> ColumnElement[bool]:
    """For a step run: somebody asked for this one after all, and the rest of its run stays cancelled."""
    cancelled = (
        select(func.max(Intervention.at))
        .where(Intervention.run_id == StepRun.run_id, Intervention.step_run_id.is_(None))
        .where(Intervention.verb == Verb.CANCEL.value)
        .correlate(StepRun)
        .scalar_subquery()
    )
    return exists().where(
        Intervention.step_run_id == StepRun.id,
        Intervention.verb == Verb.RETRY.value,
        Intervention.at > cancelled,
    )


def any_tried_since(session: Session, run_id: str) -> bool:
    """Whether there is such a step of a run that is cancelled."""
    query = select(StepRun.id).where(StepRun.run_id == run_id, tried_after_its_run_was_cancelled())
    return session.scalar(query.where(StepRun.state.not_in(ENDED)).limit(1)) is not None
