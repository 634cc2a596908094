"""HR takes a departure back when everything is over: whoever opens it again shuts nobody out who stays."""

from typing import Any

import pytest

from service.departures.event import Change
from service.departures.kind import DepartureState
from service.engine.interventions import Verb
from service.engine.states import StepState
from tests.unit.engine.test_changed_late import departures, said
from tests.unit.engine.test_held import let_go
from tests.unit.engine.test_interventions import do
from tests.unit.engine.test_undo import ACCOUNT, account, events, undo
from tests.unit.engine.world import World


@pytest.fixture
def stays(world: World) -> World:
    """Everything was done, HR took it back, and somebody let the leaver in again by hand."""
    world.begin()
    world.drain()
    said(world, "mailbox")
    assert departures(world)[0].state is DepartureState.CLOSED
    world.says(Change.RESCINDED)
    world.fake.state["accounts"][ACCOUNT].update(active=True, blocked_by="")
    return world


def read_again(world: World) -> None:
    world.clock.turn(seconds=70)
    world.drain()
    assert world.step("shut").contradicted


def test_what_after_care_finds_open_is_held_and_a_retry_shuts_nobody_out(stays: World) -> None:
    read_again(stays)

    told = do(stays, Verb.RETRY, "shut")
    stays.drain()

    assert (account(stays)["active"], stays.step("shut").state) == (True, StepState.READY)
    assert told.waits == "The run is held: it is tried when two persons let the run go on."


def test_a_step_that_is_tried_after_the_end_waits_for_two_persons_too(world: World) -> None:
    world.begin()
    do(world, Verb.CANCEL, "sessions")
    world.drain()
    said(world, "mailbox")
    world.says(Change.RESCINDED)
    assert departures(world)[0].state is DepartureState.CLOSED

    do(world, Verb.RETRY, "sessions")

    (held,) = departures(world)
    assert (held.state, held.held_codes) == (DepartureState.HELD, ["withdrawn too late"])
    assert world.bodies("departure.reopened")[-1] == {"because": "withdrawn too late"}
    assert world.admit() == []


def test_two_persons_may_let_it_go_on_all_the_same(stays: Any) -> None:
    read_again(stays)
    do(stays, Verb.RETRY, "shut")
    stays.approvers()

    let_go(stays, "ivan", "hanna")
    stays.drain()

    assert account(stays)["active"] is False


def test_what_was_put_back_and_is_shut_again_goes_on_being_put_back(world: World) -> None:
    world.begin()
    world.drain()
    said(world, "mailbox")
    world.says(Change.RESCINDED)
    undo(world)
    world.drain()
    said(world, "undo.mailbox")
    assert departures(world)[0].state is DepartureState.WITHDRAWN
    world.fake.state["accounts"][ACCOUNT]["active"] = False

    world.clock.turn(seconds=70)
    world.drain()

    assert departures(world)[0].state is DepartureState.RESTORING
    assert "departure.reopened" in events(world)
