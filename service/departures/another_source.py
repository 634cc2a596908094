"""A second HR system speaks of a departure that another one announced.

Where it says the same, nothing is to be done. Where it says otherwise nobody can tell which of them is right: what
the first one said stands, both words are shown, and nothing begins before the first one says it again, somebody of HR
says at our own door which is right, or two persons let it go on. "At once" is followed all the same, as it shuts, and
whoever is out already is out by either word. A person at our own door speaks for HR, whatever the source.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.departures import late, zones
from service.departures.departure import Departure
from service.departures.event import Change, TerminationEvent
from service.departures.holding import ANOTHER, EARLIER, MOST_BECAUSE, OLD_NEWS, Doubt
from service.departures.kind import DepartureState
from service.departures.record import record
from service.departures.sealing import seal_as_asked
from service.ledger.entry import LedgerEntry
from service.ledger.event import Event

#: What hangs on two words of HR's goes on once the one that stands is said again.
STANDS_WHEN_SAID_AGAIN: Final = frozenset({ANOTHER, EARLIER})
#: Of what is sealed nothing is told where others read it.
UNSAID: Final = (
    "HR's words about this person differ. Nothing was done: two persons let it go on, or it is cancelled."
)
#: What the record says of another source's word besides the word itself: it moved nothing.
HEARD: Final = "heard"

Word = Mapping[str, Any]


def is_heard(departure: Departure, event: TerminationEvent, *, by: str) -> bool:
    """Whether an HR system speaks here of what another one announced."""
    an_hr_system = by == f"source:{event.source}"
    return an_hr_system and event.source != departure.source and event.change is not Change.IMMEDIATE


def is_awaited(departure: Departure) -> bool:
    """Whether nothing holds it but two words of HR's that differ: the one that stands lets it go on."""
    codes = set(departure.held_codes)
    return departure.state is DepartureState.HELD and bool(codes) and codes <= STANDS_WHEN_SAID_AGAIN


def heard(
    session: Session, departure: Departure, event: TerminationEvent, *, now: datetime, by: str
) -> TerminationEvent | None:
    """Keep what another source says, once, and hold the departure where it differs.

    Gives what is to be followed: the word that stands, where all who differed from it have come round to it.
    """
    if event.change is not Change.RESCINDED:
        seal_as_asked(session, departure, event, ends=departure.effective_at, now=now, by=by)
    others = _heard_of(session, departure)
    said = _said(event, now=now)
    if others.get(by) == said:
        return None
    record(session, departure, Event.DEPARTURE_CHANGED, at=now, by=by, body={**said, HEARD: True})
    others[by] = said
    if _changes_nothing(departure, event, now=now):
        came_round = is_awaited(departure) and all(_is_what_stands(departure, one) for one in others.values())
        return _as_it_stands(departure, event) if came_round else None
    _hold(session, departure, event, now=now, by=by)
    return None


def taken_back(departure: Departure | None, event: TerminationEvent, *, by: str) -> list[Doubt]:
    """Why what begins may be what another source took back; `departure` is the one that was, if there is one."""
    an_hr_system = by == f"source:{event.source}"
    if departure is None or not an_hr_system or event.change is Change.IMMEDIATE:
        return []
    said = (
        f"{event.source} says that this person leaves. A departure of theirs that {departure.source} announced for "
        f"{_civil(departure.civil_at)} ({departure.zone}) was taken back. Nothing was done: two persons let it go "
        "on, or it is cancelled."
    )
    return [Doubt(OLD_NEWS, UNSAID if departure.sealed else said)]


def _said(event: TerminationEvent, *, now: datetime) -> dict[str, Any]:
    if event.change is Change.RESCINDED:
        return {"change": event.change.value}
    when = event.interpreted(now=now)
    notice = {"notice_said": str(event.notice_date)} if event.notice_date is not None else {}
    kind = event.kind.value if event.kind is not None else ""
    word = {"civil_at": when.meant, "zone": when.zone, "kind": kind}
    return {"change": Change.CHANGED.value, **word, **notice}


def _heard_of(session: Session, departure: Departure) -> dict[str, Word]:
    """The newest word of each other source, by who said it."""
    query = select(LedgerEntry).where(
        LedgerEntry.departure_id == departure.id, LedgerEntry.event == Event.DEPARTURE_CHANGED.value
    )
    words: dict[str, Word] = {}
    for entry in session.scalars(query.order_by(LedgerEntry.seq)):
        body = entry.content["body"]
        if isinstance(body, dict) and body.get(HEARD):
            words[str(entry.content["actor"])] = {name: body[name] for name in body if name != HEARD}
    return words


def _stands(departure: Departure) -> late.Word:
    """What the source that announced it said last, also where that came too late to be followed."""
    newest = departure.told_too_late
    if newest is not None:
        return newest["civil_at"], newest["zone"], newest["kind"]
    return departure.civil_at, departure.zone, departure.kind.value


def _is_what_stands(departure: Departure, said: Word) -> bool:
    return (said.get("civil_at"), said.get("zone"), said.get("kind")) == _stands(departure)


def _changes_nothing(departure: Departure, event: TerminationEvent, *, now: datetime) -> bool:
    """Whether it says what stands; or nothing that a person must decide, of somebody who is out or was taken back."""
    if event.change is Change.RESCINDED:
        return late.is_taken_back(departure)
    if late.is_taken_back(departure):
        return True  # people decide about that already
    when, (civil, _, kind) = event.interpreted(now=now), _stands(departure)
    same = (when.meant, event.kind) == (civil, kind) and zones.stays(departure, event)
    return same or max(when.instant, departure.effective_at) <= now


def _as_it_stands(departure: Departure, event: TerminationEvent) -> TerminationEvent:
    """The other source's word in the zone that stands; its day of notice moves nothing."""
    return zones.read_as(departure, event).model_copy(update={"notice_date": None})


def _hold(session: Session, departure: Departure, event: TerminationEvent, *, now: datetime, by: str) -> None:
    """What two persons were to decide about before they decide about still."""
    record(session, departure, Event.DEPARTURE_HELD, at=now, by=by, body={"because": ANOTHER})
    said, guarded = _doubt(departure, event, now=now), late.guarded_codes(departure)
    if departure.state is not DepartureState.CLOSED:
        departure.state, departure.held_codes = DepartureState.HELD, [*guarded, ANOTHER]
        said = f"{said} {departure.held_because}".rstrip() if guarded else said
    departure.held_because = said[:MOST_BECAUSE]


def _doubt(departure: Departure, event: TerminationEvent, *, now: datetime) -> str:
    civil, zone, kind = _stands(departure)
    stands = f"{_civil(civil)} ({zone}), {kind}"
    if event.change is Change.RESCINDED:
        what = f"{event.source} takes this departure back, which {departure.source} announced: {stands}."
    else:
        when = event.interpreted(now=now)
        what = (
            f"{departure.source} announced this departure: {stands}. "
            f"{event.source} says: {_civil(when.meant)} ({when.zone}), {event.kind}."
        )
    return (
        f"{what} What {departure.source} said stands, and waits: {departure.source} says it again, HR says by hand "
        "which of them is right, or two persons let it go on."
    )


def _civil(said: str) -> str:
    return said.replace("T", " ")
