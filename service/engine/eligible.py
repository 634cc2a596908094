"""Who may be one of two persons: compared as humans, whatever identity they came with."""

from collections.abc import Collection, Sequence
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.departures.departure import Departure
from service.departures.left import roles_now
from service.engine.decisions import NotDecided
from service.engine.releases import CHUNK
from service.ledger.entry import LedgerEntry
from service.ledger.event import Event
from service.people.person import Person, Role, same_human
from service.people.reporting import above

APPROVING: Final = (Role.APPROVER,)
Listed = Sequence[tuple[Departure, Person]]


def check_approver(
    session: Session, person: Person, listed: Listed, *, door: str, roles: Collection[Role] = APPROVING
) -> None:
    """Whether this person may decide about all of these. Raises `NotDecided` with the first reason against it.

    Whoever cancels (other roles) may have asked for the departure and may sit at the command line: nobody is
    touched by it.
    """
    approves = roles is APPROVING
    if approves and door == "cli":
        raise NotDecided(
            "door", "The command line is never one of two persons. Use the pages. Nothing was changed."
        )
    if any(same_human(person, leaver) for _, leaver in listed):
        raise NotDecided(
            "leaver", "The leaver decides nothing about their own departure. Nothing was changed."
        )
    if not set(roles) & roles_now(session, person.id):
        listed_roles = " or ".join(sorted(role.value for role in roles))
        raise NotDecided(
            "role", f"Only people with the role {listed_roles} may do this. Nothing was changed."
        )
    if approves and _requested(session, person, listed):
        raise NotDecided(
            "requester",
            "Whoever announced or changed a departure does not release it. Nothing was changed.",
        )
    if any(same_human(boss, leaver) for boss in above(session, person) for _, leaver in listed):
        raise NotDecided(
            "report", "Somebody who reports to the leaver does not decide about it. Nothing was changed."
        )


def _requested(session: Session, person: Person, listed: Listed) -> bool:
    """Whether they announced one of these, or gave it the time or kind it has: at the command line, by name."""
    actors = {departure.announced_by for departure, _ in listed} | _changed_by(session, listed)
    subjects = {actor.removeprefix("person:") for actor in actors if actor.startswith("person:")}
    if not subjects:
        return False
    asked = session.scalars(select(Person).where(Person.subject.in_(subjects)))
    return any(same_human(person, who) for who in asked)


def _changed_by(session: Session, listed: Listed) -> set[str]:
    """Who changed one of these, as the ledger says."""
    changed = select(LedgerEntry).where(LedgerEntry.event == Event.DEPARTURE_CHANGED.value)
    ids = [departure.id for departure, _ in listed]
    return {
        str(entry.content["actor"])
        for start in range(0, len(ids), CHUNK)
        for entry in session.scalars(changed.where(LedgerEntry.departure_id.in_(ids[start : start + CHUNK])))
    }
