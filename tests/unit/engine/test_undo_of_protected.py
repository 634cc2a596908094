"""What the configuration protects no run changes, on no way: taking a run back asks as well."""

from dataclasses import replace

import pytest

from service.engine.states import StepState
from service.engine.untouchable import Untouchable
from tests.unit.engine.test_undo import account, states, sweep_and_drain, undo
from tests.unit.engine.world import World


@pytest.mark.parametrize("name", ["acc-1", "mike@example.com"])
def test_what_is_protected_since_it_was_shut_stays_as_it_is_and_a_person_is_asked(
    world: World, name: str
) -> None:
    world.begin()
    world.drain()
    after = account(world)
    world.executor = replace(world.executor, untouchable=Untouchable.of([f"chaos:{name}"]))

    undo(world)
    sweep_and_drain(world)

    assert (account(world), states(world)["undo.shut"]) == (after, StepState.FAILED)
    assert "is protected by the configuration" in world.step("undo.shut").why
