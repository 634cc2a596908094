"""People as Slack knows them: only by our own mapping of `TEAM/USER`, never by name or e-mail."""

from collections.abc import Collection

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from service.people.person import Identity, IdentityKind, Person, are_same_human
from service.slack.text import escape


def identity(team: str, user: str) -> str:
    """How a Slack user is written in our mapping."""
    return f"{team}/{user}"


def slack_users(session: Session, people: Select[str] | Collection[str], team: str) -> frozenset[str]:
    """The Slack users that are these people, by id, in this workspace."""
    query = select(Identity.value).where(Identity.person_id.in_(people), Identity.kind == IdentityKind.SLACK)
    found = (value.partition("/") for value in session.scalars(query))
    return frozenset(user for of, _, user in found if of == team and user)


def mention(session: Session, person: Person | None, team: str) -> str:
    """A person in mrkdwn: called by their Slack user where we know it, else by name."""
    if person is None:
        return ""
    users = sorted(slack_users(session, (person.id,), team))
    return f"<@{users[0]}>" if users else f"*{escape(person.display_name)}*"


def actor(session: Session, said: str, team: str, *, unnamed: str = "") -> str:
    """Who stands behind an actor of the ledger (`person:…`, `source:hr`, `system:engine`), in mrkdwn.

    Args:
        unnamed: A person who is written but never called: the leaver.
    """
    kind, _, name = said.partition(":")
    if kind == "person":
        found = session.scalar(select(Person).where(Person.subject == name))
        if found is not None and unnamed and are_same_human(session, found.id, unnamed):
            return f"*{escape(found.display_name)}*"
        return mention(session, found, team) or "somebody"
    return f"*{escape(name)}* (HR system)" if kind == "source" else escape(name or said)
