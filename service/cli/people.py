"""`exeunt people`: who works here."""

import re
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

import rich_click as click

from service.cli._open import UNREACHABLE, WRONG_USE, opened, stop

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from connectors.sdk.types import Account
    from service.app import Service
    from service.ledger.event import Event
    from service.ledger.leaf import Json
    from service.people.person import IdentityKind, Person, Role

#: How somebody is known elsewhere is written; what is not so could never be compared with what comes from there.
_IDENTITIES: Final = {
    "slack": re.compile(r"[A-Z0-9]{2,}/[A-Z0-9]{2,}"),
    "oidc": re.compile(r"https?://[^\s|]+\|[!-~]+"),
    "os": re.compile(r"[^\s\x00-\x1f\x7f-\x9f]+"),
}
_WRITTEN: Final = {"slack": "T0123/U0456", "oidc": "ISSUER|SUB", "os": "as the user's name"}


@click.group()
def command() -> None:
    """Import the roster, give and take roles, link identities."""


@command.command("import")
@click.argument("path", type=click.Path(path_type=Path))
@click.option("--source", default="hr", show_default=True, help="The HR source whose ids the file holds.")
@click.option("--same", multiple=True, help="Whoever has this row's address is the same person; or all.")
@click.option("--given-on", multiple=True, help="This row's address was somebody else's, who has left.")
def import_(path: Path, source: str, same: tuple[str, ...], given_on: tuple[str, ...]) -> None:
    """Add and update people from a CSV file (source_id, name, employee_no, work_email, …).

    An address that somebody else has stops it with a question.
    Rows are named by their source_id.
    """
    from service.departures.left import is_gone
    from service.ledger.entry import append
    from service.ledger.event import Event
    from service.people.roster_file import BadRoster, import_roster
    from service.people.shared_address import Answers

    with opened() as service:
        try:
            with service.store.write() as session:
                answers = Answers(same=same, given_on=given_on, gone=partial(is_gone, session))
                done = import_roster(session, path, source=source, answers=answers)
                _record(
                    service,
                    session,
                    Event.ROSTER_IMPORTED,
                    body={
                        "source": source,
                        "added": done.added,
                        "changed": done.changed,
                        "given_up": done.given_up,
                    },
                )
        except BadRoster as error:
            with service.store.write() as session:
                body = {"source": source, "slips": error.slips}
                append(session, Event.ROSTER_REFUSED, actor="system:cli", body=body, at=service.now())
            stop(str(error), WRONG_USE)
    taken = f" {done.given_up} who left gave up their address." if done.given_up else ""
    click.echo(f"{done.added} people added, {done.changed} updated.{taken}")


@command.command()
@click.argument("person")
@click.argument("role")
def grant(person: str, role: str) -> None:
    """Give PERSON a ROLE (hr, it, approver, investigator, counsel, auditor, admin). It is recorded who did."""
    import uuid

    from service.cli._open import find_person
    from service.ledger.event import Event
    from service.people.person import RoleGrant, roles_of

    wanted = _role(role)
    with opened() as service:
        found = find_person(service, person)
        with service.store.write() as session:
            if wanted not in roles_of(session, found.id):
                session.add(
                    RoleGrant(id=str(uuid.uuid4()), person_id=found.id, role=wanted, since=service.now())
                )
                _record(service, session, Event.ROLE_GRANTED, found, body={"role": wanted.value})
    click.echo(f"{found.display_name} has the role {role}.")


@command.command()
@click.argument("person")
@click.argument("role")
def revoke(person: str, role: str) -> None:
    """Take a ROLE away from PERSON again. It is recorded who did."""
    from sqlalchemy import delete

    from service.cli._open import find_person
    from service.ledger.event import Event
    from service.people.person import RoleGrant, roles_of

    wanted = _role(role)
    with opened() as service:
        found = find_person(service, person)
        with service.store.write() as session:
            if wanted not in roles_of(session, found.id):
                stop(f"{found.display_name} has not the role {role}. Nothing was changed.", WRONG_USE)
            session.execute(
                delete(RoleGrant).where(RoleGrant.person_id == found.id, RoleGrant.role == wanted)
            )
            _record(service, session, Event.ROLE_TAKEN, found, body={"role": wanted.value})
    click.echo(f"{found.display_name} has not the role {role} any more.")


@command.command()
@click.argument("person")
@click.argument("kind", type=click.Choice(["slack", "oidc", "os"]))
@click.argument("value")
@click.option("--remove", is_flag=True, help="It is not theirs: take it away again.")
def identity(person: str, kind: str, value: str, *, remove: bool) -> None:
    """Say how PERSON shows who they are: slack T0123/U0456, oidc ISSUER|SUB, os USER. It is recorded who did."""
    from service.cli._open import find_person
    from service.people.person import IdentityKind, who

    if not remove and not _IDENTITIES[kind].fullmatch(value):
        stop(
            f"This is no identity in {kind}: it is written {_WRITTEN[kind]}. Nothing was changed.", WRONG_USE
        )
    with opened() as service:
        found = find_person(service, person)
        with service.store.write() as session:
            known = who(session, IdentityKind(kind), value)
            if known is not None and known.id != found.id:
                stop(
                    f"{kind} {value} belongs to {known.display_name} already. Nothing was changed.", WRONG_USE
                )
            if known is None and remove:
                stop(f"{kind} {value} is nobody's. Nothing was changed.", WRONG_USE)
            if (known is None) != remove:
                _link(service, session, found, IdentityKind(kind), value, remove=remove)
    click.echo(f"{found.display_name} is {'not ' if remove else ''}{value} in {kind}.")


