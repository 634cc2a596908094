"""Who leaves again is not let in by what was to be taken back of an earlier run."""

import pytest
from sqlalchemy import select

from service.departures.event import Change
from service.engine.decisions import NotDecided
from service.engine.interventions import Verb
from service.engine.states import StepState
from service.engine.tables import StepRun
from tests.unit.engine.test_interventions import do
from tests.unit.engine.test_undo import account, sweep_and_drain, undo
from tests.unit.engine.world import World


def first_step(world: World, run_id: str, name: str) -> StepRun:
    with world.store.read() as session:
        query = select(StepRun).where(StepRun.run_id == run_id, StepRun.step == name)
        return session.scalars(query).one()


def leaves_again(world: World) -> str:
    """HR announces them anew, and a second run begins; gives the first run."""
    first = world.run_id
    world.clock.turn(hours=1)
    world.says(Change.IMMEDIATE)
    world.begin()
    world.drain()
    return first


@pytest.fixture
def gone(world: World) -> World:
    """Mike's run is over."""
    world.begin()
    world.drain()
    do(world, Verb.SKIP, "mailbox")
    return world


def test_who_is_shut_out_anew_while_a_run_is_taken_back_is_not_let_in_any_more(gone: World) -> None:
    """What waited for a person when the later run began is cut short."""
    gone.fake.state["accounts"]["acc-1"]["blocked_by"] = "somebody else"
    gone.clock.turn(hours=1)
    gone.says(Change.SCHEDULED, access_off_at=(gone.clock().replace(tzinfo=None)).replace(hour=23))
    undo(gone)
    sweep_and_drain(gone)
    assert first_step(gone, gone.run_id, "undo.shut").waits_for is not None

    gone.clock.turn(hours=24)
    first = gone.run_id
    gone.begin()
    gone.drain()
    sweep_and_drain(gone)

    assert first_step(gone, first, "undo.shut").state is StepState.CANCELLED
    assert account(gone)["active"] is False


def test_what_was_cut_short_is_not_tried_again_while_the_later_run_stands(gone: World) -> None:
    gone.fake.state["accounts"]["acc-1"]["blocked_by"] = "somebody else"
    undo(gone)
    sweep_and_drain(gone)
    do(gone, Verb.CANCEL)
    first = leaves_again(gone)

    with pytest.raises(NotDecided, match="R-2 has shut this person out since"):
        do(gone, Verb.RETRY, run_id=first)

    sweep_and_drain(gone)
    assert account(gone)["active"] is False
