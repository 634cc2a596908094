"""From a termination event to a departure: found, created, changed or withdrawn. Nothing is done to anyone yet."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, Final, NamedTuple

from sqlalchemy import and_, bindparam, or_, select
from sqlalchemy.orm import Session

from service.departures import (
    another_source,
    early_withdrawal,
    friday,
    in_turn,
    late,
    said_before,
    times,
    unseen,
    zones,
)
from service.departures.departure import Departure, keep_new
from service.departures.event import Change, TerminationEvent
from service.departures.finding import find_person
from service.departures.guardrails import DEFAULT, Guardrails
from service.departures.holding import (
    CANCELLED_BEFORE,
    LONG_PAST,
    Doubt,
    held_as_many_are_taken_back,
    hold_again,
    hold_or_schedule,
    wave_kept,
)
from service.departures.kind import BESIDE, OVER, DepartureKind, DepartureState
from service.departures.lateness import as_hr_meant, seconds, told_late
from service.departures.record import record
from service.departures.sealing import check_sealable, is_hidden_from_actor, seal_as_asked
from service.ledger.event import Event
from service.people.person import Leaver, Person
from service.store import Prepared, table_of
from service.store.one_at_a_time import Only, alone_anyhow, wait_to

_DEPARTURES: Final = table_of(Departure).c
_MEANT: Final = Prepared(
    select(_DEPARTURES.id)
    .where(
        and_(_DEPARTURES.person_id == bindparam("person"), *(_DEPARTURES.state != state for state in OVER))
        | and_(
            _DEPARTURES.person_id == bindparam("person"),
            _DEPARTURES.state == DepartureState.CLOSED,
            or_(_DEPARTURES.civil_at == bindparam("civil"), _DEPARTURES.effective_at > bindparam("since")),
        )
        | and_(_DEPARTURES.source == bindparam("source"), _DEPARTURES.source_id == bindparam("source_id"))
        | and_(
            _DEPARTURES.person_id == bindparam("person"),
            _DEPARTURES.source != bindparam("source"),
            _DEPARTURES.state == DepartureState.WITHDRAWN,
            or_(_DEPARTURES.civil_at == bindparam("civil"), _DEPARTURES.effective_at > bindparam("now")),
        )
    )
    .order_by(_DEPARTURES.announced_at)
    .with_for_update(key_share=True)
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Announced:
    """What an event led to. `news` is false when it said what was known already."""

    departure_id: str
    news: bool


def announce(
    session: Session,
    event: TerminationEvent,
    *,
    now: datetime,
    by: str = "",
    guard: Guardrails = DEFAULT,
    batch: Callable[[], str] | None = None,
) -> Announced:
    """Turn an event into a departure, or a change of one. Raises `Unannounceable`; then nothing is changed.

    The second event for a person whose departure is open is a change, never a second departure.

    Args:
        by: The actor, where it is a person at our own door and not the HR system.
        batch: Gives the batch a new departure belongs to; asked for nothing else.
    """
    wait_to(session, Only.ANNOUNCES)  # the guardrails count, and nobody gets two departures
    by = by or f"source:{event.source}"
    person = find_person(session, event.source, event.person)
    event = zones.read_for(event, person.timezone)
    check_sealable(session, event, person, by=by)
    departure, begun_by_it, also = _meant(session, person, event, now=now, by=by)
    event = zones.kept(event, departure)
    departure = early_withdrawal.meant(session, departure, person, event, by=by)
    before = _over_and_said_again(session, begun_by_it, event)
    if departure is not None:
        return _heard(session, departure, event, before, now=now, by=by, guard=guard)
    named = event.source_id
    if before is not None and said_before.back_since(session, before):
        named, also = said_before.named_after(event, before), [*also, said_before.SAID_BEFORE]
    elif begun_by_it is not None:
        return _told_after_the_end(session, begun_by_it, event, now=now, by=by)
    departure = _new(session, person, event, named=named, now=now, by=by)
    also += early_withdrawal.doubts(session, event, person.id, now=now)
    departure.batch_id = batch() if batch else None
    keep_new(session, departure)
    seal_as_asked(session, departure, event, ends=departure.effective_at, now=now, by=by)
    hold_or_schedule(session, departure, person, guard, now=now, by=by, also=also)
    return Announced(departure_id=departure.id, news=True)


def _heard(
    session: Session,
    departure: Departure,
    event: TerminationEvent,
    before: Departure | None,
    *,
    now: datetime,
    by: str,
    guard: Guardrails,
) -> Announced:
    """More is said of a departure that stands."""
    follow = partial(_change, session, departure, now=now, by=by, guard=guard)
    if is_hidden_from_actor(session, departure, by):
        news = unseen.heard(session, departure, event, follow, now=now, by=by)
        return Announced(departure_id=departure.id, news=news)
    if another_source.is_heard(departure, event, by=by):
        agreed = another_source.heard(session, departure, event, now=now, by=by)
        return Announced(departure_id=departure.id, news=True) if agreed is None else follow(agreed)
    if in_turn.is_outdated(departure, event):
        record(session, departure, Event.DEPARTURE_CHANGED, at=now, by=by, body={"outdated": True})
        return Announced(departure_id=departure.id, news=False)
    if in_turn.is_earlier(departure, event):
        differs = not _says_the_same(session, departure, event, now=now)
        news = differs and in_turn.heard_late(session, departure, event, guard, now=now, by=by)
        return Announced(departure_id=departure.id, news=news)
    if event.change is Change.RESCINDED:
        return _withdraw(session, departure, event, guard, now=now, by=by)
    unsure = (said_before.SAID_BEFORE,) if before is not None and before is not departure else ()
    return follow(event, unsure=unsure)


class _Meant(NamedTuple):
    """What an event is about: the open departure, the one it has begun, and what those that are over make doubtful.

    That is what began nothing as a person cancelled its run, and what another source announced and was taken back.
    """

    open: Departure | None
    begun_by_it: Departure | None
    also: list[Doubt]


def _meant(session: Session, person: Leaver, event: TerminationEvent, *, now: datetime, by: str) -> _Meant:
    """The person's open departure of the event's sort, and the one that this very event has begun, if there are.

    A laptop that is lost changes nothing about when its owner leaves. Nobody leaves twice at one time: what is closed
    and is told once more, under whatever name, was begun by it; unless a person cancelled its run, so that nothing
    came of it. Nor does HR's next word concern such a run, though the last of it is still to come back.
    """
    meant = None if event.change is Change.IMMEDIATE else event.meant
    civil = meant.isoformat() if meant is not None else ""
    asked = {"person": person.id, "source": event.source, "source_id": event.source_id, "civil": civil}
    since = now - LONG_PAST
    ids = _MEANT.scalars(session, **asked, since=since, now=now)
    if not alone_anyhow(session):  # it may have waited for a way back that ended, after which they stand anew
        ids = _MEANT.scalars(session, **asked, since=since, now=now)
    still_open, begun_by_it, cancelled, taken_back = None, None, False, None
    for departure in (session.get_one(Departure, one) for one in ids):  # nearly always none
        itself = (departure.source, departure.source_id) == (event.source, event.source_id)
        if departure.state is DepartureState.WITHDRAWN and not itself:
            taken_back = departure if departure.kind not in BESIDE else taken_back
            continue
        was_cancelled = CANCELLED_BEFORE.code in departure.held_codes and event.kind not in BESIDE
        if departure.person_id == person.id and departure.kind not in BESIDE:
            taken_back = None
            cancelled = was_cancelled  # of several the newest counts: two persons may have let one go since
        if itself or (_told_again(departure, event, civil) and not was_cancelled):
            begun_by_it = departure
        same_sort = departure.kind == event.kind if event.kind in BESIDE else departure.kind not in BESIDE
        goes_on = departure.state not in OVER and not (was_cancelled and departure.run_id is not None)
        if departure.person_id == person.id and goes_on and same_sort:
            still_open = departure
    also = [*([CANCELLED_BEFORE] if cancelled else []), *another_source.taken_back(taken_back, event, by=by)]
    return _Meant(still_open, begun_by_it, also)


def _told_again(departure: Departure, event: TerminationEvent, civil: str) -> bool:
    """Whether a closed departure of this civil time is what the event tells; not once HR took it back."""
    word = unseen.kept(departure) or {}
    said = (departure.civil_at, departure.kind), (word.get("civil_at"), word.get("kind"))
    same = (civil, event.kind) in said and zones.stays(departure, event)
    return departure.state is DepartureState.CLOSED and same and not late.is_taken_back(departure)


def _over_and_said_again(
    session: Session, begun: Departure | None, event: TerminationEvent
) -> Departure | None:
    """The newest departure that these very words began, where they say "at once" and the first one is over."""
    if begun is None or event.change is not Change.IMMEDIATE or begun.state not in OVER:
        return None
    return said_before.newest_by(session, event, begun)


def _told_after_the_end(
    session: Session, departure: Departure, event: TerminationEvent, *, now: datetime, by: str
) -> Announced:
    """HR sent it once more, and it is over: nothing of it is news but another day of notice."""
    civil = event.meant.isoformat() if event.meant is not None else ""
    moved = event.notice_date not in (None, departure.notice_date)
    corrects = moved and _told_again(departure, event, civil) and not in_turn.is_behind(departure, event)
    if corrects:
        in_turn.keep_word(departure, event)
        late.noticed(session, departure, event, now=now, by=by)
    return Announced(departure_id=departure.id, news=corrects)


def _new(
    session: Session, person: Leaver, event: TerminationEvent, *, named: str, now: datetime, by: str
) -> Departure:
    """A departure that is on record, and not kept yet."""
    departure = Departure(
        id=str(uuid.uuid4()),
        source=event.source,
        source_id=named,
        person_id=person.id,
        kind=event.kind or DepartureKind.VOLUNTARY,
        state=DepartureState.SCHEDULED,
        notice_date=event.notice_date or times.civil_of(now, event.timezone).date(),
        source_version=event.source_version or "",
        said_at=in_turn.said_at(event, now=now),
        announced_at=now,
        announced_by=by,
        counted_at=now,
        **_times(event.interpreted(now=now)),
    )
    facts = _facts(departure, event)
    record(session, departure, Event.DEPARTURE_ANNOUNCED, at=now, by=by, body=facts, subject=person.subject)
    return departure


def _change(
    session: Session,
    departure: Departure,
    event: TerminationEvent,
    *,
    now: datetime,
    by: str,
    guard: Guardrails,
    unsure: tuple[Doubt, ...] = (),
) -> Announced:
    when = event.interpreted(now=now)
    ends = departure.effective_at if departure.run_id is not None else when.instant
    seal_as_asked(session, departure, event, ends=ends, now=now, by=by)
    kind, notice = event.kind or departure.kind, event.notice_date or departure.notice_date
    moved = notice != departure.notice_date
    said_anew = another_source.is_awaited(departure)
    known = not said_anew and _known(session, departure, event, (when.meant, when.zone, kind))
    in_turn.keep_word(departure, event)  # also: what came before a word that says nothing new is old
    if known and not moved:
        return Announced(departure_id=departure.id, news=False)
    if departure.run_id is not None and moved:
        late.noticed(session, departure, event, now=now, by=by)
    if departure.run_id is not None and known:
        return Announced(departure_id=departure.id, news=True)
    if departure.run_id is not None:
        meant = late.Meant(when=when, kind=kind, event=event.source_id, facts=_said(event, kind, when))
        uncut = departure.effective_at > now
        late.changed(session, departure, meant, now=now, by=by, unsure=unsure)
        hold_again(session, departure, guard, uncut=uncut, now=now, by=by)
        return Announced(departure_id=departure.id, news=True)
    wave = wave_kept(session, departure, when.instant, at_once=event.change is Change.IMMEDIATE, now=now)
    for name, value in _times(when).items():
        setattr(departure, name, value)
    departure.kind, departure.notice_date = kind, notice
    record(session, departure, Event.DEPARTURE_CHANGED, at=now, by=by, body=_facts(departure, event))
    person = session.get_one(Person, departure.person_id)
    # nobody has let go yet what a person cancelled: another date does not
    also = (*unsure, CANCELLED_BEFORE) if CANCELLED_BEFORE.code in departure.held_codes else unsure
    hold_or_schedule(session, departure, person, guard, now=now, by=by, also=also, wave=wave)
    return Announced(departure_id=departure.id, news=True)


def _known(session: Session, departure: Departure, event: TerminationEvent, said: late.Word) -> bool:
    """Whether HR says what it said last, or sends what began the departure once more.

    "At once" is another minute each time it is said: the same words again, and no others since, are known.
    """
    if event.change is Change.IMMEDIATE and said_before.is_newest_word(session, departure, event):
        return True
    as_it_is = said == (departure.civil_at, departure.zone, departure.kind)
    itself = (departure.source, departure.source_id) == (event.source, event.source_id)
    if departure.run_id is None or itself:
        return as_it_is
    return late.repeats(departure, said)


def _says_the_same(session: Session, departure: Departure, event: TerminationEvent, *, now: datetime) -> bool:
    if event.change is Change.RESCINDED:
        return late.is_taken_back(departure)
    when = event.interpreted(now=now)
    return _known(session, departure, event, (when.meant, when.zone, event.kind or departure.kind))


def _withdraw(
    session: Session,
    departure: Departure,
    event: TerminationEvent,
    guard: Guardrails,
    *,
    now: datetime,
    by: str,
) -> Announced:
    """Before the time nothing was done and nothing will be. After it nothing more is begun: a person decides."""
    in_turn.keep_word(departure, event)
    if departure.state is DepartureState.WITHDRAWN:
        return Announced(departure_id=departure.id, news=False)  # HR said so before
    if departure.run_id is None:
        if held_as_many_are_taken_back(session, departure, guard, now=now, by=by):
            return Announced(departure_id=departure.id, news=True)
        departure.state = DepartureState.WITHDRAWN
        record(session, departure, Event.DEPARTURE_WITHDRAWN, at=now, by=by, body=_facts(departure, event))
        late.succeed(session, departure, now=now, by=by)
        return Announced(departure_id=departure.id, news=True)
    news = late.withdrawn(session, departure, now=now, by=by)
    return Announced(departure_id=departure.id, news=news)


def recompute(session: Session, departure: Departure, *, now: datetime) -> None:
    """Keep the instant true to what HR meant: zone data change between the announcement and the day."""
    when = friday.read(departure.interpretation.get("friday", "")).applied(
        times.instant(
            times.kept(departure.civil_at, departure.interpretation.get("adjustment", "")),
            departure.zone,
            zone_source=times.ZoneSource(departure.interpretation["zone_source"]),
        )
    )
    if departure.effective_at == when.instant:
        return
    before = departure.effective_at
    departure.effective_at, departure.interpretation = when.instant, when.as_json()
    departure.begins_at = None
    if departure.run_id is not None:  # begun with the notice: the engine moves what has not begun
        departure.timed_from = departure.timed_from or before
    record(
        session,
        departure,
        Event.DEPARTURE_CHANGED,
        at=now,
        by="system:engine",
        body={"from": before.isoformat(), "to": when.instant.isoformat(), "because": "zone data"},
    )


def _times(when: times.Interpretation) -> dict[str, Any]:
    return {
        "civil_at": when.meant,
        "zone": when.zone,
        "effective_at": when.instant,
        "interpretation": when.as_json(),
        "begins_at": None,
    }


def _said(event: TerminationEvent, kind: DepartureKind, when: times.Interpretation) -> dict[str, Any]:
    return {
        "change": event.change.value,
        "event": event.source_id,
        "kind": kind.value,
        "effective_at": when.instant.isoformat(),
        "civil_at": when.meant,
        "zone": when.zone,
    }


def _facts(departure: Departure, event: TerminationEvent) -> dict[str, Any]:
    return {
        "change": event.change.value,
        "event": event.source_id,
        "kind": departure.kind.value,
        "effective_at": departure.effective_at.isoformat(),
        "civil_at": departure.civil_at,
        "zone": departure.zone,
        "late_s": seconds(told_late(as_hr_meant(departure), departure.announced_at)),
    }
