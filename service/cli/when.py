"""`exeunt when`: which instant a civil time stands for, and why."""

import json

import rich_click as click

from service.cli._open import WRONG_USE, sentence, stop


@click.command()
@click.option("--at", required=True, help="A date, 2026-12-05, or a time, 2026-12-05T17:00, as HR means it.")
@click.option("--zone", required=True, help="An IANA time zone, Europe/Berlin.")
@click.option(
    "--friday", default=None, help="Another Friday rule than the configuration's: bring-forward 12:00."
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def command(*, at: str, zone: str, friday: str | None, as_json: bool) -> None:
    """Explain from which instant access must be gone, and when what comes days later begins."""
    from service.departures.reasoning import explain
    from service.departures.times import BadTime
    from service.settings import SettingsError, load
    from service.store import utc_now

    try:
        rule = load().departures.friday if friday is None else friday
        found = explain(at, zone, now=utc_now(), friday_rule=rule)
    except (BadTime, SettingsError) as error:
        stop(sentence(str(error)), WRONG_USE)
    if as_json:
        click.echo(json.dumps(found.as_json()))
        return
    for line in found.lines:
        click.echo(line)