@command.command()
@click.argument("person")
@click.argument("connector")
@click.argument("account", required=False)
@click.option("--none", "none", is_flag=True, help="No account there is this person's.")
def link(person: str, connector: str, account: str | None, *, none: bool) -> None:
    """Say which ACCOUNT (its id or label) of CONNECTOR is PERSON's; steps that waited for it go on."""
    from service.cli._actor import actor
    from service.cli._open import find_person
    from service.engine.answering import Answer
    from service.engine.decisions import NotDecided
    from service.engine.refusable import ANSWER
    from service.people.person import Role

    if none == (account is not None):
        stop("Name an account, or say --none.", WRONG_USE)
    with opened() as service:
        by, whose = actor(service, Role.IT, Role.ADMIN, verb=ANSWER), find_person(service, person)
        found = None if account is None else _account(service, whose, connector, account)
        said = Answer(person_id=whose.id, connector=connector, account=found, by=by.id, door="cli")
        try:
            steps = service.desk.answer(said)
        except NotDecided as refused:
            stop(str(refused), WRONG_USE)
    click.echo(f"Recorded. {steps} {'step goes' if steps == 1 else 'steps go'} on by it.")


def _role(words: str) -> "Role":
    """The role of this name; there being none stops the command."""
    from service.people.person import Role

    if words not in set(Role):
        stop(f"There is no role {words}. There are: {', '.join(Role)}.", WRONG_USE)
    return Role(words)


def _link(
    service: "Service", session: "Session", whose: "Person", kind: "IdentityKind", value: str, *, remove: bool
) -> None:
    import uuid

    from sqlalchemy import delete

    from service.ledger.event import Event
    from service.people.person import Identity

    if remove:
        session.execute(delete(Identity).where(Identity.kind == kind, Identity.value == value))
    else:
        session.add(Identity(id=str(uuid.uuid4()), person_id=whose.id, kind=kind, value=value))
    event = Event.IDENTITY_TAKEN if remove else Event.IDENTITY_LINKED
    _record(service, session, event, whose, body={"kind": kind.value}, pii={"value": value})


def _record(
    service: "Service",
    session: "Session",
    event: "Event",
    whose: "Person | None" = None,
    *,
    body: "dict[str, Json]",
    pii: "dict[str, str] | None" = None,
) -> None:
    """Who may do what here is on record: by whom, where the machine's user is somebody."""
    from service.cli._actor import reader
    from service.ledger.entry import append
    from service.people.person import Person

    person = reader(service)
    by = session.get(Person, person) if person else None
    append(
        session,
        event,
        actor=f"person:{by.subject}" if by else "system:cli",
        subject=whose.subject if whose else "",
        body={**body, "door": "cli"},
        pii=pii,
        at=service.now(),
    )


def _account(service: "Service", whose: "Person", connector: str, words: str) -> "Account":
    """A candidate, else an account the target system lists, by its id or label."""
    from connectors.sdk.capabilities import ListsAccounts
    from connectors.sdk.context import Context
    from connectors.sdk.errors import ConnectorError
    from service.engine.answering import candidate

    with service.store.read() as session:
        found = candidate(session, whose.id, connector, words)
    if found is not None:
        return found
    try:
        opened_ = service.registry.open(connector, Context(now=service.now, read_only=True))
        listed = opened_.list_accounts() if isinstance(opened_, ListsAccounts) else ()
        found = next((one for one in listed if words in (one.id, one.label)), None)
    except ConnectorError as error:
        stop(str(error), UNREACHABLE)
    if found is None:
        stop(f"{connector} has no account with the id or label {words}. Nothing was changed.", WRONG_USE)
    return found


@command.command("questions")
def questions_() -> None:
    """List what is unclear about whose accounts they are, with the candidates."""
    from service.cli._actor import reader
    from service.departures.questions import about, open_questions
    from service.engine.sight import hides_question
    from service.people.person import Person

    with opened() as service, service.store.read() as session:
        who = reader(service)
        found = [one for one in open_questions(session) if not hides_question(session, one, who)]
        for question in found:
            owner = session.get_one(Person, question.person_id)
            click.echo(f"{owner.source_id}  {owner.display_name}  {question.connector}: {question.why}")
            for one in question.accounts:
                click.echo(f"    {one.id}  {one.label}\n        {about(one)}")
    answer = "exeunt people link PERSON SYSTEM ACCOUNT, or --none in place of the account"
    click.echo(f"Answer: {answer}." if found else "Nothing is unclear.")
