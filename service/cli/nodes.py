"""`exeunt nodes`: which nodes are at work, and which of them carry steps out."""

import rich_click as click

from service.cli._open import FAILED, opened, stop


@click.command()
@click.option("--here", is_flag=True, help="Only those of this machine or container.")
def command(*, here: bool) -> None:
    """List the nodes that live, as the database heard them. Exit status 1 where nobody carries steps out."""
    from service.engine.alone import OnlyEngine
    from service.engine.nodes import alive, is_here

    with opened() as service:
        with service.store.read() as session:
            living = [] if service.store.is_sqlite else alive(session)
        alone = OnlyEngine(service.store).is_taken()
    said = alone and (service.store.is_sqlite or not here)  # on PostgreSQL it may be on any machine
    if said:
        click.echo("One process carries steps out, alone: exeunt serve, or the demonstration.")
    found = [node for node in living if is_here(node)] if here else living
    for node in sorted(found, key=lambda node: (node.works, node.name)):
        does = ("serve" if alone else "worker") if node.works else "web"
        click.echo(
            f"{node.name}  {does} {node.version}  since {node.began_at:%Y-%m-%d %H:%M:%S} UTC  "
            f"heard {node.beat_at:%H:%M:%S}"
        )
    if not said and not any(node.works for node in found):
        stop("No node carries steps out. Start one: exeunt worker, or exeunt serve alone.", FAILED)
