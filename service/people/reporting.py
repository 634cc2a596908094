"""Who works for whom, as far as the HR system says."""

from sqlalchemy.orm import Session

from service.people.person import Person, are_same_human


def reports_to(session: Session, person_id: str, boss_id: str) -> bool:
    """True when the boss is the person's manager, or a manager's manager, by whichever record of theirs.

    A circle of managers ends the search.
    """
    seen: set[str] = set()
    person = session.get(Person, person_id)
    while person is not None and person.manager_id is not None and person.manager_id not in seen:
        if are_same_human(session, person.manager_id, boss_id):
            return True
        seen.add(person.manager_id)
        person = session.get(Person, person.manager_id)
    return False
