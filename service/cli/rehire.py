"""`exeunt rehire`: who comes back: what their departure shut, what would be put back, and what cannot be."""

from typing import TYPE_CHECKING

import rich_click as click

from service.cli._open import FAILED, OK, WRONG_USE, find_person, opened, stop

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from service.app import Service
    from service.engine.undo_compare import Line
    from service.engine.undo_steps import Foreseen
    from service.people.person import Person


@click.command()
@click.argument("person")
@click.option("--restore", is_flag=True, help="Put it back, and do not only show it.")
@click.option(
    "--because", "note", default="", help="With --restore: why, in at least 10 characters; it is kept."
)
@click.option("--yes", is_flag=True, help="Do not ask.")
def command(*, person: str, restore: bool, note: str, yes: bool) -> None:
    """Show what the last closed departure of PERSON shut, beside what holds now; changes nothing by itself.

    Every target system is read live. With --restore the same is put back as `exeunt undo` does it; the departure
    stays closed, because it took place.
    """
    from service.cli._actor import actor
    from service.engine.decisions import NotDecided
    from service.engine.refusable import UNDO
    from service.engine.undo import MAY_UNDO, UndoWish
    from service.engine.undos import Because

    with opened() as service:
        by = actor(service, *MAY_UNDO, verb=UNDO if restore else "compare")
        returning = find_person(service, person)
        run_id, number = _last_closed(service, returning.id)
        _show(service, run_id, number, by)
        if not restore:
            click.echo("Nothing was changed. To put it back: exeunt rehire PERSON --restore --because …")
            return
        if not yes and not click.confirm(f"Open the access of {returning.display_name} again?"):
            stop("Nothing was changed.", WRONG_USE)
        wish = UndoWish(run_id=run_id, person_id=by.id, door="cli", note=note, because=Because.REHIRE)
        try:
            service.desk.undo(wish)
        except NotDecided as refused:
            stop(str(refused), FAILED)
        click.echo(f"R-{number} is being taken back: exeunt runs R-{number} shows how far it is.")
    raise SystemExit(OK)


def _last_closed(service: "Service", person_id: str) -> tuple[str, int]:
    """The run of the person's last departure; it must be closed and not taken back."""
    from sqlalchemy import select

    from service.cli._actor import reader
    from service.departures.departure import Departure
    from service.departures.kind import DepartureState
    from service.departures.sealing import visible_to
    from service.engine.tables import Run

    query = (
        select(Run.id, Run.number, Departure.state)
        .join(Departure, Departure.id == Run.departure_id)
        .where(Departure.person_id == person_id, visible_to(reader(service)))
        .order_by(Run.number.desc())
        .limit(1)
    )
    with service.store.read() as session:
        found = session.execute(query).first()
    if found is None:
        stop("No run ever shut this person's access. Nothing was changed.", WRONG_USE)
    if found.state is not DepartureState.CLOSED:
        said = f"R-{found.number} is {found.state.value}, not closed: use exeunt undo R-{found.number}."
        stop(f"{said} Nothing was changed.", WRONG_USE)
    return found.id, found.number


def _show(service: "Service", run_id: str, number: int, by: "Person") -> None:
    from service.engine.undo_compare import Comparer, record_look

    comparer = Comparer(
        store=service.store,
        keys=service.keys,
        registry=service.registry,
        specs=service.desk.specs,
        now=service.now,
    )
    lines = comparer.lines(run_id)
    with service.store.write() as session:
        record_look(session, run_id, lines, by, at=service.now())
    click.echo(f"R-{number} changed this:")
    for said in told(lines, service.desk.way_back(run_id)):
        click.echo(f"  {said}")


def told(lines: "Iterable[Line]", back: "Foreseen") -> "Iterator[str]":
    """The comparison, a sentence for each thing: what would be put back, what by hand, and what never."""
    for line in lines:
        seen = f" {line.what}: before {line.before}, now {line.now};" if line.what else ""
        yield f"{line.step}: {line.target}:{seen} {line.says}"
    for title in back.by_hand:
        yield f"{title}: done by hand; a person takes it back"
    for title, what in back.lost:
        yield f"{title}: cannot be put back. {what}"
