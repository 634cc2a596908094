"""Who works for whom, as far as the HR system says."""

from collections.abc import Iterator

from sqlalchemy.orm import Session

from service.people.person import Person, are_same_human


def above(session: Session, person: Person) -> Iterator[Person]:
    """Everybody above a person, the nearest first. A circle of managers ends the walk."""
    seen: set[str] = set()
    at = person.manager_id
    while at is not None and at not in seen:
        seen.add(at)
        boss = session.get_one(Person, at)
        yield boss
        at = boss.manager_id


def reports_to(session: Session, person_id: str, boss_id: str) -> bool:
    """True when the boss is the person's manager, or a manager's manager, by whichever record of theirs."""
    person = session.get(Person, person_id)
    return person is not None and any(
        are_same_human(session, boss.id, boss_id) for boss in above(session, person)
    )
