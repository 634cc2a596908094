"""The rows of one file, announced as one batch in the name of the person who brought it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import cache

from sqlalchemy.orm import Session

from service.departures.announce import announce
from service.departures.batch import Origin, open_batch
from service.departures.event import TerminationEvent
from service.departures.guardrails import Guardrails
from service.intake.receive import Announce, Together
from service.sections import DeparturesSection


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
) -> Together:
    """What announces each row as a part of one batch, which its first new departure opens."""

    def together(session: Session) -> Announce:
        @cache
        def batch() -> str:
            return open_batch(session, Origin.FILE, title, now=now(), by=by).id

        def announced(session: Session, event: TerminationEvent) -> str:
            read = event if seal is None else _sealed(event, seal)
            done = announce(session, read.under(section), now=now(), by=by, guard=guard, batch=batch)
            return done.departure_id

        return announced

    return together


def _sealed(event: TerminationEvent, seal: Seal) -> TerminationEvent:
    """Beside those whom the row itself names."""
    people = tuple(dict.fromkeys((*event.sealed_for, *seal.people)))
    return event.model_copy(update={"sealed": True, "sealed_for": people})
