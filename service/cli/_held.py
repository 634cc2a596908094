"""What `exeunt departures` knows of held departures: list them, name a list to let go, cancel, steer a batch."""

import re
from typing import TYPE_CHECKING

import rich_click as click

from service.cli._open import MOST_DIGITS, WRONG_USE, opened, stop

if TYPE_CHECKING:
    from service.app import Service

_BATCH = re.compile(rf"(?:B-)?(\d{{1,{MOST_DIGITS}}})", re.ASCII | re.IGNORECASE)
_because = click.option("--because", required=True, help="Why.")
_batch = click.option("--batch", help="Of this batch (B-3): with --all or --first.")
_all = click.option("--all", "everybody", is_flag=True, help="Of a batch, everybody who is held.")
_first = click.option("--first", type=click.IntRange(min=1), help="Of a batch, only so many, the earliest.")


@click.command()
def held() -> None:
    """List what is held and why; a batch is one line, however many are in it."""
    from service.cli._actor import reader
    from service.engine.held import held_groups, waiting_releases

    with opened() as service:
        who = reader(service)
        with service.store.read() as session:
            groups, waiting = held_groups(session, reader=who), waiting_releases(session, reader=who)
        seen = [line.departure_id for group in groups for line in group.lines if line.sealed]
        service.desk.looked(seen, who, door="cli")
    if not groups:
        click.echo("Nothing is held.")
    for group in groups:
        first = group.lines[0]
        if group.number:
            click.echo(f"B-{group.number:<6} {_counted(len(group.lines))}: {group.title}. {first.because}")
        else:
            click.echo(f"{first.departure_id}  {first.leaver}: {first.because}")
    for release in waiting:
        said = f"{release.first} has said yes" if release.first else "two persons are needed"
        click.echo(f"L-{release.number:<6} {len(release.leavers)} named to be let go; {said}.")


@click.command()
@click.argument("departures", nargs=-1)
@_batch
@_all
@_first
@_because
@click.option("--wave", type=click.IntRange(min=1), help="Let so many of the batch go at a time.")
@click.option(
    "--another", default="", help="Who else administers what the leaver was the last to administer."
)
def release(
    *,
    departures: tuple[str, ...],
    batch: str | None,
    everybody: bool,
    first: int | None,
    because: str,
    wave: int | None,
    another: str,
) -> None:
    """Name held DEPARTURES (ids, or --batch) to be let go: two approvers say yes on the pages.

    The command line is never one of the two: who sits at a keyboard is not proven.
    """
    from service.cli._actor import actor
    from service.engine.approvals import NAMING, Wanted
    from service.engine.decisions import NotDecided
    from service.engine.refusable import RELEASE

    with opened() as service:
        by = actor(service, *NAMING, verb=RELEASE)
        ids = _ids(service, departures, batch, first=first, everybody=everybody)
        wanted = Wanted(
            departures=ids,
            person_id=by.id,
            door="cli",
            because=because,
            wave_size=wave,
            another=another,
        )
        try:
            service.desk.approvals.ask(wanted)
        except NotDecided as refused:
            stop(str(refused), WRONG_USE)
        base = service.settings.service.base_url
    click.echo(f"{len(ids)} named. Two approvers say yes at {base}/departures/held")


@click.command()
@click.argument("departures", nargs=-1)
@_batch
@_all
@_first
@_because
def cancel(
    *, departures: tuple[str, ...], batch: str | None, everybody: bool, first: int | None, because: str
) -> None:
    """Cancel held DEPARTURES (ids, or --batch) that were a mistake: they are withdrawn, nobody is touched."""
    from service.cli._actor import actor
    from service.engine.approvals import CANCELLING, Wanted
    from service.engine.decisions import NotDecided
    from service.engine.refusable import CANCEL_HELD

    with opened() as service:
        by = actor(service, *CANCELLING, verb=CANCEL_HELD)
        ids = _ids(service, departures, batch, first=first, everybody=everybody)
        try:
            service.desk.approvals.cancel(
                Wanted(departures=ids, person_id=by.id, door="cli", because=because)
            )
        except NotDecided as refused:
            stop(str(refused), WRONG_USE)
    click.echo(f"{len(ids)} cancelled.")


@click.command()
@click.argument("verb", type=click.Choice(["next", "stop", "go"]))
@click.argument("batch")
@click.option("--because", default="", help="Why; stopping needs it.")
def steer(*, verb: str, batch: str, because: str) -> None:
    """Open the next wave of a BATCH (B-3), stop it, or go on with it."""
    from service.cli._actor import actor
    from service.engine import waves
    from service.engine.decisions import NotDecided

    number = batch_number(batch)
    with opened() as service:
        by = actor(service, *waves.STEERING, verb=verb)
        try:
            waves.steer(
                service.store,
                number,
                verb,
                person_id=by.id,
                because=because,
                door="cli",
                now=service.now(),
            )
        except NotDecided as refused:
            stop(str(refused), WRONG_USE)
    click.echo({"next": "The next wave is open.", "stop": "Stopped.", "go": "Going on."}[verb])


def _ids(
    service: "Service", departures: tuple[str, ...], batch: str | None, *, first: int | None, everybody: bool
) -> tuple[str, ...]:
    from service.cli._actor import reader
    from service.engine.held import held_groups

    if bool(departures) == bool(batch) or (departures and (everybody or first)):
        stop("Name departures by their ids, or a batch with --batch. Nothing was changed.", WRONG_USE)
    if batch is None:
        return departures
    number = batch_number(batch)
    with service.store.read() as session:
        groups = held_groups(session, reader=reader(service))
    group = next((g for g in groups if g.number == number), None)
    if group is None:
        stop(f"Nothing of batch B-{number} is held. Nothing was changed.", WRONG_USE)
    if everybody == bool(first):
        stop(
            f"B-{number} holds {_counted(len(group.lines))}: say --all, or --first for so many. Nothing was changed.",
            WRONG_USE,
        )
    return tuple(line.departure_id for line in group.lines[:first])


def _counted(count: int) -> str:
    return "1 departure" if count == 1 else f"{count} departures"


def batch_number(words: str) -> int:
    found = _BATCH.fullmatch(words)
    if found is None:
        stop(f"{words} is no batch. Write it as B-3.", WRONG_USE)
    return int(found[1])
