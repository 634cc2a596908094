"""The rows of one file, announced as one batch in the name of the person who brought it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import cache
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.departures import late, zones
from service.departures.announce import announce
from service.departures.batch import Origin, open_batch
from service.departures.departure import Departure
from service.departures.event import Change, TerminationEvent, Unannounceable
from service.departures.finding import find_person
from service.departures.guardrails import Guardrails
from service.departures.kind import OVER
from service.intake.receive import Announce, Together
from service.people.person import Person, same_human
from service.sections import DeparturesSection
from service.store.one_at_a_time import Only, wait_to

OWN: Final = "This is whoever brings the file: nobody announces, moves or takes back their own departure."


@dataclass(frozen=True, slots=True, kw_only=True)
class Seal:
    """Everybody of a file is sealed: who may see them until their time, by employee number or HR id."""

    people: tuple[str, ...]


class PassedOver(StrEnum):
    """Why a row does nothing: its departure was taken back since, or it said "at once" before, and that is over."""

    TAKEN_BACK = "taken back"
    AT_ONCE_BEFORE = "at once before"


def in_one_batch(
    title: str,
    *,
    by: str,
    guard: Guardrails,
    section: DeparturesSection,
    now: Callable[[], datetime],
    seal: Seal | None = None,
    passed_over: Callable[[PassedOver, str], None] = lambda *_: None,
) -> Together:
    """What announces each row as a part of one batch, which its first new departure opens.

    Args:
        passed_over: Told of each departure that a row would have revived, or begun once more, and did not.
    """

    def together(session: Session) -> Announce:
        @cache
        def batch() -> str:
            return open_batch(session, Origin.FILE, title, now=now(), by=by).id

        @cache
        def bringer() -> Person | None:
            return session.scalar(select(Person).where(Person.subject == by.removeprefix("person:")))

        def announced(session: Session, event: TerminationEvent) -> str:
            _check_not_own(session, event, bringer())
            read = (event if seal is None else _sealed(event, seal)).under(section)
            if (before := _taken_back_since(session, read, now=now())) is not None:
                passed_over(PassedOver.TAKEN_BACK, before.id)
                return before.id
            done = announce(session, read, now=now(), by=by, guard=guard, batch=batch)
            if not done.news and event.change is Change.IMMEDIATE and _is_over(session, done.departure_id):
                passed_over(PassedOver.AT_ONCE_BEFORE, done.departure_id)
            return done.departure_id

        return announced

    return together


def _check_not_own(session: Session, event: TerminationEvent, bringer: Person | None) -> None:
    """Raises `Unannounceable`, whether there is a departure of theirs or not: it may be sealed."""
    person = find_person(session, event.source, event.person)
    if bringer is not None and same_human(bringer, session.get_one(Person, person.id)):
        raise Unannounceable(OWN)


def _taken_back_since(session: Session, event: TerminationEvent, *, now: datetime) -> Departure | None:
    """The departure this very row led to, where it was taken back since: a file that is imported again, and says
    nothing new, revives nobody. A row that was changed, if only in its `source_version`, does.
    """
    if event.change is Change.RESCINDED:
        return None
    wait_to(session, Only.ANNOUNCES)
    person = find_person(session, event.source, event.person)
    last = late.last_of(session, person)
    if last is None or not late.is_taken_back(last):
        return None
    read, version = zones.read_for(event, person.timezone), event.source_version or ""
    said = (read.interpreted(now=now).meant, event.kind, version)
    same = said == (last.civil_at, last.kind, last.source_version) and zones.stays(last, read)
    return last if same or late.acted_on(session, last, event.source_id) else None


def _is_over(session: Session, departure_id: str) -> bool:
    return session.get_one(Departure, departure_id).state in OVER


def _sealed(event: TerminationEvent, seal: Seal) -> TerminationEvent:
    """Beside those whom the row itself names."""
    people = tuple(dict.fromkeys((*event.sealed_for, *seal.people)))
    return event.model_copy(update={"sealed": True, "sealed_for": people})
