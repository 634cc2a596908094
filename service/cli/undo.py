"""`exeunt undo`: take back what runs changed, one or a hundred, and say what could not be taken back."""

import time
import uuid
from typing import TYPE_CHECKING, Final

import rich_click as click

from service.cli._open import FAILED, OK, WAITS, WRONG_USE, opened, stop

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from service.app import Service
    from service.engine.undo_facts import Progress
    from service.engine.undo_many import Choice, Chosen

#: How often progress is looked at, and told, in seconds.
LOOK_S: Final = 1.0
#: After so long without a change it is looked whether anybody carries steps out, in seconds.
STILL_S: Final = 30.0


@click.command()
@click.argument("runs", nargs=-1)
@click.option("--batch", default="", help="Every run of this batch, by its number (B-3) or title.")
@click.option("--since", help="Every run begun since this moment, such as 2026-12-05T17:00Z.")
@click.option("--source", default="", help="With --since: only what this HR source announced.")
@click.option("--because", "note", default="", help="Why, in at least 10 characters; it is kept.")
@click.option("--wait/--no-wait", default=True, show_default=True, help="Stay until everything is put back.")
@click.option("--yes", is_flag=True, help="Do not ask.")
def command(
    *, runs: tuple[str, ...], batch: str, since: str | None, source: str, note: str, wait: bool, yes: bool
) -> None:
    """Take back RUNS (R-7, R-1..R-100): what we changed is as it was before, or it is said what is not.

    `exeunt serve` does the work; this command gives the go, shows how far it is, and ends with what is left by hand.
    """
    from service.cli._actor import actor
    from service.engine.refusable import UNDO
    from service.engine.undo import MAY_UNDO
    from service.engine.undo_many import left_to_begin

    with opened() as service:
        by = actor(service, *MAY_UNDO, verb=UNDO)
        choice = _choice(service, runs, batch=batch, since=since, source=source)
        found = _found(service, choice)
        _make_sure(found, yes=yes)
        refused = _begin(service, found, person_id=by.id, note=note)
        for number, why in sorted(refused.items()):
            click.echo(f"R-{number}: {why}")
        begun = [each.run_id for each in found if each.number not in refused]
        if wait and begun:
            _watch(service, begun)
        code = _report(service, begun)
        with service.store.read() as session:
            others = left_to_begin(session, choice)
    if others:
        click.echo(others)
        code = WAITS
    raise SystemExit(FAILED if refused else code)


def _choice(
    service: "Service", runs: tuple[str, ...], *, batch: str, since: str | None, source: str
) -> "Choice":
    """What was typed; a slip stops the command."""
    from service.cli._actor import reader
    from service.cli.decide import numbers_in
    from service.engine.undo_many import Choice

    if sum(map(bool, (runs, batch, since))) != 1:
        stop(
            "Say which runs: R-7, R-1..R-100, --batch or --since; one of them. Nothing was changed.",
            WRONG_USE,
        )
    numbers = list(dict.fromkeys(number for words in runs for number in numbers_in(words)))
    return Choice(
        numbers=numbers,
        batch=batch,
        since=_moment(since) if since else None,
        source=source,
        reader=reader(service),
    )


def _found(service: "Service", choice: "Choice") -> "list[Chosen]":
    """The runs of a choice; one that is not there stops the command."""
    from service.engine.undo_many import chosen

    with service.store.read() as session:
        found = chosen(session, choice)
    missing = sorted(set(choice.numbers) - {each.number for each in found})
    if missing:
        listed = ", ".join(f"R-{number}" for number in missing[:10])
        stop(f"There is no run {listed}. Nothing was changed.", WRONG_USE)
    if not found:
        stop("No run fits. Nothing was changed.", WRONG_USE)
    return found


def _moment(words: str) -> "datetime":
    from datetime import datetime

    try:
        moment = datetime.fromisoformat(words)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        stop(
            f"{words} is no moment. Write one with its zone: 2026-12-05T17:00Z. Nothing was changed.",
            WRONG_USE,
        )
    return moment


def _make_sure(found: "Sequence[Chosen]", *, yes: bool) -> None:
    click.echo(f"{len(found)} {'run' if len(found) == 1 else 'runs'} would be taken back:")
    for each in found[:20]:
        click.echo(f"  R-{each.number:<6} {each.leaver:<28} {each.state}")
    if len(found) > 20:  # noqa: PLR2004  as many as are shown
        click.echo(f"  and {len(found) - 20} more")
    if not yes and not click.confirm("Their access opens again, as it was before. Go on?"):
        stop("Nothing was changed.", WRONG_USE)


def _begin(service: "Service", found: "Sequence[Chosen]", *, person_id: str, note: str) -> dict[int, str]:
    """Give the go for each run; gives those that were refused, with why."""
    from service.engine.decisions import NotDecided
    from service.engine.undo import UndoWish

    batch = str(uuid.uuid4()) if len(found) > 1 else ""
    refused = {}
    for each in reversed(found):  # of one person the newest first: an older one waits for it
        wish = UndoWish(run_id=each.run_id, person_id=person_id, door="cli", note=note, batch=batch)
        try:
            service.desk.undo(wish)
        except NotDecided as error:
            refused[each.number] = str(error)
    return refused


def _watch(service: "Service", begun: "Sequence[str]") -> None:
    """Say how far it is until nothing moves by itself any more."""
    told, seen, still_since = "", None, time.monotonic()
    while True:
        now = service.desk.undoing(begun)
        done = sum(each.finished for each in now)
        asking = sum(bool(each.open) for each in now if not each.finished)
        said = f"{done} of {len(now)} put back" + (f", {asking} need a person" if asking else "")
        if said != told:
            click.echo(said)
            told = said
        if not any(each.moving for each in now):
            return
        if now != seen:
            seen, still_since = now, time.monotonic()
        elif time.monotonic() - still_since > STILL_S and (why := _stands_still(service)):
            click.echo(why)
            return
        time.sleep(LOOK_S)


def _stands_still(service: "Service") -> str:
    """Why nothing moves, where waiting does not help; empty where it is being tried again."""
    from service.engine.kill_switch import stopped
    from service.engine.nodes import anybody_works

    with service.store.read() as session:
        thrown = stopped(session)
    if thrown is not None:
        return f"{thrown.said.rstrip()} It goes on after `exeunt go`, without this command."
    if not anybody_works(service.store):
        return "Nothing carries steps out. Start `exeunt serve`: it goes on without this command."
    return ""


def _report(service: "Service", begun: "Sequence[str]") -> int:
    """What is left: what a person must decide, with what goes on with it, and what is never brought back."""
    now: list[Progress] = service.desk.undoing(begun)
    for each in now:
        for asks in each.open:
            click.echo(" ".join(filter(None, (f"R-{each.number}: {asks.title}: needs a person.", asks.why))))
            click.echo(f"  {asks.goes_on_by}")
        for title, what in each.lost:
            click.echo(f"R-{each.number}: {title}: not brought back. {what}")
    left = sum(not each.finished for each in now)
    if now:
        click.echo(f"{len(now) - left} of {len(now)} taken back{f', {left} not yet' if left else ''}.")
    return WAITS if left else OK
