"""Whoever works on by another record: one employment of theirs ends, and what they work with is the human's.

Somebody with two employments, or who moves to another company of the group, has two records of HR's. Two HR systems
may also know one employment: such records were hired on one day, or one of them does not say when.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import Final, NamedTuple

from sqlalchemy import bindparam, func, or_, select
from sqlalchemy.orm import Session

from service.departures.departure import Departure
from service.departures.kind import BESIDE, DepartureState
from service.departures.left import who_leave
from service.people.person import Person, Someone
from service.store import Prepared, table_of

CODE: Final = "works on"

_PEOPLE: Final = table_of(Person).c
_SAME: Final = Prepared(
    select(_PEOPLE.id, _PEOPLE.source, _PEOPLE.hired_on, _PEOPLE.employee_no, _PEOPLE.work_email).where(
        or_(
            _PEOPLE.employee_no.in_(bindparam("numbers", expanding=True)),
            func.lower(_PEOPLE.work_email).in_(bindparam("addresses", expanding=True)),
        )
    )
)


class Record(NamedTuple):
    """One record of somebody, as far as it says whether another is of the same employment."""

    id: str
    source: str
    hired_on: date | None
    employee_no: str | None
    work_email: str | None


Leaving = tuple[Departure, Someone]
Others = Mapping[str, Sequence[Record]]


def other_records(session: Session, people: Sequence[Someone]) -> Others:
    """By person: their records of other employments, nearly always none."""
    numbers = {person.employee_no for person in people if person.employee_no}
    addresses = {person.work_email.lower() for person in people if person.work_email}
    rows = _SAME.rows(session, numbers=list(numbers), addresses=list(addresses))
    records = [Record(*row) for row in rows]
    if len(records) <= len(people):
        return {}
    by_name: dict[str, list[Record]] = defaultdict(list)
    for record in records:
        for name in _names(record.employee_no, record.work_email):
            by_name[name].append(record)
    own = {record.id: record for record in records}
    found = {}
    for person in people:
        names = _names(person.employee_no, person.work_email)
        same = {one.id: one for name in names for one in by_name[name]}
        others = [one for one in same.values() if _is_another(own[person.id], one)]
        if others:
            found[person.id] = others
    return found


def doubted(session: Session, leaving: Sequence[Leaving], others: Others) -> Mapping[str, str]:
    """By departure: why it is held, where its leaver works on by another record than the one that leaves.

    Another record that leaves no later works on no more; unless that departure is sealed, as it would tell of it, or
    is doubted itself.
    """
    found = {}
    for departure, person in leaving:
        if departure.kind in BESIDE or person.id not in others:
            continue
        ids = {one.id for one in others[person.id]}
        no_later = Departure.effective_at <= departure.effective_at
        sure = Departure.id.not_in(_unsure(session, ids))
        leaving_too = who_leave(session, ids, no_later & sure)
        staying = [one for one in others[person.id] if one.id not in leaving_too]
        if staying:
            found[departure.id] = _said(staying)
    return found


def _unsure(session: Session, people: Collection[str]) -> list[str]:
    """Departures of these that are held for more than another record's sake."""
    held = select(Departure).where(Departure.person_id.in_(people), Departure.state == DepartureState.HELD)
    return [departure.id for departure in session.scalars(held) if departure.held_codes != [CODE]]


def _names(number: str | None, address: str | None) -> list[str]:
    return [f"{kind} {name.lower()}" for kind, name in (("number", number), ("address", address)) if name]


def _is_another(one: Record, other: Record) -> bool:
    """Whether another record of the same human is of another employment of theirs.

    Two HR systems may give one number to two people: where the addresses differ it says nothing.
    """
    addresses = {record.work_email.lower() for record in (one, other) if record.work_email}
    if one.id == other.id or (len(addresses) > 1 and one.source != other.source):
        return False
    known = None not in (one.hired_on, other.hired_on)
    return one.source == other.source or (known and one.hired_on != other.hired_on)


def _said(staying: Sequence[Record]) -> str:
    hired = min((one.hired_on for one in staying if one.hired_on is not None), default=None)
    since = f", hired on {hired}" if hired else ""
    sources = " and ".join(sorted({one.source for one in staying}))
    return (
        f"HR knows this person by another record too ({sources}{since}), of which no end is known by then: what they "
        "work with there would be shut as well. Two persons let it go on, or it is cancelled."
    )
