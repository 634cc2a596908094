"""`exeunt rehire`: who comes back: what their departures shut, what would be put back, and what cannot be."""

import uuid
from typing import TYPE_CHECKING

import rich_click as click

from service.cli._open import FAILED, OK, WRONG_USE, find_person, opened, run_number, stop

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from service.app import Service
    from service.engine.shut_by import ShutBy
    from service.engine.undo_compare import Line
    from service.engine.undo_steps import Foreseen
    from service.people.person import Person


@click.command()
@click.argument("person")
@click.option("--restore", is_flag=True, help="Put it back, and do not only show it.")
@click.option("--also", multiple=True, help="With --restore: what this other run (R-7) shut too.")
@click.option(
    "--because", "note", default="", help="With --restore: why, in at least 10 characters; it is kept."
)
@click.option("--yes", is_flag=True, help="Do not ask.")
def command(*, person: str, restore: bool, also: tuple[str, ...], note: str, yes: bool) -> None:
    """Show what the last closed departure of PERSON shut, beside what holds now; changes nothing by itself.

    What other runs of theirs shut before it or beside it, and what stands of that, is shown below: it was so while
    they were here last, so --restore puts it back only where --also names the run. Every target system is read live.
    With --restore the same is put back as `exeunt undo` does it; the departure stays closed, because it took place.
    """
    from service.cli._actor import actor
    from service.engine.refusable import UNDO
    from service.engine.undo import MAY_UNDO

    with opened() as service:
        by = actor(service, *MAY_UNDO, verb=UNDO if restore else "compare")
        returning = find_person(service, person)
        last, others = _runs(service, returning.id)
        named = _named(also, others)
        stands = _show(service, last, others, by)
        if not restore:
            click.echo("Nothing was changed. To put it back: exeunt rehire PERSON --restore --because …")
            _tell_of_others(stands)
            return
        if last is None:
            stop("Everything was taken back once, and is not again. Nothing was changed.", WRONG_USE)
        if not yes and not click.confirm(f"Open the access of {returning.display_name} again?"):
            stop("Nothing was changed.", WRONG_USE)
        _restore(service, sorted((last, *named), key=lambda run: -run.number), by=by, note=note)
    raise SystemExit(OK)


def _runs(service: "Service", person_id: str) -> "tuple[ShutBy | None, list[ShutBy]]":
    """The run of the person's last departure, which must be closed; and the others that are over."""
    from service.cli._actor import reader
    from service.departures.kind import DepartureState
    from service.engine.shut_by import last_departure, shut_by

    with service.store.read() as session:
        runs = shut_by(session, person_id, reader=reader(service))
    if not runs:
        stop("No run ever shut this person's access. Nothing was changed.", WRONG_USE)
    last = last_departure(runs)
    if last is not None and last.state is not DepartureState.CLOSED:
        said = f"R-{last.number} is {last.state.value}, not closed: use exeunt undo R-{last.number}."
        stop(f"{said} Nothing was changed.", WRONG_USE)
    for run in runs:
        if not run.is_over:
            click.echo(f"R-{run.number} is {run.state.value} still, and is not compared.")
    return last, [run for run in runs if run.is_over and run is not last]


def _named(also: "Sequence[str]", others: "Sequence[ShutBy]") -> "list[ShutBy]":
    """The other runs that are to be put back too; one that cannot be stops the command."""
    known = {run.number: run for run in others if not run.is_taken_back}
    named = [known.get(run_number(words) or 0) for words in also]
    if wrong := [words for words, run in zip(also, named, strict=True) if run is None]:
        listed = ", ".join(f"R-{number}" for number in known) or "none"
        stop(
            f"{wrong[0]} is none of theirs that can be put back too ({listed}). Nothing was changed.",
            WRONG_USE,
        )
    return [run for run in known.values() if run in named]


def _show(
    service: "Service", last: "ShutBy | None", others: "Sequence[ShutBy]", by: "Person"
) -> "list[ShutBy]":
    """Print what each run changed that stands; gives the others of which anything does."""
    from service.engine.undo_compare import Comparer, by_older_runs, record_look

    comparer = Comparer(
        store=service.store,
        keys=service.keys,
        registry=service.registry,
        specs=service.desk.specs,
        now=service.now,
    )
    runs = [*([last] if last else []), *others]
    seen = [comparer.lines(run.run_id) for run in runs]
    with service.store.write() as session:
        for run, lines in zip(runs, seen, strict=True):
            record_look(session, run.run_id, lines, by, at=service.now())
    stands = []
    for run, lines in zip(runs, by_older_runs(seen, first=last is not None), strict=True):
        if run is last:
            click.echo(f"R-{run.number} changed this:")
            _print(told(lines, service.desk.way_back(run.run_id)))
            continue
        back = _beside(service, run)
        if lines or (back and back.by_hand):
            stands.append(run)
            click.echo(_heading(run))
            _print(told(lines, back))
    if last is None and not stands:
        click.echo("Everything that was shut was taken back, and is as it was before.")
    return stands


def _beside(service: "Service", run: "ShutBy") -> "Foreseen | None":
    """What of a lost laptop is a person's to take back. What people did by hand at an earlier end is long settled."""
    from service.departures.kind import DepartureKind

    beside = run.kind is DepartureKind.LOST_DEVICE and not run.is_taken_back
    return service.desk.way_back(run.run_id) if beside else None


def _heading(run: "ShutBy") -> str:
    if run.is_taken_back:
        return f"R-{run.number} was taken back, and this of it stands; a person puts it back by hand:"
    return f"R-{run.number} changed this too, and it stands:"


def _print(lines: "Iterable[str]") -> None:
    for line in lines:
        click.echo(f"  {line}")


def _tell_of_others(stands: "Sequence[ShutBy]") -> None:
    if can := [f"--also R-{run.number}" for run in stands if not run.is_taken_back]:
        click.echo(f"What other runs shut is put back only where they are named: {' '.join(can)}")


def _restore(service: "Service", runs: "Sequence[ShutBy]", *, by: "Person", note: str) -> None:
    """The newest first: an older one is not taken back while a newer one keeps them out."""
    from service.engine.decisions import NotDecided
    from service.engine.undo import UndoWish
    from service.engine.undos import Because

    batch = str(uuid.uuid4()) if len(runs) > 1 else ""
    for run in runs:
        wish = UndoWish(
            run_id=run.run_id, person_id=by.id, door="cli", note=note, because=Because.REHIRE, batch=batch
        )
        try:
            service.desk.undo(wish)
        except NotDecided as refused:
            stop(str(refused), FAILED)
        click.echo(f"R-{run.number} is being taken back: exeunt runs R-{run.number} shows how far it is.")


def told(lines: "Iterable[Line]", back: "Foreseen | None" = None) -> "Iterator[str]":
    """The comparison, a sentence for each thing: what would be put back, what by hand, and what never."""
    for line in lines:
        seen = f" {line.what}: before {line.before}, now {line.now};" if line.what else ""
        yield f"{line.step}: {line.target}:{seen} {line.says}"
    for title in back.by_hand if back else ():
        yield f"{title}: done by hand; a person takes it back"
    for title, what in back.lost if back else ():
        yield f"{title}: cannot be put back. {what}"
