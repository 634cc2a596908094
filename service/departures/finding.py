"""Whom an event is about. Never found by name."""

from typing import Final

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from service.departures.event import EventPerson, Unannounceable
from service.people.person import LEAVER, Leaver, Person
from service.store import Prepared, table_of

_PEOPLE: Final = table_of(Person).c
_BY_SOURCE: Final = Prepared(
    select(*LEAVER).where(_PEOPLE.source == bindparam("source"), _PEOPLE.source_id == bindparam("source_id"))
)
_BY_NUMBER: Final = Prepared(select(*LEAVER).where(_PEOPLE.employee_no == bindparam("employee_no")))


def find_person(session: Session, source: str, said: EventPerson) -> Leaver:
    """By the HR system's own id, else by two identifiers that agree. Raises `Unannounceable`."""
    session.flush()  # what the row before this one changed
    found = _BY_SOURCE.rows(session, source=source, source_id=said.source_id)
    if not found and said.employee_no and said.work_email:
        address = said.work_email.casefold()
        numbered = _BY_NUMBER.rows(session, employee_no=said.employee_no)
        found = [row for row in numbered if (Leaver(*row).work_email or "").casefold() == address]
    if len(found) != 1:
        raise Unannounceable(
            f"Nobody here has the id {said.source_id} of {source}, and no two identifiers agree on one person. "
            "Import the roster (exeunt people import FILE.csv), then send or import it again."
        )
    person = Leaver(*found[0])
    _check_agreement(person, said)
    return person


def _check_agreement(person: Leaver, said: EventPerson) -> None:
    """An id that points to one person and identifiers that point to another: nobody is touched."""
    pairs = ((said.employee_no, person.employee_no), (said.work_email, person.work_email))
    for new, known in pairs:
        if new and known and new.casefold() != known.casefold():
            raise Unannounceable(
                "The event's identifiers belong to different people. Nobody was touched. "
                "Correct the record in the HR system, or import the roster again."
            )
