"""Reading the HR system again: a hint becomes an event only by what the record says now."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

import structlog
from pydantic import ValidationError
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from connectors.sdk.context import Context
from connectors.sdk.errors import ConnectorError, RateLimited
from service.departures import zones
from service.departures.event import Change, TerminationEvent, Unannounceable
from service.departures.times import ZoneSource, civil_of, is_zone
from service.intake.source import NotUnderstood, Slip, Source, Standing
from service.intake.tables import PendingLookUp, Told
from service.ledger.entry import append, gathered
from service.ledger.event import Event
from service.people.person import Person
from service.settings import SettingsError
from service.store import Store
from service.store.again import again
from service.store.failpoints import passing

log = structlog.get_logger()

FIRST_PAUSE: Final = timedelta(seconds=5)
#: A system that gave no answer may be back by now, and somebody may be leaving at once.
LONGEST_PAUSE: Final = timedelta(minutes=5)
#: A record that cannot be understood is read again this rarely: it says the same until somebody mends it.
UNREADABLE_PAUSE: Final = timedelta(hours=1)
DEADLINE_S: Final = 10.0
#: Who left so long ago and is about to come back is prepared for, and does not leave.
LONG_GONE: Final = timedelta(days=30)

#: What was not understood is told in a sentence; where nothing was answered stands an error's name, one word.
ANSWERED: Final = PendingLookUp.problem.contains(" ")

Announce = Callable[[Session, TerminationEvent], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Due:
    source: Source
    employee_id: str
    hint: str
    attempts: int
    roster_zone: str


def run(
    sources: Mapping[str, Source],
    *,
    store: Store,
    announce: Announce,
    now: Callable[[], datetime],
    most: int = 50,
) -> int:
    """Settle what is due, one employee after the other; returns how many were settled.

    The HR system is asked outside any transaction. What fails is asked again, after 5 s at first and then ever
    later up to five minutes, for as long as it takes: an HR system that is down must not make a leaver disappear.
    """
    return sum(
        _settle(due, store=store, announce=announce, now=now) for due in _due(sources, store, now(), most)
    )


def behind_since(session: Session) -> datetime | None:
    """Since when a hint about somebody has not been looked up; nothing when none waits.

    What was answered and not understood is told by `not_understood`.
    """
    return session.scalar(select(func.min(PendingLookUp.since)).where(~ANSWERED))


def not_understood(session: Session) -> list[tuple[str, datetime, int]]:
    """Each source whose answers about people are not understood, since when, and about how many."""
    query = (
        select(PendingLookUp.source, func.min(PendingLookUp.since), func.count())
        .where(ANSWERED)
        .group_by(PendingLookUp.source)
        .order_by(PendingLookUp.source)
    )
    return [(source, since, count) for source, since, count in session.execute(query)]


def _due(sources: Mapping[str, Source], store: Store, now: datetime, most: int) -> list[_Due]:
    whom = (Person.source == PendingLookUp.source) & (Person.source_id == PendingLookUp.employee_id)
    query = (
        select(PendingLookUp, Person.timezone)
        .outerjoin(Person, whom)
        .where(PendingLookUp.due_at <= now, PendingLookUp.source.in_(sources))
    )
    with store.read() as session:
        return [
            _Due(
                source=sources[row.source],
                employee_id=row.employee_id,
                hint=row.hint,
                attempts=row.attempts,
                roster_zone=zone or "",
            )
            for row, zone in session.execute(query.order_by(PendingLookUp.due_at).limit(most))
        ]


def _settle(due: _Due, *, store: Store, announce: Announce, now: Callable[[], datetime]) -> bool:
    try:
        passing("hr.ask.before")
        standing = _ask(due, now)
        passing("hr.ask.after")
        _applied(store, due, standing, announce=announce, at=now())
    except (ConnectorError, SettingsError) as error:
        _put_off(store, due, type(error).__name__, at=now(), at_least=_asked_to_wait(error))
        return False
    except (NotUnderstood, Unannounceable) as error:
        _put_off(store, due, str(error), at=now(), unreadable=True)
        return False
    return True


@again
def _applied(store: Store, due: _Due, standing: Standing, *, announce: Announce, at: datetime) -> None:
    with store.write("look-up") as session:
        _apply(session, due, standing, announce=announce, at=at)


def _ask(due: _Due, now: Callable[[], datetime]) -> Standing:
    if due.source.look is None:
        raise SettingsError(f"sources.{due.source.name} has another format now, and cannot be asked.")
    http = due.source.open_reader(Context(now=now, read_only=True, deadline_s=DEADLINE_S))
    return due.source.look(http, due.employee_id, due.source.section, _today(due, now()))


def _today(due: _Due, now: datetime) -> date:
    """The day it is where the employee works, as far as anybody has said."""
    known = due.roster_zone if is_zone(due.roster_zone) else due.source.section.timezone
    return civil_of(now, known or zones.NOBODYS).date()


def _apply(session: Session, due: _Due, standing: Standing, *, announce: Announce, at: datetime) -> None:
    pending = session.get(
        PendingLookUp, (due.source.name, due.employee_id), with_for_update={"key_share": True}
    )
    if pending is None:
        return  # another node asked too, and has settled it: what we read may be older
    told = session.get(Told, (due.source.name, due.employee_id))
    change = _change(told, standing, today=_today(due, at))
    if change is not None:
        event = _event(due, standing, change, at=at)
        with gathered(session):
            try:
                announce(session, event)
            except Unannounceable:
                if change is not Change.RESCINDED:
                    raise  # somebody who comes back long after leaving has nothing left to withdraw
        _remember(session, due, told, standing, at=at)
    if pending.hint == due.hint:
        session.delete(pending)
    else:  # one that came while we were asking stays pending, and waits since then
        pending.since = min(pending.due_at, at)


def _change(told: Told | None, standing: Standing, *, today: date) -> Change | None:
    if standing.last_day is None and told and not standing.shown:
        what = "it shows no employment at all of somebody who leaves: its API key may not see it any more"
        raise NotUnderstood(Slip(where="", what=what))
    if standing.last_day is None:
        return Change.RESCINDED if told else None
    if told is None:
        long_gone = standing.last_day < today - LONG_GONE
        return None if standing.back_on and long_gone else Change.SCHEDULED
    same = (told.last_day, told.kind) == (standing.last_day, standing.kind)
    return None if same else Change.CHANGED


def _event(due: _Due, standing: Standing, change: Change, *, at: datetime) -> TerminationEvent:
    try:
        return TerminationEvent(
            source=due.source.name,
            source_id=f"{due.hint}:{due.employee_id}",
            change=change,
            person=standing.person,
            kind=standing.kind,
            last_day=standing.last_day,
            **_zone(due, standing),
            occurred_at=at,
        )
    except ValidationError as error:
        raise NotUnderstood.from_validation(error) from error


def _zone(due: _Due, standing: Standing) -> dict[str, Any]:
    if standing.person.timezone:
        return {"timezone": standing.person.timezone, "zone_source": ZoneSource.PERSON}
    return zones.of_source(due.source.section.timezone)


def _remember(session: Session, due: _Due, told: Told | None, standing: Standing, *, at: datetime) -> None:
    if standing.last_day is None or standing.kind is None:
        if told is not None:
            session.delete(told)
        return
    if told is None:
        told = Told(source=due.source.name, employee_id=due.employee_id)
        session.add(told)
    told.last_day, told.kind, told.told_at = standing.last_day, standing.kind, at


def _asked_to_wait(error: Exception) -> timedelta:
    return timedelta(seconds=error.retry_after_s) if isinstance(error, RateLimited) else timedelta()


def _put_off(
    store: Store,
    due: _Due,
    problem: str,
    *,
    at: datetime,
    at_least: timedelta = timedelta(),
    unreadable: bool = False,
) -> None:
    """Try again later. What the record says and we cannot read is recorded once, so that somebody is told."""
    with store.write("look-up.put-off") as session:
        pending = session.get(PendingLookUp, (due.source.name, due.employee_id))
        if pending is None:
            return
        longest = UNREADABLE_PAUSE if unreadable else LONGEST_PAUSE
        pause = max(min(FIRST_PAUSE * 2 ** min(due.attempts, 10), longest), at_least)
        if unreadable and pending.problem != problem:
            facts = {"hint": due.hint}
            append(session, Event.WEBHOOK_UNREADABLE, actor=f"source:{due.source.name}", body=facts, at=at)
        pending.attempts, pending.problem, pending.due_at = due.attempts + 1, problem, at + pause
    log.warning("look_up.put_off", source=due.source.name, hint=due.hint, attempts=due.attempts + 1)
