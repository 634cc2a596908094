"""What people said of the steps of a run, as the entrances show it, and of whom the record says that they report."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.engine.facts import ConfirmationFact
from service.engine.tables import Confirmation, StepRun
from service.ledger.entry import LedgerEntry
from service.ledger.event import Event
from service.people.person import Person


def said_of(
    session: Session, run_id: str, step_runs: Collection[str]
) -> Mapping[str, Sequence[ConfirmationFact]]:
    """By step run, in the order in which it was said."""
    query = (
        select(Confirmation, Person.display_name, StepRun.step)
        .join(Person, Person.id == Confirmation.person_id)
        .join(StepRun, StepRun.id == Confirmation.step_run_id)
        .where(Confirmation.step_run_id.in_(step_runs))
        .order_by(Confirmation.at)
    )
    found = session.execute(query).all()
    below = _by_reports(session, run_id) if found else frozenset()
    said: dict[str, list[ConfirmationFact]] = defaultdict(list)
    for one, name, step in found:
        said[one.step_run_id].append(_confirmation(one, name, below=(step, one.at) in below))
    return said


def _by_reports(session: Session, run_id: str) -> Collection[tuple[str, datetime]]:
    """Which steps somebody confirmed, and when, who reported to the leaver then: by now they may not."""
    query = select(LedgerEntry).where(
        LedgerEntry.run_id == run_id, LedgerEntry.event == Event.STEP_CONFIRMED.value
    )
    found = [(entry.step, entry.at, entry.content["body"]) for entry in session.scalars(query)]
    return frozenset((step, at) for step, at, body in found if isinstance(body, dict) and body.get("report"))


def _confirmation(confirmation: Confirmation, name: str, *, below: bool) -> ConfirmationFact:
    return ConfirmationFact(
        by=name,
        at=confirmation.at,
        what=confirmation.said,
        note=confirmation.note,
        door=confirmation.door,
        waiver=confirmation.waiver,
        read_back=confirmation.read_back,
        report=below,
    )
