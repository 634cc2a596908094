"""Somebody left twice: the first run is not taken back while the second one keeps them out."""

from datetime import timedelta
from typing import Any

import pytest

from service.departures.departure import Departure
from service.departures.kind import DepartureKind, DepartureState
from service.engine.decisions import NotDecided
from service.engine.tables import Run
from service.engine.undos import Because
from service.people.person import Person
from tests.unit.engine.test_asking import MIKES, TWO, active, seed
from tests.unit.engine.test_undo import sweep_and_drain, undo
from tests.unit.engine.world import World
from tests.unit.engine.world import departure as departure_of


@pytest.fixture
def twice(world: World) -> tuple[str, str]:
    """The runs of Mike's two departures; his account was shut by the first, and found shut by the second."""
    seed(world, MIKES)
    first = world.begin(TWO)
    world.drain()
    return first, leaves_again(world)


def leaves_again(world: World, **more: Any) -> str:
    world.clock.turn(days=2)
    with world.store.write() as session:
        session.get_one(Departure, "d-1").state = DepartureState.CLOSED
        anew = {"id": "d-2", "source_id": "ev-2", "notice_date": world.clock().date(), **more}
        session.add(departure_of(world.people["mike"], world.clock(), **anew))
    second = world.begin(TWO)
    world.drain()
    return second


def refused(world: World, run: str, **more: Any) -> str:
    with pytest.raises(NotDecided) as caught:
        undo(world, run_id=run, **more)
    sweep_and_drain(world)
    assert active(world) == {"acc-1": False}
    assert world.bodies("undo.refused")[-1]["reason"] == caught.value.reason
    return str(caught.value)


@pytest.mark.parametrize("because", [None, Because.REHIRE])
def test_an_older_run_is_not_taken_back_while_a_newer_one_keeps_them_out(
    world: World, twice: tuple[str, str], because: Because | None
) -> None:
    said = refused(world, twice[0], because=because)

    assert "R-2 has shut this person out since" in said


def test_once_the_newer_one_is_taken_back_the_older_one_may_be(world: World, twice: tuple[str, str]) -> None:
    undo(world, run_id=twice[1])
    sweep_and_drain(world)
    assert active(world) == {"acc-1": False}

    undo(world, run_id=twice[0])
    sweep_and_drain(world)

    assert active(world) == {"acc-1": True}


@pytest.mark.parametrize(
    "how", ["cancelled", "withdrawn", "hired again", "the next morning", "not yet", "a lost laptop"]
)
def test_a_newer_run_that_keeps_nobody_out_is_in_nobodys_way(
    world: World, twice: tuple[str, str], how: str
) -> None:
    with world.store.write() as session:
        newer = session.get_one(Departure, "d-2")
        if how == "cancelled":
            session.get_one(Run, twice[1]).cancelled = True
        elif how == "withdrawn":
            newer.state = DepartureState.WITHDRAWN
        elif how == "hired again":
            session.get_one(Person, world.people["mike"]).hired_on = world.clock().date() + timedelta(days=1)
        elif how == "the next morning":  # the last day ended with midnight
            newer.effective_at = world.clock().replace(hour=0, minute=0)
            session.get_one(Person, world.people["mike"]).hired_on = world.clock().date()
        elif how == "not yet":
            newer.effective_at += timedelta(days=9)
        else:
            newer.kind = DepartureKind.LOST_DEVICE

    undo(world, run_id=twice[0])
    sweep_and_drain(world)

    assert active(world) == {"acc-1": True}
