"""A run that is taken back while it is paused: what is over is not paused, whoever paused it."""

from service.departures.kind import DepartureState
from service.engine.interventions import Verb, Wish
from tests.unit.engine.test_undo import departure, run, sweep_and_drain, undo
from tests.unit.engine.world import World

BY_HAND = """\
playbook: test
version: 1
summary: A test.
steps:
  - {id: mailbox, title: Mailbox, action: manual.confirm, minimum: attested, instructions: Change the password.}
"""


def test_a_run_that_was_taken_back_is_not_paused_for_ever(world: World) -> None:
    """Nobody could resume it: of a run that is over nothing is left to resume."""
    world.begin(BY_HAND)
    (out,) = world.admit()
    undo(world)
    world.desk.intervene(
        Wish(verb=Verb.PAUSE, run_id=world.run_id, person_id=world.people["ivan"], door="web")
    )

    world.finish(out)
    sweep_and_drain(world)

    assert departure(world).state is DepartureState.WITHDRAWN
    assert not run(world).paused
