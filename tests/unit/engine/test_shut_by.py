"""Whoever returns is shown what each of their runs shut and what stands of it, and not the last run alone."""

from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from service.cli import rehire
from service.departures.departure import Departure
from service.departures.kind import DepartureKind, DepartureState
from service.engine.decisions import Decision, Said
from service.engine.shut_by import ShutBy, last_departure, shut_by
from service.engine.states import StepState
from service.engine.undos import Because
from service.people.person import Person
from tests.unit.engine.test_undo import account, sweep_and_drain, undo
from tests.unit.engine.world import World, departure

WHY = "She comes back on the first of May."


def runs(world: World) -> list[ShutBy]:
    with world.store.read() as session:
        return shut_by(session, world.people["mike"], reader=world.people["ivan"])


def over(world: World) -> None:
    """The run that was begun is closed."""
    with world.store.write() as session:
        for one in session.query(Departure).filter(Departure.run_id.is_not(None)):
            one.state = DepartureState.CLOSED


def runs_again(world: World, kind: DepartureKind = DepartureKind.VOLUNTARY) -> None:
    """A month later there is another run of Mike's."""
    number = len(runs(world)) + 1
    world.clock.turn(days=30)
    with world.store.write() as session:
        which = {"id": f"d-{number}", "source_id": f"ev-{number}", "kind": kind}
        session.add(departure(world.people["mike"], world.clock(), **which))
    world.begin()
    world.drain()
    over(world)


@pytest.fixture
def left(world: World) -> World:
    """Mike has left, and his run is closed."""
    world.begin()
    world.drain()
    over(world)
    return world


def shown(world: World, capsys: Any) -> list[str]:
    """What the command prints, run by run."""
    found = runs(world)
    last = last_departure(found)
    service = SimpleNamespace(
        store=world.store, keys=world.keys, registry=world.registry, desk=world.desk, now=world.clock
    )
    with world.store.read() as session:
        ivan = session.get_one(Person, world.people["ivan"])
    rehire._show(service, last, [run for run in found if run is not last], ivan)
    return str(capsys.readouterr().out).splitlines()


def test_what_an_earlier_run_shut_and_the_last_one_found_shut_is_shown(left: World, capsys: Any) -> None:
    runs_again(left)

    said = shown(left, capsys)

    first, second = said.index("R-2 changed this:"), said.index("R-1 changed this too, and it stands:")
    assert not any("active: before True" in line for line in said[first:second])
    assert any("active: before True, now False; would be put back" in line for line in said[second:])
    assert not any("was so before us" in line for line in said)


def test_what_was_opened_in_between_and_shut_again_is_told_once(left: World, capsys: Any) -> None:
    left.fake.state["accounts"]["acc-1"].update(active=True, blocked_by="")
    runs_again(left)

    said = shown(left, capsys)

    assert [line for line in said if line.startswith("R-")] == ["R-2 changed this:"]
    assert sum("active: before True" in line for line in said) == 1


@pytest.mark.parametrize("kind", [DepartureKind.LOST_DEVICE, DepartureKind.REHIRE])
def test_a_run_beside_a_departure_hides_nothing_of_it(left: World, capsys: Any, kind: DepartureKind) -> None:
    runs_again(left, kind)

    said = shown(left, capsys)

    assert said[0] == "R-1 changed this:"
    assert any("active: before True" in line for line in said)


def test_of_a_run_that_was_taken_back_in_part_what_stands_is_shown(left: World, capsys: Any) -> None:
    undo(left, because=Because.REHIRE)
    left.fake.state["accounts"]["acc-1"]["blocked_by"] = "security"  # so that a person is asked
    sweep_and_drain(left)
    step = left.step("undo.shut")
    assert step.state in (StepState.FAILED, StepState.WAITING)
    left.desk.confirm(
        Decision(
            step_run_id=step.id,
            revision=step.revision,
            person_id=left.people["ivan"],
            door="web",
            said=Said.DOES_NOT_APPLY,
            note="It stays shut, says security.",
        )
    )
    sweep_and_drain(left)
    left.clock.turn(days=1)
    assert runs(left)[0].is_taken_back

    runs_again(left)
    said = shown(left, capsys)

    assert "R-1 was taken back, and this of it stands; a person puts it back by hand:" in said
    assert any("active: before True, now False" in line for line in said)


def test_what_another_run_shut_is_put_back_where_it_is_named(left: World, capsys: Any) -> None:
    runs_again(left)
    found = runs(left)
    with left.store.read() as session:
        ivan = session.get_one(Person, left.people["ivan"])

    rehire._restore(SimpleNamespace(desk=left.desk), found, by=ivan, note=WHY)
    sweep_and_drain(left)

    assert account(left)["active"]
    assert [line.partition(" ")[0] for line in capsys.readouterr().out.splitlines()] == ["R-2", "R-1"]


def test_what_goes_on_still_is_no_part_of_it(left: World) -> None:
    left.clock.turn(days=30)
    with left.store.write() as session:
        later = left.clock() + timedelta(days=1)
        session.add(departure(left.people["mike"], later, id="d-2", source_id="ev-2"))

    assert [run.number for run in runs(left)] == [1]
