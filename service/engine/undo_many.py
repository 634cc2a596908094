"""Which runs one command takes back: by their numbers, by a batch, or by what a source began since a moment."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from service.departures.batch import Batch
from service.departures.departure import Departure
from service.departures.mass import NOT_BEGUN
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
        query = query.join(Batch, Batch.id == Departure.batch_id).where(_is_named(choice.batch))
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


def left_to_begin(session: Session, choice: Choice) -> str:
    """That others of a batch begin all the same, as a sentence: what is done to its runs does not touch them.

    Empty where nobody begins by themselves: the batch is stopped, or the choice is none of a batch.
    """
    if not choice.batch:
        return ""
    query = (
        select(func.count(), func.max(Batch.number))
        .select_from(Departure)
        .join(Batch, Batch.id == Departure.batch_id)
        .where(_is_named(choice.batch), Batch.stopped_at.is_(None))
        .where(Departure.state.in_(NOT_BEGUN), Departure.run_id.is_(None))
    )
    if choice.reader is not None:
        query = query.where(visible_to(choice.reader))
    count, number = session.execute(query).one()
    if not count:
        return ""
    have = "has" if count == 1 else "have"
    return (
        f"{count} more of B-{number} {have} not begun, and will at their time: they are no part of this. To keep "
        f"them, stop the batch (exeunt departures steer stop B-{number}) and have HR withdraw whoever stays."
    )


def _is_named(batch: str) -> ColumnElement[bool]:
    """By its number, `B-3`, else by its title."""
    digits = batch.upper().removeprefix("B-")
    is_number = digits.isascii() and digits.isdigit()
    return Batch.number == int(digits) if is_number else Batch.title == batch
