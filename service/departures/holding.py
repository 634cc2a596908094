"""When a departure is not believed yet, and how a person lets it go on."""

from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy.orm import Session

from service.departures.departure import Departure
from service.departures.kind import DepartureState
from service.ledger.entry import append
from service.ledger.event import Event
from service.people.person import Person

#: Further back than this a date is more likely a slip in the year than late news.
LONG_PAST = timedelta(days=31)


class NotReleased(Exception):  # noqa: N818  a refusal, not a fault
    """A held departure stays held; the message says why."""


class Doubt(NamedTuple):
    """Why a person should look first: a code for the ledger, which names nobody, and a sentence for people."""

    code: str
    said: str


WITHDRAWN_TOO_LATE = Doubt(
    "withdrawn too late",
    "HR withdrew this departure after access was cut. Nothing was restored, and steps that have not begun are "
    "held: a person decides.",
)
CHANGED_TOO_LATE = Doubt(
    "changed too late",
    "HR changed this departure after access was cut. Steps that have not begun are held: a person decides.",
)


def doubt(departure: Departure, person: Person, *, now: datetime) -> Doubt | None:
    """Why a person should look before anything is done, if there is a reason to."""
    if person.protected:
        return Doubt("protected", "This person is protected: one person alone cannot release them.")
    if person.hired_on is not None and departure.effective_at.date() < person.hired_on:
        said = f"It would lie before the person was hired ({person.hired_on}): perhaps a slip in the year."
        return Doubt("before hire", said)
    if departure.effective_at < now - LONG_PAST:
        days = (now - departure.effective_at).days
        return Doubt(
            "long past", f"It lies {days} days back: perhaps a slip in the year. Nothing was done yet."
        )
    return None


def release(session: Session, departure: Departure, *, now: datetime, by: Person) -> None:
    """Let a held departure go on. Raises `NotReleased`.

    A protected person's needs two people over a named list, and there is no such list yet.
    """
    if departure.state is not DepartureState.HELD:
        raise NotReleased(f"This departure is not held, it is {departure.state.value}. Nothing was changed.")
    leaver = session.get_one(Person, departure.person_id)
    if leaver.protected:
        raise NotReleased(
            "This person is protected: one person alone cannot release them. Nothing was changed."
        )
    if by.id in (leaver.id, leaver.manager_id):
        raise NotReleased("Neither the leaver nor their manager releases a departure. Nothing was changed.")
    begun = departure.run_id is not None
    departure.state = DepartureState.REVOKING if begun else DepartureState.SCHEDULED
    departure.held_because = ""
    append(
        session,
        Event.DEPARTURE_SCHEDULED,
        actor=f"person:{by.subject}",
        subject=leaver.subject,
        departure=departure.id,
        run=departure.run_id or "",
        body={"released": True},
        at=now,
    )
