"""Whether a word of HR's is its newest: messages overtake each other, above all those that are sent again.

By HR's own count of versions where it counts them, and what is older by it changes nothing. Else by when HR said so:
as clocks may differ, what seems older stops what has not begun, and a person decides. "At once" is followed all the
same while the leaver is to leave: its time is when they went, and not when somebody wrote it down.
"""

from datetime import datetime

from sqlalchemy.orm import Session

from service.departures import late
from service.departures.departure import Departure
from service.departures.event import Change, TerminationEvent
from service.departures.guardrails import Guardrails
from service.departures.holding import (
    CANCELLED_BEFORE,
    EARLIER,
    OLD_NEWS,
    Doubt,
    came_before,
    hold_or_schedule,
    is_older,
)
from service.departures.record import record
from service.ledger.event import Event
from service.people.person import Person


def said_at(event: TerminationEvent, *, now: datetime) -> datetime | None:
    """When HR said it, and never later than now: a clock that is ahead would make all that follows old."""
    return None if event.said_at is None else min(event.said_at, now)


def is_outdated(departure: Departure, event: TerminationEvent) -> bool:
    """True for old news that arrives late, where HR counts its versions; another HR system counts its own."""
    same_count = event.source == departure.source
    return same_count and is_older(event.source_version or "", departure.source_version)


def is_earlier(departure: Departure, event: TerminationEvent) -> bool:
    """Whether HR said this before what it said last, by the clock alone. What waits to be taken back may be."""
    awaited = event.change is Change.RESCINDED and OLD_NEWS in departure.held_codes
    if event.source != departure.source or event.change is Change.IMMEDIATE or awaited:
        return False
    word = event.source_version or "", event.said_at
    return came_before(word, (departure.source_version, departure.said_at))


def is_behind(departure: Departure, event: TerminationEvent) -> bool:
    """Either of the two."""
    return is_outdated(departure, event) or is_earlier(departure, event)


def keep_word(departure: Departure, event: TerminationEvent) -> None:
    """What comes from now on and is older than this is old."""
    if event.source == departure.source:
        departure.source_version = event.source_version or departure.source_version
        if event.said_at is not None:
            departure.said_at = max(event.said_at, departure.said_at or event.said_at)


def heard_late(
    session: Session,
    departure: Departure,
    event: TerminationEvent,
    guard: Guardrails,
    *,
    now: datetime,
    by: str,
) -> bool:
    """HR's earlier word came after its last one, and differs: what has not begun is held. False where nothing is.

    Who is out, or was taken back, stays so: an older word opens nothing, nor does it begin anything.
    """
    ends = departure.effective_at <= now and event.change is not Change.RESCINDED
    if ends or late.is_taken_back(departure):
        record(session, departure, Event.DEPARTURE_CHANGED, at=now, by=by, body={"outdated": True})
        return False
    if departure.run_id is not None:
        late.hold(session, departure, _doubt(event), now=now, by=by)
        return True
    cancelled = [CANCELLED_BEFORE] if CANCELLED_BEFORE.code in departure.held_codes else []
    person = session.get_one(Person, departure.person_id)
    hold_or_schedule(session, departure, person, guard, now=now, by=by, also=[*cancelled, _doubt(event)])
    return True


def _doubt(event: TerminationEvent) -> Doubt:
    what = "takes this back" if event.change is Change.RESCINDED else "gives another end, or another reason"
    said = (
        f"A message of HR's {what}, and HR said it before its last word: one overtook the other. "
        "What HR said last stands: it says so again, or two persons let this go on."
    )
    return Doubt(EARLIER, said)
