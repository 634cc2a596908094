"""`exeunt check`: look at every target system read-only, and say which right is missing, with the fix."""

import rich_click as click

from service.cli._open import UNREACHABLE, opened


@click.command()
def command() -> None:
    """Check the configuration and each connector's access. Changes nothing."""
    from connectors.sdk.capabilities import ChecksItself
    from connectors.sdk.context import Context
    from connectors.sdk.errors import ConnectorError

    wrong = False
    with opened() as service:
        names = [name for name in service.registry.configured if name in service.settings.connectors]
        if not names:
            click.echo(
                "No connector is configured. Add [connectors.NAME] to exeunt.toml; exeunt connectors lists them."
            )
        for name in names:
            try:
                connector = service.registry.open(name, Context(now=service.now, read_only=True))
                checks = connector.check().checks if isinstance(connector, ChecksItself) else ()
            except ConnectorError as error:
                wrong = True
                click.echo(f"FAIL {name:<18} {error}")
                continue
            for check in checks:
                wrong |= not check.ok
                click.echo(f"{'ok  ' if check.ok else 'FAIL'} {name:<18} {check.name}: {check.what}")
                if check.fix and not check.ok:
                    click.echo(f"     {'':<18} fix: {check.fix}")
    raise SystemExit(UNREACHABLE if wrong else 0)
