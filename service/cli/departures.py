"""`exeunt departures`: who leaves, and announcing several at once from a file."""

import json
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

import rich_click as click

from service.cli._held import cancel, held, release, steer
from service.cli._open import WRONG_USE, opened, stop
from service.cli._sealed import known, sealed, sealed_for

if TYPE_CHECKING:
    from datetime import datetime

    from service.app import Service
    from service.intake.source import Slip

#: So many mistakes of a file are listed; more would scroll the first ones away.
MOST_SLIPS: Final = 20


@click.group(invoke_without_command=True)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_context
def command(context: click.Context, *, as_json: bool) -> None:
    """List departures that have not begun; import them from a CSV file; decide about held ones."""
    if context.invoked_subcommand is not None:
        return
    from service.cli._actor import reader

    with opened() as service:
        who = reader(service)
        waiting = service.desk.waiting_departures(who)
        service.desk.looked([each.id for each, _ in waiting if each.sealed], who, door="cli")
        lines = [
            {
                "id": departure.id,
                "person": person.display_name,
                "kind": departure.kind.value,
                "state": departure.state.value,
                "civil_at": departure.civil_at,
                "zone": departure.zone,
                "effective_at": departure.effective_at.isoformat(),
                "held_because": departure.held_because,
            }
            for departure, person in waiting
        ]
    if as_json:
        click.echo(json.dumps(lines))
        return
    if not lines:
        click.echo("Nobody is about to leave. Announce somebody: exeunt run PERSON, or connect HR's webhook.")
    for line in lines:
        when = f"{line['civil_at']} {line['zone']}"
        click.echo(
            f"{line['state']:<10} {line['kind']:<14} {line['person']:<28} {when}  {line['held_because']}".rstrip()
        )


@command.command("import")
@click.argument("path", type=click.Path(path_type=Path))
@click.option("--source", default="hr", show_default=True, help="The HR source whose ids the file holds.")
@click.option(
    "--zone", help="The zone of rows that name none, where the roster does not know it; else the source's."
)
@sealed
@sealed_for
def import_(*, path: Path, source: str, zone: str | None, sealed: bool, sealed_for: tuple[str, ...]) -> None:
    """Announce every row of a CSV file (docs/reference/sources.md), or none."""
    from service.cli._actor import actor
    from service.departures.sealing import sealed_from
    from service.engine.refusable import IMPORT
    from service.intake.source import NotUnderstood
    from service.intake.together import PassedOver, Seal, in_one_batch
    from service.people.person import Role
    from service.settings import SourceSection

    try:
        raw = path.read_bytes()
    except OSError as error:
        stop(f"{path} cannot be read ({error.strerror}).", WRONG_USE)
    with opened() as service:
        by = actor(service, Role.HR, Role.ADMIN, verb=IMPORT)
        section = SourceSection(timezone=zone or service.settings.zone_of_source(source))
        began, over = service.now(), set[tuple[PassedOver, str]]()
        together = in_one_batch(
            path.name,
            by=f"person:{by.subject}",
            guard=service.starter.guard,
            section=service.settings.departures,
            now=service.now,
            passed_over=lambda *what: over.add(what),
            seal=Seal(people=known(service, sealed_for)) if sealed or sealed_for else None,
        )
        try:
            ids = service.intake.take_file(source, section, raw, together=together, by=f"person:{by.subject}")
        except NotUnderstood as error:
            stop(f"{path} was not imported, nothing was changed:\n{_listed(error.slips)}", WRONG_USE)
        with service.store.read() as session:
            hidden = sealed_from(session, by.id)
        click.echo(_stored(ids, *_new_and_held(service, ids, since=began, hidden=hidden)))
        over -= {each for each in over if each[1] in hidden}
        for why, said in ((PassedOver.TAKEN_BACK, _stay), (PassedOver.AT_ONCE_BEFORE, _told_before)):
            if count := sum(each == why for each, _ in over):
                click.echo(said(count))


def _listed(slips: "Sequence[Slip]") -> str:
    """The first of many mistakes; whoever mends those sees the rest."""
    more = [f"  and {len(slips) - MOST_SLIPS} more"] if len(slips) > MOST_SLIPS else []
    return "\n".join([*(f"  {slip}" for slip in slips[:MOST_SLIPS]), *more])


def _new_and_held(
    service: "Service", ids: Sequence[str], *, since: "datetime", hidden: "Collection[str]"
) -> tuple[int, int]:
    """How many of the departures of a file were not known before, and how many of all are held."""
    from datetime import datetime

    from sqlalchemy import func, select

    from service.departures.departure import Departure
    from service.departures.kind import DepartureState
    from service.departures.unseen import kept

    seen = [each for each in ids if each not in hidden]
    unseen = select(Departure).where(Departure.id.in_([each for each in ids if each in hidden]))
    theirs = select(func.count()).where(Departure.id.in_(seen))
    with service.store.read() as session:
        new = session.scalar(theirs.where(Departure.announced_at >= since)) or 0
        held = session.scalar(theirs.where(Departure.state == DepartureState.HELD)) or 0
        words = [word for one in session.scalars(unseen) if (word := kept(one)) is not None]
        said = sum(datetime.fromisoformat(word["at"]) >= since for word in words)
    return new + said, held


def _stay(count: int) -> str:
    """What is said of rows whose departure was taken back since they were read first."""
    was = (
        "1 of them was taken back since, and stays"
        if count == 1
        else f"{count} of them were taken back since, and stay"
    )
    return f"{was} so: who leaves after all needs a row that was changed, such as to a higher source_version."


def _told_before(count: int) -> str:
    """What is said of rows that say "at once", as they did before a departure that is over."""
    rows = "1 of them says" if count == 1 else f"{count} of them say"
    over = "the departure it told is over" if count == 1 else "the departures they told are over"
    return (
        f"{rows} at once, as before, and {over}: nothing is done twice. "
        "Who leaves for the second time needs a row that was changed, such as to a higher source_version."
    )


def _stored(ids: Sequence[str], new: int, held: int) -> str:
    """What became of a file: nobody may take for arranged what waits for two persons."""
    known = len(ids) - new
    said = []
    if new:
        said.append("1 departure is stored." if new == 1 else f"{new} departures are stored.")
    if known:
        said.append(
            f"{known} {'was' if known == 1 else 'were'} known already: only what is different was changed."
        )
    if held:
        them = "It is" if held == len(ids) == 1 else f"{held} of them {'is' if held == 1 else 'are'}"
        said.append(f"{them} held until people decide: `exeunt departures held` says why.")
    elif new:
        said.append("`exeunt serve` acts on each when its time comes.")
    return " ".join(said)


for _verb in (held, release, cancel, steer):
    command.add_command(_verb)
