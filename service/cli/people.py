"""`exeunt people`: who works here."""

from pathlib import Path

import rich_click as click

from service.cli._open import WRONG_USE, opened, stop


@click.group()
def command() -> None:
    """Import the roster, give roles, link identities."""


@command.command("import")
@click.argument("path", type=click.Path(path_type=Path))
@click.option("--source", default="hr", show_default=True, help="The HR source whose ids the file holds.")
def import_(path: Path, source: str) -> None:
    """Add and update people from a CSV file (source_id, name, employee_no, work_email, …)."""
    from service.people.roster_file import BadRoster, import_roster

    with opened() as service:
        try:
            with service.store.write() as session:
                done = import_roster(session, path, source=source)
        except BadRoster as error:
            stop(str(error), WRONG_USE)
    click.echo(f"{done.added} people added, {done.changed} updated.")


@command.command()
@click.argument("person")
@click.argument("role")
def grant(person: str, role: str) -> None:
    """Give PERSON a ROLE (hr, it, approver, investigator, counsel, auditor, admin)."""
    import uuid

    from service.cli._open import find_person
    from service.people.person import Role, RoleGrant, roles_of

    if role not in set(Role):
        stop(f"There is no role {role}. There are: {', '.join(Role)}.", WRONG_USE)
    with opened() as service:
        found = find_person(service, person)
        with service.store.write() as session:
            if Role(role) not in roles_of(session, found.id):
                session.add(
                    RoleGrant(id=str(uuid.uuid4()), person_id=found.id, role=Role(role), since=service.now())
                )
    click.echo(f"{found.display_name} has the role {role}.")


@command.command()
@click.argument("person")
@click.argument("kind", type=click.Choice(["slack", "oidc", "os"]))
@click.argument("value")
def identity(person: str, kind: str, value: str) -> None:
    """Say how PERSON shows who they are: slack T0123/U0456, oidc ISSUER|SUB, os USER."""
    import uuid

    from service.cli._open import find_person
    from service.people.person import Identity, IdentityKind, who

    with opened() as service:
        found = find_person(service, person)
        with service.store.write() as session:
            known = who(session, IdentityKind(kind), value)
            if known is not None and known.id != found.id:
                stop(
                    f"{kind} {value} belongs to {known.display_name} already. Nothing was changed.", WRONG_USE
                )
            if known is None:
                session.add(
                    Identity(id=str(uuid.uuid4()), person_id=found.id, kind=IdentityKind(kind), value=value)
                )
    click.echo(f"{found.display_name} is {value} in {kind}.")
