"""`exeunt runs`: what has run, and how one run stands."""

import json

import rich_click as click

from service.cli._open import FAILED, OK, WAITS, opened, run_number, stop


@click.command()
@click.argument("number", required=False)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def command(*, number: str | None, as_json: bool) -> None:
    """List the newest runs, or show run NUMBER (R-7)."""
    from dataclasses import asdict

    from service.cli._actor import reader, seen_run
    from service.engine.facts import RunFilter
    from service.engine.states import Colour
    from service.engine.wording import cancelled, counts

    with opened() as service:
        if number is None:
            lines = service.desk.lines(only=RunFilter(reader=reader(service)))
            if as_json:
                click.echo(json.dumps([asdict(line) for line in lines], default=str))
                return
            if not lines:
                click.echo("No runs yet. Announce a departure (exeunt run PERSON), or connect HR's webhook.")
            for line in lines:
                click.echo(f"{line.number:<8} {line.colour:<6} {line.leaver:<28} {line.state}")
            return
        wanted = run_number(number)
        facts = seen_run(service, wanted) if wanted is not None else None
        if facts is None:
            stop(f"There is no run {number}. exeunt runs lists them.")
        if as_json:
            click.echo(json.dumps(asdict(facts), default=str))
        else:
            click.echo(f"{facts.number}  {facts.leaver}  {facts.colour}  {facts.state}")
            click.echo(f"{facts.headline}\n{facts.hr_says}".rstrip())
            if facts.cancellation:
                click.echo(f"{cancelled(facts.cancellation)} Reason: {facts.cancellation.reason}")
            if facts.finding:
                said = facts.finding.sentence, facts.finding.unseen, facts.other_notice
                click.echo(" ".join(filter(None, said)))
            click.echo(counts(facts.steps, now=service.now(), held=facts.is_held))
            for step in facts.steps:
                click.echo(f"  {step.state:<10} {step.grade:<13} {step.title}  {step.why}".rstrip())
        code = {Colour.GREEN: OK, Colour.AMBER: WAITS, Colour.RED: FAILED}[facts.colour]
    raise SystemExit(code)
