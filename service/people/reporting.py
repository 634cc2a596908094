"""Who works for whom, as far as the HR systems say."""

from collections.abc import Iterator

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.people.person import Person, are_same_human, records_of


def above(session: Session, person: Person) -> Iterator[Person]:
    """Everybody above a person, the nearest first, by whichever record each is known. A circle of managers ends it.

    An HR system that knows no manager of theirs does not free whoever works for somebody by another.
    """
    seen: set[str] = set()
    level = _managers(session, person.id)
    while level:
        seen |= level
        for boss in sorted(level):
            yield session.get_one(Person, boss)
        level = {above_it for boss in level for above_it in _managers(session, boss)} - seen


def reports_to(session: Session, person_id: str, boss_id: str) -> bool:
    """True when the boss is the person's manager, or a manager's manager, by whichever record of either."""
    person = session.get(Person, person_id)
    return person is not None and any(
        are_same_human(session, boss.id, boss_id) for boss in above(session, person)
    )


def _managers(session: Session, person_id: str) -> set[str]:
    """Whom all records of the human behind one name as their manager."""
    named = select(Person.manager_id).where(Person.id.in_(records_of(person_id)))
    return {boss for boss in session.scalars(named) if boss is not None}
