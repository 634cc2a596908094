"""Who is at the keyboard: the operating-system user, mapped to a person in the configuration, else nobody."""

import getpass
from typing import TYPE_CHECKING

from service.cli._open import WRONG_USE, find_person, stop

if TYPE_CHECKING:
    from service.app import Service
    from service.people.person import Person, Role


def actor(service: "Service", *roles: "Role") -> "Person":
    """The person who gives this command, with one of the roles. Stops the command otherwise: read-only."""
    user = getpass.getuser()
    number = service.settings.cli.users.get(user)
    if number is None:
        stop(
            f"The user {user} is nobody here, so this command may only read. "
            f'Map it in exeunt.toml: [cli] users = {{{user} = "E-1004"}}',
            WRONG_USE,
        )
    person = find_person(service, number)
    if not service.desk.roles(person.id) & set(roles):
        wanted = " or ".join(role.value for role in roles)
        stop(f"{person.display_name} has not the role {wanted}. Nothing was done.", WRONG_USE)
    return person
