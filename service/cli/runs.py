"""`exeunt runs`: what has run, and how one run stands."""

import json
from typing import TYPE_CHECKING, Final

import rich_click as click

from service.cli._open import FAILED, OK, WAITS, opened, run_number, stop

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from service.app import Service
    from service.engine.facts import RunFacts

#: So many are listed where nothing says which.
NEWEST: Final = 50
#: More than a company loses at once is no list for people.
MOST_RUNS: Final = 10_000


@click.command()
@click.argument("number", required=False)
@click.option("--batch", help="Of the list, the runs of this batch (B-3), all of them.")
@click.option("--paused", is_flag=True, help="Of the list, what somebody paused, in whole or in part.")
@click.option("--overdue", is_flag=True, help="Of the list, what waits for somebody past its deadline.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def command(*, number: str | None, batch: str | None, paused: bool, overdue: bool, as_json: bool) -> None:
    """List the newest runs, or show run NUMBER (R-7)."""
    with opened() as service:
        if number is None:
            _list(service, batch, paused=paused, overdue=overdue, as_json=as_json)
            return
        code = _show(service, number, as_json=as_json)
    raise SystemExit(code)


def _list(service: "Service", batch: str | None, *, paused: bool, overdue: bool, as_json: bool) -> None:
    from dataclasses import asdict

    from service.cli._actor import reader
    from service.cli._held import batch_number
    from service.engine.facts import RunFilter

    of = None if batch is None else batch_number(batch)
    only = RunFilter(
        reader=reader(service), batch=of, paused=paused, overdue=service.now() if overdue else None
    )
    lines = service.desk.lines(only=only, limit=NEWEST if of is None else MOST_RUNS)
    if as_json:
        click.echo(json.dumps([asdict(line) for line in lines], default=str))
    elif not lines and (batch or paused or overdue):
        click.echo("No run fits. Without --batch, --paused and --overdue the newest are listed.")
    elif not lines:
        click.echo("No runs yet. Announce a departure (exeunt run PERSON), or connect HR's webhook.")
    else:
        for line in lines:
            click.echo(f"{line.number:<8} {line.colour:<6} {line.leaver:<28} {line.state}")


def _show(service: "Service", number: str, *, as_json: bool) -> int:
    """One run, as people or programs read it; gives the status that its colour stands for."""
    from dataclasses import asdict

    from service.cli._actor import seen_run
    from service.engine.states import Colour

    wanted = run_number(number)
    facts = seen_run(service, wanted) if wanted is not None else None
    if facts is None:
        stop(f"There is no run {number}. exeunt runs lists them.")
    if as_json:
        click.echo(json.dumps(asdict(facts), default=str))
    else:
        for line in _told(facts, now=service.now()):
            click.echo(line)
    return {Colour.GREEN: OK, Colour.AMBER: WAITS, Colour.RED: FAILED}[facts.colour]


def _told(facts: "RunFacts", *, now: "datetime") -> "Iterator[str]":
    from service.engine.wording import cancelled, counts

    yield f"{facts.number}  {facts.leaver}  {facts.colour}  {facts.state}"
    yield f"{facts.headline}\n{facts.hr_says}".rstrip()
    if facts.cancellation:
        yield f"{cancelled(facts.cancellation)} Reason: {facts.cancellation.reason}"
    if facts.finding:
        said = facts.finding.sentence, facts.finding.unseen, facts.other_notice
        yield " ".join(filter(None, said))
    yield from facts.alarms
    yield counts(facts.steps, now=now, held=facts.is_held)
    for step in facts.steps:
        yield f"  {step.state:<10} {step.grade:<13} {step.title}  {step.why}".rstrip()
