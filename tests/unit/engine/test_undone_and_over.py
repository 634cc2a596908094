"""A run that is undone is over: nothing that comes back to it is looked at."""

from service.departures.kind import DepartureState
from service.engine.interventions import Verb
from service.engine.states import StepState
from tests.unit.engine.test_interventions import do
from tests.unit.engine.test_undo import ACCOUNT, departure, events, states, sweep_and_drain, undo
from tests.unit.engine.world import World


def test_what_comes_back_to_a_run_that_is_undone_by_then_is_read_no_more(world: World) -> None:
    """Whoever stays has their access: a look that finds it open would call for shutting it again."""
    world.begin()
    out = {order.step: order for order in world.admit()}
    world.finish(out["mailbox"])
    undo(world)
    do(world, Verb.SKIP, "undo.shut")
    world.finish(out["shut"])
    assert departure(world).state is DepartureState.WITHDRAWN

    world.fake.state["accounts"][ACCOUNT]["active"] = True
    world.clock.turn(hours=2)
    sweep_and_drain(world)

    assert states(world)["shut"] is StepState.DONE
    assert departure(world).state is DepartureState.WITHDRAWN
    assert "departure.reopened" not in events(world)
