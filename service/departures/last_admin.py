"""Whoever is the last administrator of a target system: without them nobody could let anybody in again.

Judged by what the rosters said last. The step that would take the rights away asks the system once more.
"""

from collections.abc import Collection
from typing import Final

from sqlalchemy import ColumnElement, bindparam, or_, select
from sqlalchemy.orm import Session

from connectors.sdk.types import AccountStatus
from service.departures.departure import Departure
from service.departures.kind import BESIDE
from service.departures.left import who_leave
from service.people.account_link import AccountLink
from service.people.person import Person
from service.store import Prepared, table_of

CODE: Final = "last administrator"


def left_without(session: Session, departure: Departure) -> list[str]:
    """The target systems that nobody would administer after this departure, by name.

    An administrator who leaves no later than this leaver is none, nor is an account that belongs to nobody known.
    Who left once and came back is one.
    Whose departure is sealed stays until its time: that they are counted out would tell of it. Whoever begins after
    that is looked at again when they do.
    """
    if departure.kind in BESIDE:
        return []
    own = set(_OWN.scalars(session, owner=departure.person_id))
    if not own:
        return []
    others = select(AccountLink.connector, AccountLink.person_id).where(
        _ADMINISTERS, ~_owner(departure.person_id), AccountLink.connector.in_(own)
    )
    found = session.execute(others.distinct()).all()
    no_later = or_(Departure.effective_at <= departure.effective_at, Departure.begun_at.is_not(None))
    leaving = who_leave(session, {person_id for _, person_id in found}, no_later)
    return sorted(own - {connector for connector, person_id in found if person_id not in leaving})


def administrators(session: Session, people: Collection[str]) -> frozenset[str]:
    """Which of these people administer any target system."""
    return frozenset(_ADMINISTRATORS.scalars(session, people=list(people)))


def said_of(systems: Collection[str]) -> str:
    """Why that keeps a departure waiting, as a sentence."""
    return (
        f"Nobody else is known to administer {' and '.join(systems)}: name another administrator there, "
        "or give somebody the rights, before this person is let go."
    )


def leaving_admins(session: Session, connector: str, *, without: str) -> frozenset[str]:
    """Accounts that administer a target system today, and whose owners' departures have begun."""
    query = select(AccountLink.account_id, AccountLink.person_id).where(
        AccountLink.connector == connector, AccountLink.is_admin.is_(True), ~_owner(without)
    )
    found = session.execute(query).all()
    leaving = who_leave(session, {person_id for _, person_id in found}, Departure.begun_at.is_not(None))
    return frozenset(account_id for account_id, person_id in found if person_id in leaving)


def is_the_leaver(words: str, person: Person, links: Collection[AccountLink]) -> bool:
    """Whether what somebody names as another administrator is the leaver, by any name of theirs."""
    names = {person.display_name, person.employee_no, person.work_email, person.username}
    names |= {name for link in links for name in (link.account_id, link.label, *link.identifiers.values())}
    return words.strip().casefold() in {name.casefold() for name in names if name}


def _owner(person_id: str) -> ColumnElement[bool]:
    return AccountLink.person_id == person_id


_LINKS: Final = table_of(AccountLink).c
#: An account known today that administers its system and can be signed in to.
_ADMINISTERS: Final = (
    _LINKS.is_admin.is_(True)
    & (_LINKS.status != AccountStatus.DISABLED.value)
    & _LINKS.vanished_at.is_(None)
    & (_LINKS.doubt == "")
)
_OWN: Final = Prepared(select(_LINKS.connector).where(_ADMINISTERS, _LINKS.person_id == bindparam("owner")))
_ADMINISTRATORS: Final = Prepared(
    select(_LINKS.person_id).where(_ADMINISTERS, _LINKS.person_id.in_(bindparam("people", expanding=True)))
)
