"""What of a way back does not go on by itself: each with why, and the command or the page that goes on with it."""

import pytest

from service.engine.decisions import Decision
from service.engine.interventions import Verb, Wish
from service.engine.states import StepState
from service.engine.undo_facts import Open
from tests.unit.engine.test_undo import ACCOUNT, sweep_and_drain, undo
from tests.unit.engine.world import World


def given(world: World, verb: Verb, step: str = "") -> None:
    """Ivan does this to the run, or to a step of it."""
    who = world.people["ivan"]
    world.desk.intervene(Wish(verb=verb, run_id=world.run_id, person_id=who, door="cli", step=step))


def open_now(world: World) -> list[Open]:
    (progress,) = world.desk.undoing([world.run_id])
    return list(progress.open)


def test_a_conflict_is_tried_again_by_the_command_that_stands_beside_it(world: World) -> None:
    world.begin()
    world.drain()
    world.fake.state["accounts"][ACCOUNT]["blocked_by"] = "security"
    undo(world)
    sweep_and_drain(world)

    (asks,) = open_now(world)

    assert "blocked_by is security now" in asks.why
    assert asks.goes_on_by == (
        "To try it again: exeunt decide retry R-1 --step undo.shut; "
        "to confirm what was done by hand: /runs/R-1#undo.shut"
    )
    world.fake.state["accounts"][ACCOUNT]["blocked_by"] = "exeunt"
    given(world, Verb.RETRY, "undo.shut")
    sweep_and_drain(world)
    assert world.step("undo.shut").state is StepState.DONE


def test_what_a_person_takes_back_says_what_that_is_and_where_it_is_confirmed(world: World) -> None:
    world.begin()
    world.drain()
    asked = world.step("mailbox")
    told = Decision(
        step_run_id=asked.id,
        revision=asked.revision,
        person_id=world.people["ivan"],
        door="web",
        note="Changed in the vault.",
    )
    world.desk.confirm(told)
    undo(world)
    sweep_and_drain(world)

    (asks,) = open_now(world)

    assert asks.title == "Take back: Shared mailbox"
    assert asks.why.endswith("Say that it does not apply where nothing is to be taken back.")
    assert asks.goes_on_by == "To confirm it: /runs/R-1#undo.mailbox"


@pytest.mark.parametrize(
    ("step", "title", "command"),
    [
        ("", "What is left", "exeunt decide resume R-1"),
        (
            "undo.shut",
            "Restore: Chaos: Shut the login",
            "exeunt decide resume R-1 --step undo.shut",
        ),
    ],
)
def test_what_somebody_paused_is_named_with_what_resumes_it(
    world: World, step: str, title: str, command: str
) -> None:
    world.begin()
    world.drain()
    undo(world)
    given(world, Verb.PAUSE, step)
    sweep_and_drain(world)

    (asks,) = open_now(world)

    assert (asks.title, asks.goes_on_by) == (title, f"To go on: {command}")
    given(world, Verb.RESUME, step)
    sweep_and_drain(world)
    assert open_now(world) == []
