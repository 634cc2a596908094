"""Sealed departures: only named people may see one until its time; to everybody else it does not exist.

At its time the seal is taken off by itself, on record. One that was withdrawn before stays sealed.
"""

from collections.abc import Collection, Iterable
from datetime import datetime

from sqlalchemy import ColumnElement, ForeignKey, String, bindparam, or_, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from service.departures.departure import Departure
from service.departures.event import TerminationEvent, Unannounceable
from service.departures.kind import DepartureState
from service.departures.record import record
from service.ledger.event import Event
from service.people.person import Person, Someone, records_of
from service.store import Base, Prepared, table_of


class MaySee(Base):
    """Somebody who may see a sealed departure."""

    __tablename__ = "may_see"

    departure_id: Mapped[str] = mapped_column(String(36), ForeignKey("departures.id"), primary_key=True)
    person_id: Mapped[str] = mapped_column(String(36), ForeignKey("people.id"), primary_key=True)


def open_to(reader: str) -> ColumnElement[bool]:
    """Which departures exist for a person; for nobody (an empty id) those that are not sealed."""
    named = select(MaySee.departure_id).where(MaySee.person_id == reader)
    return or_(Departure.sealed.is_(False), Departure.id.in_(named))


def visible_to(reader: str) -> ColumnElement[bool]:
    """Which departures a person is shown: of those that exist for them all but their own, by any of their records."""
    return open_to(reader) & Departure.person_id.not_in(records_of(reader))


def hidden_from(session: Session, reader: str) -> frozenset[str]:
    """The departures a person is not shown: nearly always none."""
    return frozenset(session.scalars(select(Departure.id).where(~visible_to(reader))))


def sealed_from(session: Session, reader: str) -> frozenset[str]:
    """The departures that do not exist for a person, their own among them where it is sealed."""
    return frozenset(session.scalars(select(Departure.id).where(~open_to(reader))))


def is_hidden(session: Session, departure: Departure, reader: str) -> bool:
    """Whether this departure does not exist for a person."""
    return departure.sealed and session.get(MaySee, (departure.id, reader)) is None


def is_hidden_from_actor(session: Session, departure: Departure, actor: str) -> bool:
    """The same of whoever speaks, as the ledger names them; from an HR system nothing is hidden."""
    kind, _, subject = actor.partition(":")
    if kind != "person" or not departure.sealed:
        return False
    person = session.scalar(select(Person.id).where(Person.subject == subject))
    return is_hidden(session, departure, person or "")


def hides_batch(session: Session, batch_id: str, reader: str) -> bool:
    """Whether a batch does not exist for a person: all who are in it are sealed, and not for them."""
    inside = select(Departure.id).where(Departure.batch_id == batch_id).limit(1)
    seen = session.scalar(inside.where(open_to(reader))) is not None
    return not seen and session.scalar(inside) is not None


def check_sealable(session: Session, event: TerminationEvent, leaver: Someone, *, by: str) -> None:
    """Raises `Unannounceable` where an event asks for a seal that nobody could see behind."""
    if event.sealed and not whom_it_names(session, event, leaver.id, by):
        raise Unannounceable(
            "It is to be sealed, and names nobody here who may see it. Nothing was stored: name somebody by "
            "employee number or HR id, or set departures.sealed_for."
        )


def seal_as_asked(
    session: Session,
    departure: Departure,
    event: TerminationEvent,
    *,
    ends: datetime,
    now: datetime,
    by: str,
) -> None:
    """Seal a departure where the event asks for it, for whom it names and whoever announced it.

    Nothing is sealed whose time has come.

    Args:
        ends: When access ends by what the event says.
    """
    if not event.sealed or ends <= now:
        return
    people = whom_it_names(session, event, departure.person_id, by)
    known = set(session.scalars(select(MaySee.person_id).where(MaySee.departure_id == departure.id)))
    new = people - known
    if departure.sealed and not new:
        return
    departure.sealed = True
    session.add_all(MaySee(departure_id=departure.id, person_id=person_id) for person_id in sorted(new))
    session.flush()
    unknown = len(set(event.sealed_for)) - len(_people(session, event.source, event.sealed_for))
    record(
        session,
        departure,
        Event.DEPARTURE_SEALED,
        at=now,
        by=by,
        body={"for": len(known | people), "unknown": max(0, unknown)},
    )


def seal_like(session: Session, departure: Departure, after: Departure) -> None:
    """A departure that stands anew for a sealed one is sealed for the same people."""
    after.sealed = departure.sealed
    people = session.scalars(select(MaySee.person_id).where(MaySee.departure_id == departure.id)).all()
    session.add_all(MaySee(departure_id=after.id, person_id=person_id) for person_id in people)


def seal_for(session: Session, departure: Departure, people: Collection[str]) -> None:
    """Seal a departure that stands anew for these people; for nobody it stays open to all."""
    departure.sealed = bool(people)
    session.add_all(MaySee(departure_id=departure.id, person_id=person_id) for person_id in people)


_DEPARTURES = table_of(Departure).c
_DUE = Prepared(
    select(_DEPARTURES.id)
    .where(
        _DEPARTURES.sealed.is_(True),
        _DEPARTURES.effective_at <= bindparam("now"),
        _DEPARTURES.state != DepartureState.WITHDRAWN,
    )
    .with_for_update(skip_locked=True, key_share=True)
)


def open_due(session: Session, *, until: datetime, now: datetime) -> int:
    """Take the seal off whatever is due `until` then; gives how many. Called before runs are begun."""
    session.flush()
    opened = _DUE.scalars(session, now=until)
    for departure_id in opened:
        departure = session.get_one(Departure, departure_id)
        departure.sealed = False
        record(session, departure, Event.DEPARTURE_UNSEALED, at=now, by="system:engine")
    return len(opened)


def looked(session: Session, departures: Iterable[str], reader: str, *, now: datetime, door: str) -> None:
    """Record that a named person looked at sealed departures."""
    by = session.get_one(Person, reader)
    for departure_id in departures:
        departure = session.get_one(Departure, departure_id)
        if departure.sealed:
            record(
                session,
                departure,
                Event.DEPARTURE_LOOKED_AT,
                at=now,
                by=f"person:{by.subject}",
                body={"door": door},
            )


def whom_it_names(session: Session, event: TerminationEvent, leaver_id: str, by: str) -> set[str]:
    """Who may see it: never the leaver, by whatever record."""
    people = _people(session, event.source, event.sealed_for)
    if by.startswith("person:"):
        subject = by.removeprefix("person:")
        people |= set(session.scalars(select(Person.id).where(Person.subject == subject)))
    return people - set(session.scalars(records_of(leaver_id)))


def _people(session: Session, source: str, words: Collection[str]) -> set[str]:
    """By employee number, else by the HR system's own id. Who is not known here is left out, and counted."""
    found = set()
    for word in set(words):
        ids = session.scalars(select(Person.id).where(Person.employee_no == word)).all()
        ids = (
            ids
            or session.scalars(
                select(Person.id).where(Person.source == source, Person.source_id == word)
            ).all()
        )
        found |= set(ids) if len(ids) == 1 else set()
    return found
