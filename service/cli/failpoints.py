"""`exeunt failpoints`: where the process can be told to kill itself, for tests of crashes."""

import json

import rich_click as click


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def command(*, as_json: bool) -> None:
    """List the fail points. EXEUNT_KILL_AT=NAME[:N] makes a process kill itself at the Nth passage of one."""
    from service.store.failpoints import POINTS

    if as_json:
        click.echo(json.dumps(dict(POINTS)))
        return
    width = max(map(len, POINTS))
    for name, said in POINTS.items():
        click.echo(f"{name:<{width}}  {said}")
