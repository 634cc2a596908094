"""Who is at the keyboard: the operating-system user, mapped to a person in the configuration, else nobody."""

import getpass
from typing import TYPE_CHECKING

from service.cli._open import WRONG_USE, find_person, stop

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from service.app import Service
    from service.engine.facts import RunFacts
    from service.people.person import Person, Role
    from service.settings import Settings


def at_the_keyboard(settings: "Settings", session: "Session") -> "Person | None":
    """Whom the configuration maps the user to; nobody where that is no one person."""
    from sqlalchemy import select

    from service.people.person import Person

    number = settings.cli.users.get(getpass.getuser())
    found = session.scalars(select(Person).where(Person.employee_no == number)).all() if number else []
    return found[0] if len(found) == 1 else None


def reader(service: "Service") -> str:
    """Who reads at the keyboard, by our id: nobody known where the user is not mapped, who sees nothing sealed."""
    with service.store.read() as session:
        person = at_the_keyboard(service.settings, session)
        return person.id if person else ""


def seen_run(service: "Service", number: int) -> "RunFacts | None":
    """Run `R-number`, if it exists for whoever reads; a look at what is sealed is recorded."""
    who, run_id = reader(service), service.desk.run_of_number(number)
    if run_id is None or not service.desk.shows(run_id, who):
        return None
    facts = service.desk.facts(run_id)
    if facts is not None and facts.sealed:
        service.desk.looked([facts.departure_id], who, door="cli")
    return facts


def actor(service: "Service", *roles: "Role", verb: str) -> "Person":
    """The person who gives this command, with one of the roles. Stops the command otherwise, on record: read-only.

    Args:
        verb: What they want done, as the record names it.
    """
    from service.engine.refusable import turned_away

    user = getpass.getuser()
    number = service.settings.cli.users.get(user)
    if number is None:
        turned_away(service.store, "", verb, door="cli", now=service.now())
        stop(
            f"The user {user} is nobody here, so this command may only read. "
            f'Map it in exeunt.toml: [cli] users = {{{user} = "E-1004"}}',
            WRONG_USE,
        )
    person = find_person(service, number)
    if not service.desk.roles(person.id) & set(roles):
        turned_away(service.store, person.id, verb, door="cli", now=service.now())
        wanted = " or ".join(role.value for role in roles)
        stop(
            f"{person.display_name} has not the role {wanted}. Nothing was done. Whoever may says who has one: "
            f"exeunt people grant {number} {roles[0].value}",
            WRONG_USE,
        )
    return person
