"""`exeunt clock`: what became of the machine's clock, and saying that it is right."""

import rich_click as click

from service.cli._open import opened


@click.group(invoke_without_command=True)
@click.pass_context
def command(context: click.Context) -> None:
    """Show when the machine's clock was set, and what followed; say that it is right."""
    if context.invoked_subcommand is not None:
        return
    from service.engine.clock import told

    with opened() as service, service.store.read() as session:
        entries = told(session)
    if not entries:
        click.echo("Nobody has set the machine's clock while the service ran.")
    for at, body in entries:
        click.echo(f"{at:%Y-%m-%d %H:%M:%S} UTC  {body}")


@command.command()
def trust() -> None:
    """Say that the machine's clock is right: departures that are due by it begin."""
    from service.cli._actor import actor
    from service.engine.clock import say_it_is_right
    from service.people.person import Role

    with opened() as service:
        by = actor(service, Role.ADMIN, Role.IT, verb="clock")
        with service.store.write() as session:
            say_it_is_right(session, actor=f"person:{by.subject}", now=service.now())
    click.echo("Recorded. A running service hears it at its next look, within seconds.")
