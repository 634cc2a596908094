"""A new departure is written past the session's own bookkeeping, and the session must not notice."""

from datetime import UTC, date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.departures.announce import announce
from service.departures.departure import Departure
from service.departures.event import Change, EventPerson, TerminationEvent
from service.departures.kind import DepartureKind, DepartureState
from service.store import Store, table_of
from tests.unit.departures.hr import Hr

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
COLUMNS = [column.name for column in table_of(Departure).columns]


def said(day: int, *, whose: str = "E-1", change: Change = Change.SCHEDULED) -> TerminationEvent:
    return TerminationEvent(
        source="hr",
        source_id=f"{whose} {day}",
        change=change,
        person=EventPerson(source_id=f"hr-{whose}", name="Somebody"),
        kind=DepartureKind.VOLUNTARY,
        last_day=date(2026, 3, day),
        timezone="Europe/Stockholm",
        occurred_at=NOW,
    )


def announced(session: Session, event: TerminationEvent) -> Departure:
    done = announce(session, event, now=NOW)
    return session.get_one(Departure, done.departure_id)


def stored(store: Store, departure_id: str) -> Departure:
    with store.read() as session:
        return session.get_one(Departure, departure_id)


def test_the_session_holds_a_new_departure_as_anybody_reads_it(hr: Hr) -> None:
    with hr.store.write() as session:
        departure = announced(session, said(6))
        held = {name: value for name, value in vars(departure).items() if name in COLUMNS}
        pending = [*session.new, *session.dirty]

    read = stored(hr.store, departure.id)
    assert not pending
    assert held == {name: getattr(read, name) for name in COLUMNS}


def test_what_nobody_said_of_a_new_departure_is_null_and_no_json(hr: Hr) -> None:
    hr.says()

    with hr.store.read() as session:
        (unsaid,) = session.scalars(select(Departure.id).where(Departure.changed_to.is_(None)))
    assert unsaid


def test_a_change_in_the_same_transaction_finds_it_and_is_written(hr: Hr) -> None:
    with hr.store.write() as session:
        departure = announced(session, said(6))
        changed = announced(session, said(13, change=Change.CHANGED))

    read = stored(hr.store, departure.id)
    assert changed is departure
    assert (read.civil_at, read.interpretation["meant"]) == ("2026-03-13", "2026-03-13")


def test_one_that_is_held_in_the_same_transaction_is_stored_as_held(hr: Hr) -> None:
    with hr.store.write() as session:
        departure = announced(session, said(6, whose="E-3"))

    read = stored(hr.store, departure.id)
    assert (read.state, read.held_codes) == (DepartureState.HELD, ["protected"])
    assert read.held_because


def test_a_departure_of_a_transaction_that_fails_is_gone(hr: Hr) -> None:
    with hr.store.write() as session:
        announced(session, said(6))
        session.rollback()

    assert not hr.departures()
