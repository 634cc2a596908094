"""`exeunt drill`: shut a made-up leaver out of every target system and let them in again."""

import json

import rich_click as click

from service.cli._open import FAILED, OK, WRONG_USE, opened, stop


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def command(*, as_json: bool) -> None:
    """Do the drill now: the made-up person of [drill] is shut out, read back, and let in again.

    No account of a real person is touched. Fails where a system does not do what a real leaver would need.
    """
    from service.cli._actor import actor
    from service.engine.drill import NotNow, drills_of
    from service.engine.stopping import MAY_THROW

    with opened() as service:
        by = actor(service, *MAY_THROW, verb="drill")
        drills = drills_of(service.desk, service.registry, service.settings)
        try:
            drill = drills.carry_out(f"person:{by.subject}")
        except NotNow as refused:
            stop(str(refused), WRONG_USE)
        if as_json:
            click.echo(json.dumps({"number": drill.number, "passed": drill.passed, "systems": drill.lines}))
        else:
            for line in drill.lines:
                cut = f" Cut after {line['cut_ms']} ms." if line["cut_ms"] else ""
                word = "passed" if line["passed"] else "FAILED"
                click.echo(f"{line['system']:<20} {word:<7} {line['said']}{cut} {line['fix']}".rstrip())
            click.echo(f"D-{drill.number} {'passed' if drill.passed else 'failed'}.")
    raise SystemExit(OK if drill.passed else FAILED)
