"""What HR says of a departure that has begun: taken back, moved, or for another reason than it said first.

Nothing is opened on HR's word alone. What can follow by itself does: an earlier time, or a dismissal instead of a
resignation, brings forward what has not begun. Everything else stops what has not begun and asks a person.
"""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.departures import holding, times, unseen
from service.departures.departure import Departure
from service.departures.event import TerminationEvent
from service.departures.holding import CANCELLED_BEFORE, CHANGED_TOO_LATE, WITHDRAWN_TOO_LATE, Doubt
from service.departures.kind import BESIDE, DepartureKind, DepartureState
from service.departures.record import record
from service.departures.sealing import seal_like
from service.ledger.entry import LedgerEntry
from service.ledger.event import Event
from service.people.person import Person, Someone

#: What HR itself said too late, or wrong, holds no longer than HR says so.
OF_HR: Final = holding.SLIPS | {CHANGED_TOO_LATE.code, WITHDRAWN_TOO_LATE.code}
#: What HR says of a departure: the civil time, its zone, and why.
Word = tuple[str, str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Meant:
    """What HR says now: when access ends, and why. `facts` is what the ledger keeps of it."""

    when: times.Interpretation
    kind: DepartureKind
    event: str
    facts: Mapping[str, Any]


def changed(
    session: Session,
    departure: Departure,
    meant: Meant,
    *,
    now: datetime,
    by: str,
    unsure: Sequence[Doubt] = (),
) -> None:
    """HR gave another time or kind after the run had begun. Of what may be an old message a person decides."""
    departure.changed_to = {
        "event": meant.event,
        "kind": meant.kind.value,
        "civil_at": meant.when.meant,
        "zone": meant.when.zone,
        "effective_at": meant.when.instant.isoformat(),
        "interpretation": meant.when.as_json(),
    }
    if departure.state is DepartureState.RESTORING:
        record(
            session,
            departure,
            Event.DEPARTURE_CHANGED,
            at=now,
            by=by,
            body={**meant.facts, "restoring": True},
        )
    elif slip := next(iter(unsure), None) or _slip(session, departure, meant, now=now):
        hold(session, departure, slip, now=now, by=by)
    elif _follows_by_itself(departure, meant, now=now):
        _follow(session, departure, meant, now=now, by=by)
    else:
        hold(session, departure, CHANGED_TOO_LATE, now=now, by=by)


def repeats(departure: Departure, said: Word) -> bool:
    """Whether HR says of a departure that has begun what it said last.

    After it took the departure back, or while that is being undone, whatever it says is new: even the first date.
    """
    meant = departure.changed_to
    if meant is not None and said == (meant["civil_at"], meant["zone"], meant["kind"]):
        return True
    if departure.told_too_late is not None:
        return False
    taken_back = departure.held_because == WITHDRAWN_TOO_LATE.said
    if taken_back or departure.state is DepartureState.RESTORING:
        return False
    return said == (departure.civil_at, departure.zone, departure.kind)


def _slip(session: Session, departure: Departure, meant: Meant, *, now: datetime) -> Doubt | None:
    """Nobody was shut out yet: a slip in the year would shut them out at once, or never."""
    if departure.effective_at <= now:
        return None
    person = session.get_one(Person, departure.person_id)
    found = holding.slip_in_the_date(meant.when.instant, meant.when.zone, person, now=now)
    if found is None:
        return None
    stays = f"The end stays at {departure.civil_at.replace('T', ' ')}, and what has not begun is held"
    return Doubt(
        found.code, f"HR gave another end. {found.said} {stays}: HR corrects it, or two persons let it go on."
    )


def _follows_by_itself(departure: Departure, meant: Meant, *, now: datetime) -> bool:
    """Nobody was shut out yet; or it is as strict as before, and by now access must be gone all the same."""
    if departure.held_because == WITHDRAWN_TOO_LATE.said:
        return False
    stricter = meant.kind in (departure.kind, DepartureKind.INVOLUNTARY, DepartureKind.LAYOFF)
    return departure.effective_at > now or (stricter and meant.when.instant <= now)


def _follow(session: Session, departure: Departure, meant: Meant, *, now: datetime, by: str) -> None:
    """The departure is as HR says now; the engine moves the steps that have not begun, in its next cycle.

    An end that is past does not become a later one: access was open too long since the first.
    """
    was = {"civil_at": departure.civil_at, "zone": departure.zone, "kind": departure.kind.value}
    held, was_ahead = departure.state, departure.effective_at > now
    _to_be_timed_anew(departure)
    stays = departure.effective_at <= now and meant.when.instant > departure.effective_at
    if not stays:
        departure.civil_at, departure.zone = meant.when.meant, meant.when.zone
        departure.effective_at, departure.interpretation = meant.when.instant, meant.when.as_json()
    departure.kind, departure.changed_to = meant.kind, None
    codes = set(departure.held_codes)
    if guarded := guarded_codes(departure):
        departure.held_codes = guarded
    elif departure.state is DepartureState.HELD and codes and codes <= holding.SLIPS:
        departure.state = DepartureState.SCHEDULED if was_ahead else DepartureState.REVOKING
        departure.held_because, departure.held_codes = "", []
    if departure.held_codes == [CHANGED_TOO_LATE.code]:  # what held it is not so any more
        departure.state, departure.held_because, departure.held_codes = DepartureState.REVOKING, "", []
    body = {**meant.facts, "was": was, "stays": stays, "goes_on": departure.state is not held}
    record(session, departure, Event.DEPARTURE_CHANGED, at=now, by=by, body=body)


def _to_be_timed_anew(departure: Departure) -> None:
    """The engine moves what has not begun, from the time that held when it last did."""
    departure.timed_from = departure.timed_from or departure.effective_at


def noticed(
    session: Session, departure: Departure, event: TerminationEvent, *, now: datetime, by: str
) -> None:
    """HR gave another day of notice: steps counted from it follow, and what was judged by the old one says so."""
    was, departure.notice_date = departure.notice_date, event.notice_date
    if departure.effective_at > now:  # afterwards nothing waits for a time counted from the notice
        _to_be_timed_anew(departure)
    body = {"event": event.source_id, "notice": str(event.notice_date), "notice_was": str(was or "")}
    record(session, departure, Event.DEPARTURE_CHANGED, at=now, by=by, body=body)


def withdrawn(session: Session, departure: Departure, *, now: datetime, by: str) -> bool:
    """HR took the departure back after its run had begun. False when that is known already."""
    known = departure.held_because == WITHDRAWN_TOO_LATE.said or departure.state is DepartureState.RESTORING
    if departure.told_too_late is not None:
        departure.changed_to = None
    if not known:
        hold(session, departure, WITHDRAWN_TOO_LATE, now=now, by=by)
    return not known


def last_of(session: Session, person: Someone) -> Departure | None:
    """The person's newest departure, over or not."""
    query = (
        select(Departure)
        .where(Departure.person_id == person.id, Departure.kind.not_in(BESIDE))
        .with_for_update(key_share=True)
    )
    return session.scalar(query.order_by(Departure.announced_at.desc(), Departure.id).limit(1))


def is_taken_back(departure: Departure) -> bool:
    """Whether HR, or a person, took the departure back; what was done meanwhile may still stand."""
    over = departure.state in (DepartureState.WITHDRAWN, DepartureState.RESTORING)
    return over or departure.held_because == WITHDRAWN_TOO_LATE.said


def acted_on(session: Session, departure: Departure, event: str) -> bool:
    """Whether an event, by its source's id, announced or changed this departure before."""
    query = select(LedgerEntry).where(
        LedgerEntry.departure_id == departure.id,
        LedgerEntry.event.in_((Event.DEPARTURE_ANNOUNCED, Event.DEPARTURE_CHANGED)),
    )
    bodies = (entry.content["body"] for entry in session.scalars(query))
    return any(isinstance(body, dict) and body.get("event") == event for body in bodies)


def hold(session: Session, departure: Departure, because: Doubt, *, now: datetime, by: str) -> None:
    """What has not begun waits for a person. A closed departure stays closed, and says what HR said.

    What two persons were to decide about before they decide about still, whatever HR says next.
    """
    record(session, departure, Event.DEPARTURE_HELD, at=now, by=by, body={"because": because.code})
    guarded = guarded_codes(departure)
    if departure.state is not DepartureState.CLOSED:
        departure.state, departure.held_codes = DepartureState.HELD, [*guarded, because.code]
    if guarded and because is not WITHDRAWN_TOO_LATE:
        return
    if departure.held_because != WITHDRAWN_TOO_LATE.said:  # a later date must not hide that HR took it back
        departure.held_because = because.said


def guarded_codes(departure: Departure) -> list[str]:
    """What holds a departure besides HR's own words, or will once it is over: HR's next word does not let it go."""
    held = departure.state is DepartureState.HELD
    codes = departure.held_codes if held else [CANCELLED_BEFORE.code]
    return [code for code in codes if code in departure.held_codes and code not in OF_HR]


def succeed(session: Session, departure: Departure, *, now: datetime, by: str) -> Departure | None:
    """A run was taken back because HR moved the departure: it stands anew, at the time HR gave.

    So does what somebody said meanwhile for whom a departure was sealed that is taken back.

    Announced only: the guardrails look at it before it is scheduled, in the engine's next cycle.
    """
    meant = departure.changed_to
    if meant is None:
        return None
    if (word := unseen.kept(departure)) is not None:
        return unseen.stands_anew(session, departure, word, now=now)
    after = Departure(
        id=str(uuid.uuid4()),
        source=departure.source,
        source_id=f"{meant['event'][:150]} after {departure.id}",
        person_id=departure.person_id,
        state=DepartureState.ANNOUNCED,
        **Departure.said_in(meant),
        notice_date=departure.notice_date,
        source_version=departure.source_version,
        said_at=departure.said_at,
        announced_at=now,
        announced_by=departure.announced_by,
    )
    session.add(after)
    departure.changed_to = None  # an undo may end twice, where somebody changed what it had put back
    session.flush()
    seal_like(session, departure, after)
    facts = {"change": "moved", "after": departure.id, "kind": after.kind.value, "civil_at": after.civil_at}
    record(session, after, Event.DEPARTURE_ANNOUNCED, at=now, by=by, body=facts | {"zone": after.zone})
    return after
