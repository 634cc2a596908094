"""The very words that began a departure, once more: an old message, or somebody who leaves for the second time.

"At once" names no day by which the two could be told apart. Where the leaver has come back since, nobody can tell, so
a person is asked; where they have not, it is what was said before.
"""

from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from service.departures.departure import Departure
from service.departures.event import TerminationEvent
from service.departures.holding import Doubt
from service.departures.kind import DepartureKind, DepartureState
from service.departures.times import last_day
from service.ledger.entry import LedgerEntry
from service.ledger.event import Event
from service.people.person import Person

SAID_BEFORE: Final = Doubt(
    "said before",
    "HR sent these very words before, for a departure that is over, and the person has come back since: an old "
    "message, or they leave for the second time. Nothing was done: two persons let it go on, or it is cancelled.",
)
_MOST: Final = 150


def named_after(event: TerminationEvent, before: Departure) -> str:
    """The name of a departure that begins with words that began another one before."""
    return f"{event.source_id[:_MOST]} after {before.id}"


def newest_by(session: Session, event: TerminationEvent, first: Departure) -> Departure:
    """The newest departure of the person that these words began."""
    again = Departure.source_id.startswith(f"{event.source_id[:_MOST]} after ", autoescape=True)
    query = select(Departure).where(
        Departure.person_id == first.person_id, Departure.source == event.source, again
    )
    return session.scalar(query.order_by(Departure.announced_at.desc()).limit(1)) or first


def back_since(session: Session, departure: Departure) -> str:
    """What shows that somebody came back after their departure; empty where nothing does.

    They were hired again, their return was run, or what the departure shut is opened again.
    """
    person = session.get_one(Person, departure.person_id)
    if person.hired_on is not None and person.hired_on > last_day(departure.effective_at, departure.zone):
        return f"hired {person.hired_on}"
    returned = select(func.max(Departure.id)).where(
        Departure.person_id == departure.person_id,
        Departure.kind == DepartureKind.REHIRE,
        Departure.state != DepartureState.WITHDRAWN,
        Departure.announced_at > departure.announced_at,
    )
    opened = select(func.max(LedgerEntry.seq)).where(
        LedgerEntry.departure_id == departure.id, LedgerEntry.event == Event.RUN_UNDOING.value
    )
    return str(session.scalar(returned) or session.scalar(opened) or "")


def is_newest_word(session: Session, departure: Departure, event: TerminationEvent) -> bool:
    """Whether nothing was said of a departure since this event."""
    query = select(LedgerEntry).where(
        LedgerEntry.departure_id == departure.id,
        LedgerEntry.event.in_((Event.DEPARTURE_ANNOUNCED.value, Event.DEPARTURE_CHANGED.value)),
    )
    bodies = (entry.content["body"] for entry in session.scalars(query.order_by(LedgerEntry.seq.desc())))
    said = (body["event"] for body in bodies if isinstance(body, dict) and body.get("event"))
    return next(said, "") == event.source_id
