"""The rows of one file, announced as one batch in the name of the person who brought it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import cache

from sqlalchemy.orm import Session

from service.departures import late
from service.departures.announce import announce, find_person
from service.departures.batch import Origin, open_batch
from service.departures.departure import Departure
from service.departures.event import Change, TerminationEvent
from service.departures.guardrails import Guardrails
from service.intake.receive import Announce, Together
from service.sections import DeparturesSection
from service.store.one_at_a_time import Only, wait_to


@dataclass(frozen=True, slots=True, kw_only=True)
class Seal:
    """Everybody of a file is sealed: who may see them until their time, by employee number or HR id."""

    people: tuple[str, ...]


def in_one_batch(
    title: str,
    *,
    by: str,
    guard: Guardrails,
    section: DeparturesSection,
    now: Callable[[], datetime],
    seal: Seal | None = None,
    passed_over: Callable[[str], None] = lambda _: None,
) -> Together:
    """What announces each row as a part of one batch, which its first new departure opens.

    Args:
        passed_over: Told of each departure that a row would have revived and did not.
    """

    def together(session: Session) -> Announce:
        @cache
        def batch() -> str:
            return open_batch(session, Origin.FILE, title, now=now(), by=by).id

        def announced(session: Session, event: TerminationEvent) -> str:
            read = (event if seal is None else _sealed(event, seal)).under(section)
            if (before := _taken_back_since(session, read, now=now())) is not None:
                passed_over(before.id)
                return before.id
            done = announce(session, read, now=now(), by=by, guard=guard, batch=batch)
            return done.departure_id

        return announced

    return together


def _taken_back_since(session: Session, event: TerminationEvent, *, now: datetime) -> Departure | None:
    """The departure this very row led to, where it was taken back since: a file that is imported again, and says
    nothing new, revives nobody. A row that was changed, if only in its `source_version`, does.
    """
    if event.change is Change.RESCINDED:
        return None
    wait_to(session, Only.ANNOUNCES)
    last = late.last_of(session, find_person(session, event.source, event.person))
    if last is None or not late.is_taken_back(last):
        return None
    when, version = event.interpreted(now=now), event.source_version or ""
    said = (when.meant, when.zone, event.kind, version)
    same = said == (last.civil_at, last.zone, last.kind, last.source_version)
    return last if same or late.acted_on(session, last, event.source_id) else None


def _sealed(event: TerminationEvent, seal: Seal) -> TerminationEvent:
    """Beside those whom the row itself names."""
    people = tuple(dict.fromkeys((*event.sealed_for, *seal.people)))
    return event.model_copy(update={"sealed": True, "sealed_for": people})
