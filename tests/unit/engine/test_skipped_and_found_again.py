"""What a person skipped stays skipped, whatever a roster or an answer says later; what is new about it is asked."""

import pytest

from service.engine.interventions import Verb, Wish
from service.engine.states import Colour, StepState, WaitsFor
from service.playbook.model import Grade
from tests.unit.engine.test_answering_late import FURTHER, OWN
from tests.unit.engine.test_asking import MIKES, TWO, active, answer, seed
from tests.unit.engine.test_found_late import listed
from tests.unit.engine.world import World


def steps_in(world: World, verb: Verb, **more: str) -> None:
    ivan = world.people["ivan"]
    world.desk.intervene(Wish(verb=verb, run_id=world.run_id, person_id=ivan, door="web", **more))


def skipped(world: World) -> None:
    """Mike's account was opened again for his team, and Ivan said so."""
    world.fake.state["accounts"]["acc-1"]["active"] = True
    steps_in(world, Verb.CHECK)
    world.drain()
    assert world.step("shut").contradicted
    steps_in(world, Verb.SKIP, step="shut", reason="The account was given to the team in May.")
    world.drain()
    assert world.step("shut").grade is Grade.WAIVED


def test_a_roster_that_lists_it_as_open_does_not_take_a_waiver_back(world: World) -> None:
    seed(world, MIKES)
    listed(world)
    world.begin(TWO)
    world.drain()
    skipped(world)

    world.clock.turn(days=2)
    listed(world)
    world.drain()

    assert (world.step("shut").state, world.step("shut").grade) == (StepState.DONE, Grade.WAIVED)
    assert (world.facts().colour, world.facts().finished_at is None) == (Colour.AMBER, False)


@pytest.fixture
def named(world: World) -> World:
    """A further account of Mike's was named after the step that shuts accounts had been skipped."""
    seed(world, OWN, FURTHER)
    listed(world)
    world.begin(TWO)
    world.drain()
    skipped(world)
    answer(world, "acc-2")
    world.drain()
    return world


def test_a_further_account_does_not_begin_what_was_skipped_and_is_asked_about(named: World) -> None:
    shut = named.step("shut")

    assert active(named) == {"acc-1": True, "acc-2": True}
    assert (shut.state, shut.waits_for, shut.grade) == (
        StepState.WAITING,
        WaitsFor.PERSON,
        Grade.UNKNOWN,
    )
    assert (named.facts().colour, named.facts().finished_at) == (Colour.AMBER, None)
    assert named.bodies("step.waiting")[-1]["for"] == "person"


def test_whoever_skipped_it_may_try_it_for_all_accounts_or_skip_it_again(named: World) -> None:
    steps_in(named, Verb.SKIP, step="shut", reason="Neither of them is to be shut.")
    assert active(named) == {"acc-1": True, "acc-2": True}

    assert named.step("shut").grade is Grade.WAIVED


def test_tried_again_it_is_done_for_all_accounts(named: World) -> None:
    steps_in(named, Verb.RETRY, step="shut")
    named.drain()

    assert active(named) == {"acc-1": False, "acc-2": False}
