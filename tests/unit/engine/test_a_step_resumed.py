"""Resuming one step: of a run that is paused nothing goes, whatever is asked of one of its steps."""

from typing import Any

from service.engine.interventions import Verb
from tests.unit.engine.test_interventions import do, refused


def test_a_step_of_a_paused_run_is_not_resumed_by_itself(world: Any) -> None:
    world.begin()
    do(world, Verb.PAUSE)

    assert refused(world, Verb.RESUME, "shut") == "not-now"

    assert world.admit() == []
    do(world, Verb.RESUME)
    assert len(world.admit()) > 0


def test_a_paused_step_of_a_run_that_is_not_is_resumed_by_itself(world: Any) -> None:
    world.begin()
    do(world, Verb.PAUSE, "shut")

    do(world, Verb.RESUME, "shut")

    assert not world.step("shut").paused
