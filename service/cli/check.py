"""`exeunt check`: look at target systems, Slack and HR read-only, and say which right is missing, with the fix."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import rich_click as click

from service.cli._open import UNREACHABLE, opened

if TYPE_CHECKING:
    from connectors.sdk.types import Check
    from service.app import Service

#: May know of no sealed departure.
NOBODY = ""


@click.command()
def command() -> None:
    """Check the configuration and our access to each connector, Slack and HR, and say which alarms are open.

    Changes nothing.
    """
    from service.cli._protected import fits_nobody
    from service.departures.times import stale

    wrong = False
    with opened() as service:
        if old := stale(service.now()):
            click.echo(f"warn {'zone data':<18} {old}")
        if not any(name in service.settings.connectors for name in service.registry.configured):
            click.echo(
                "No connector is configured. Add [connectors.NAME] to exeunt.toml; exeunt connectors lists them."
            )
        for name, check in _answers(service):
            wrong |= not check.ok
            what = f"{check.name}: {check.what}" if check.name else check.what
            click.echo(f"{'ok  ' if check.ok else 'FAIL'} {name:<18} {what}")
            if check.fix and not check.ok:
                click.echo(f"     {'':<18} fix: {check.fix}")
        for line in (
            *_unconfigured(service),
            *_not_approved(service),
            *fits_nobody(service),
            *_alarms(service),
        ):
            wrong = True
            click.echo(line)
    raise SystemExit(UNREACHABLE if wrong else 0)


def _answers(service: "Service") -> "Iterator[tuple[str, Check]]":
    """What each that was set up says, as it says so: one that gives no answer keeps no other from being asked."""
    from connectors.sdk.errors import ConnectorError
    from connectors.sdk.types import Check
    from service.cli._asked import asked
    from service.intake.source import NotUnderstood
    from service.settings import SettingsError

    for name, ask in asked(service):
        try:
            yield from ((name, check) for check in tuple(ask()))
        except (ConnectorError, SettingsError, NotUnderstood) as error:
            yield name, Check(name="", ok=False, what=str(error))


def _alarms(service: "Service") -> Iterator[str]:
    """What should have moved and did not; nothing of a departure that not everybody may know of."""
    for alarm in service.desk.alarms(NOBODY):
        yield f"FAIL {'alarm':<18} {alarm.said}"
        yield f"     {'':<18} fix: {alarm.fix}"


def _not_approved(service: "Service") -> Iterator[str]:
    """Playbooks whose files are not what runs begin with."""
    from service.playbook.approval import NEEDED

    with service.store.read() as session:
        waiting = service.approvals.waiting(session)
    for change in waiting:
        used = f"version {change.replaces[:12]}" if change.replaces else "nothing: such departures are held"
        yield (
            f"FAIL {change.name:<18} changed and not approved ({len(change.approved_by)} of {NEEDED} persons); "
            f"runs begin with {used}"
        )
        yield f"     {'':<18} fix: exeunt playbook diff {change.name}; two persons approve it on /playbooks"


def _unconfigured(service: "Service") -> Iterator[str]:
    """Connectors that steps of the chosen playbooks need and nobody set up."""
    needed: dict[str, set[str]] = {}
    for loaded in {one.digest: one for one in service.approvals.offered.values()}.values():
        for step in loaded.playbook.steps:
            connector = step.action.partition(".")[0]
            if connector in service.registry.manifests and connector not in service.registry.configured:
                needed.setdefault(connector, set()).add(f"{loaded.playbook.playbook}.{step.id}")
    for connector, steps in sorted(needed.items()):
        yield f"FAIL {connector:<18} not configured, and needed by {', '.join(sorted(steps))}"
        yield f"     {'':<18} fix: add [connectors.{connector}] to exeunt.toml, or take the steps out"
