"""Which runs one command takes back: by their numbers, by a batch, or by what a source began since a moment."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.departures.batch import Batch
from service.departures.departure import Departure
from service.departures.sealing import visible_to
from service.engine.tables import Run
from service.people.person import Person


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """A run that would be taken back."""

    run_id: str
    number: int
    leaver: str
    state: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """Which runs: of these numbers, of a batch (`B-3` or its title), or begun since a moment by a source.

    `reader` is who chooses, by id, and finds nothing that is sealed to them; `None` is the service itself.
    """

    numbers: Collection[int] = ()
    batch: str = ""
    since: datetime | None = None
    source: str = ""
    reader: str | None = None


def chosen(session: Session, choice: Choice) -> list[Chosen]:
    """The runs of a choice, by their number. A choice that says nothing chooses none."""
    query = (
        select(Run, Departure.state, Person.display_name)
        .join(Departure, Departure.id == Run.departure_id)
        .join(Person, Person.id == Departure.person_id)
        .order_by(Run.number)
    )
    if choice.reader is not None:
        query = query.where(visible_to(choice.reader))
    if choice.numbers:
        query = query.where(Run.number.in_(choice.numbers))
    elif choice.batch:
        digits = choice.batch.upper().removeprefix("B-")
        named = (
            Batch.number == int(digits)
            if digits.isascii() and digits.isdigit()
            else Batch.title == choice.batch
        )
        query = query.join(Batch, Batch.id == Departure.batch_id).where(named)
    elif choice.since is not None:
        query = query.where(Run.started_at >= choice.since)
        if choice.source:
            query = query.where(Departure.source == choice.source)
    else:
        return []
    return [
        Chosen(run_id=run.id, number=run.number, leaver=name, state=state.value)
        for run, state, name in session.execute(query)
    ]
