"""`exeunt connectors`: what there is, and one read-only action of one."""

import json

import rich_click as click

from service.cli._open import UNREACHABLE, WRONG_USE, find_person, opened, stop

READING = ("find_accounts", "devices")


@click.group(invoke_without_command=True)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_context
def command(context: click.Context, *, as_json: bool) -> None:
    """List the connectors, their quality and what they can do."""
    if context.invoked_subcommand is not None:
        return
    from connectors.sdk.registry import discover

    manifests = discover()
    if as_json:
        click.echo(
            json.dumps({name: manifest.model_dump(mode="json") for name, manifest in manifests.items()})
        )
        return
    for name, manifest in sorted(manifests.items()):
        click.echo(f"{name:<20} {manifest.quality:<8} {manifest.title}: {', '.join(manifest.actions)}")


@command.command()
@click.argument("connector")
@click.argument("action")
@click.option("--person", required=True, help="Employee number, HR id, e-mail or user name.")
def run(connector: str, action: str, person: str) -> None:
    """Carry out one reading ACTION of CONNECTOR (find_accounts, devices). What changes anything is a playbook's."""
    from dataclasses import asdict

    from connectors.sdk.context import Context
    from connectors.sdk.errors import ConnectorError
    from service.people.person import known_to_connectors

    if action not in READING:
        stop(f"Only {' and '.join(READING)} may be run by hand: a change belongs into a playbook.", WRONG_USE)
    with opened() as service:
        found = find_person(service, person)
        try:
            opened_connector = service.registry.open(connector, Context(now=service.now, read_only=True))
            if not hasattr(opened_connector, action):
                stop(f"{connector} has no {action}.", WRONG_USE)
            rows = list(getattr(opened_connector, action)(known_to_connectors(found)))
        except ConnectorError as error:
            stop(str(error), UNREACHABLE)
    click.echo(json.dumps([asdict(row) for row in rows], default=str))
