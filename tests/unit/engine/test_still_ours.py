"""A process that stood still may have been taken for dead: of what it was about to do it changes nothing."""

import time
from dataclasses import replace
from typing import Any

import pytest

from service.engine import nodes
from service.engine.nodes import DEAD_S, Lease
from service.engine.order import Again
from service.engine.pools import Threads
from tests.unit.engine.results import ordered
from tests.unit.engine.test_undo import undo


class Held:
    """A lease that is held when it is looked at first, and then no more."""

    def __init__(self) -> None:
        self.asked = 0

    def __call__(self) -> bool:
        self.asked += 1
        return False


def test_an_attempt_that_was_taken_over_on_its_way_changes_nothing(world: Any) -> None:
    """What it reads it may read; the change is stopped where it would leave."""
    world.begin()
    held = Held()

    returned = replace(world.executor, still_ours=held).carry_out(ordered(world, "shut"))

    assert isinstance(returned.result, Again)
    assert "stood still" in returned.result.what
    assert held.asked > 0
    assert world.fake.effects == []


def test_nor_on_the_way_back(world: Any) -> None:
    world.begin()
    world.drain()
    undo(world)
    before = list(world.fake.effects)

    returned = replace(world.executor, still_ours=Held()).carry_out(ordered(world, "undo.shut"))

    assert isinstance(returned.result, Again)
    assert world.fake.effects == before


def test_a_node_that_slept_with_its_machine_holds_nothing_of_what_it_took(
    world: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The clock that counts while we run stands still in the meantime."""
    lease = Lease(world.store, "node", Threads(rest=2, sign_in=1))
    lease._last = nodes.running()
    assert lease.holds(lease.epoch)
    slept = time.clock_gettime(time.CLOCK_BOOTTIME) + DEAD_S

    monkeypatch.setattr(time, "clock_gettime", lambda _: slept)

    assert not lease.holds(lease.epoch)
