"""`exeunt plan`: what would happen, with nothing done."""

import json
from dataclasses import asdict
from typing import TYPE_CHECKING

import rich_click as click

from service.cli._open import UNREACHABLE, find_person, opened, playbook_in_use
from service.departures.kind import DepartureKind

if TYPE_CHECKING:
    from service.app import Service
    from service.people.person import Person

CHANGES_CODE = 10
KINDS = tuple(kind.value for kind in DepartureKind)


@click.command()
@click.argument("person")
@click.option(
    "--kind",
    type=click.Choice(KINDS),
    help="Of which kind of departure; else of the one that is announced, or a voluntary one.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.option("--detailed-exitcode", is_flag=True, help="Leave with 10 where there is something to do.")
def command(*, person: str, kind: str | None, as_json: bool, detailed_exitcode: bool) -> None:
    """Show what would be done to PERSON (employee number, HR id, e-mail or user name)."""
    from service.engine.preview import Known, Previewer
    from service.engine.theirs import not_of
    from service.people.account_link import linked_accounts
    from service.people.person import known_to_connectors
    from service.playbook.plan import PlanInput, plan

    with opened() as service:
        found = find_person(service, person)
        of_kind = DepartureKind(kind) if kind else _announced(service, found)
        loaded = playbook_in_use(service, of_kind)
        given = PlanInput(kind=of_kind, department=found.department, country=found.country)
        planned = plan(loaded, given, service.registry)
        with service.store.read() as session:
            lines = Previewer(registry=service.registry, now=service.now).preview(
                planned,
                known_to_connectors(found),
                Known(
                    links=lambda connector: linked_accounts(session, found.id, connector),
                    theirs=lambda connector, ids: not_of(session, found.id, connector, ids),
                ),
            )
    if as_json:
        head = {"person": found.source_id, "playbook": planned.playbook, "digest": planned.digest}
        click.echo(json.dumps({"version": 1, **head, "steps": [asdict(line) for line in lines]}))
    else:
        click.echo(f"{found.display_name}  {found.employee_no or ''}  {found.department}")
        click.echo(f"playbook {planned.playbook} v{planned.version}, plan {planned.digest[:12]}")
        for line in lines:
            click.echo(f"  {line.sign} {line.title:<42} {line.target}  {line.says}".rstrip())
        unclear = sum(not line.ok for line in lines)
        click.echo(
            f"{len(lines)} {'step' if len(lines) == 1 else 'steps'}, {unclear} to decide. Nothing has been changed."
        )
    if any(line.target == "?" for line in lines):
        raise SystemExit(UNREACHABLE)
    if detailed_exitcode and lines:
        raise SystemExit(CHANGES_CODE)


def _announced(service: "Service", person: "Person") -> DepartureKind:
    """The kind of the departure that awaits a person, as far as whoever asks may know of it."""
    from service.cli._actor import reader

    who = reader(service)
    theirs = [one for one, _ in service.desk.waiting_departures(who) if one.person_id == person.id]
    if not theirs:
        return DepartureKind.VOLUNTARY
    service.desk.looked([one.id for one in theirs[:1] if one.sealed], who, door="cli")
    return theirs[0].kind
