"""What somebody says of a departure that is sealed, and not for them: to them it does not exist.

So they put nothing of it off, give it no other reason, and come to see none of it. Their word is kept: an earlier end
is followed, as access is to be gone by then in any case; it stands anew once the sealed departure is taken back; and
they may take it back themselves.
"""

import uuid
from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy.orm import Session

from service.departures import times
from service.departures.departure import ASIDE, Departure
from service.departures.event import Change, TerminationEvent
from service.departures.kind import DepartureState
from service.departures.record import record
from service.departures.sealing import seal_for, whom_it_names
from service.ledger.event import Event

Follow = Callable[[TerminationEvent], object]
Kept = Mapping[str, Any]


def kept(departure: Departure) -> Kept | None:
    """The newest such word, if there is one that nobody took back."""
    word = departure.changed_to
    return word if word is not None and word.get(ASIDE) else None


def heard(
    session: Session, departure: Departure, event: TerminationEvent, follow: Follow, *, now: datetime, by: str
) -> bool:
    """Keep what they say, and follow an earlier end. False where they said so before."""
    before = kept(departure)
    said = _word(session, departure, event, now=now, by=by)
    if said is not None and before is not None and _of(said) == _of(before):
        return False
    own = before["instead_of"] if before is not None and _goes_by(departure, before) else None
    ends = departure.effective_at if own is None else datetime.fromisoformat(own["effective_at"])
    if said is not None and datetime.fromisoformat(said["effective_at"]) < ends:
        own = own or _end_of(departure)
        follow(event.model_copy(update={"kind": departure.kind, "notice_date": None, "sealed": False}))
        said["instead_of"] = own
    elif own is not None:
        follow(_said_before(departure, event, own))
    if departure.changed_to is None or kept(departure) is not None:
        departure.changed_to = said
    body = {
        "change": event.change.value,
        "event": event.source_id,
        ASIDE: True,
        **(_of(said) if said else {}),
    }
    record(session, departure, Event.DEPARTURE_CHANGED, at=now, by=by, body=body)
    return True


def stands_anew(session: Session, departure: Departure, word: Kept, *, now: datetime) -> Departure:
    """What was kept of a departure that was taken back: announced only, the guardrails look at it first."""
    after = Departure(
        id=str(uuid.uuid4()),
        source=word["source"],
        source_id=word["event"],
        person_id=departure.person_id,
        state=DepartureState.ANNOUNCED,
        **Departure.said_in(word),
        notice_date=date.fromisoformat(word["notice"]),
        announced_at=datetime.fromisoformat(word["at"]),
        announced_by=word["by"],
    )
    session.add(after)
    session.flush()
    seal_for(session, after, word["sealed_for"])
    departure.changed_to = None
    body = {"change": Change.SCHEDULED.value, "event": word["event"], **_of(word)}
    record(session, after, Event.DEPARTURE_ANNOUNCED, at=now, by=word["by"], body=body)
    return after


def _word(
    session: Session, departure: Departure, event: TerminationEvent, *, now: datetime, by: str
) -> dict[str, Any] | None:
    """Their word as it is kept; `None` where they take it back."""
    if event.change is Change.RESCINDED:
        return None
    when = event.interpreted(now=now)
    return {
        ASIDE: True,
        "kind": str(event.kind),
        "civil_at": when.meant,
        "zone": when.zone,
        "effective_at": when.instant.isoformat(),
        "interpretation": when.as_json(),
        "source": event.source,
        "event": event.source_id,
        "notice": str(event.notice_date or times.civil_of(now, when.zone).date()),
        "by": by,
        "at": now.isoformat(),
        "sealed_for": sorted(whom_it_names(session, event, departure.person_id, by)) if event.sealed else [],
        "instead_of": None,
    }


def _of(word: Kept) -> dict[str, Any]:
    return {name: word[name] for name in ("kind", "civil_at", "zone")}


def _goes_by(departure: Departure, word: Kept) -> bool:
    """Whether the departure ends by their word, and not by a later one of those who see it."""
    return (departure.civil_at, departure.zone) == (word["civil_at"], word["zone"])


def _end_of(departure: Departure) -> dict[str, Any]:
    return {
        "civil_at": departure.civil_at,
        "zone": departure.zone,
        "zone_source": departure.interpretation["zone_source"],
        "friday": departure.interpretation.get("friday", ""),
        "effective_at": departure.effective_at.isoformat(),
    }


def _said_before(departure: Departure, event: TerminationEvent, own: Kept) -> TerminationEvent:
    """The end that the sealed departure had before theirs was followed."""
    civil = times.civil(own["civil_at"])
    ends = (
        {"access_off_at": civil, "last_day": None}
        if isinstance(civil, datetime)
        else {"access_off_at": None, "last_day": civil}
    )
    read = {
        "timezone": own["zone"],
        "zone_source": times.ZoneSource(own["zone_source"]),
        "friday_rule": own["friday"],
    }
    as_it_is = {"change": Change.CHANGED, "kind": departure.kind, "notice_date": None, "sealed": False}
    return event.model_copy(update={**ends, **read, **as_it_is})
