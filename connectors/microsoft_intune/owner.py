"""Find the one user in Microsoft Entra who is the person. Never by name."""

from typing import Final

from connectors.microsoft_intune.graph import Graph, Row, literal
from connectors.sdk.errors import Ambiguous
from connectors.sdk.types import Person

USER_FIELDS: Final = ("id", "userPrincipalName", "mail", "employeeId")


def find_user(graph: Graph, person: Person) -> str | None:
    """The id of the person's user; None when no user carries any identifier of the person.

    Raises `Ambiguous` when several do, or when the only one belongs to another employee number.
    """
    question = _filter(person)
    if not question:
        return None
    users = graph.rows(
        "/users",
        template="/users",
        needs="User.Read.All",
        select=USER_FIELDS,
        params={"$filter": question},
    )
    return _only(list({str(user["id"]): user for user in users}.values()), person)


def _filter(person: Person) -> str:
    names = dict.fromkeys((*person.emails, *(name for name in person.usernames if "@" in name)))
    terms = [f"employeeId eq {literal(person.employee_no)}"] if person.employee_no else []
    terms += [f"mail eq {literal(email)}" for email in dict.fromkeys(person.emails)]
    terms += [f"userPrincipalName eq {literal(name)}" for name in names]
    return " or ".join(terms)


def _only(users: list[Row], person: Person) -> str | None:
    match users:
        case []:
            return None
        case [user] if not _of_somebody_else(user, person):
            return str(user["id"])
        case [user]:
            what = f"The user with the mail address of {person.display_name} has another employee number."
        case _:
            what = f"{len(users)} users in Microsoft Entra carry an identifier of {person.display_name}."
    raise Ambiguous(
        what,
        hint="Say which user is the leaver's, or correct employeeId in Entra; nothing was changed.",
        candidates=tuple(_label(user) for user in users),
    )


def _of_somebody_else(user: Row, person: Person) -> bool:
    """A mail address can be given to the next person; an employee number is not."""
    theirs = str(user.get("employeeId") or "")
    return bool(theirs and person.employee_no) and theirs.casefold() != str(person.employee_no).casefold()


def _label(user: Row) -> str:
    return f"{user.get('userPrincipalName')} (employee {user.get('employeeId') or 'number not set'})"
