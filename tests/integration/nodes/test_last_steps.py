"""The last two steps of a run come back to two nodes at once: one of the two sees that the run is over."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from service.engine.states import StepState
from service.engine.tables import Run
from service.ledger.keys import Keys
from service.store import Store
from tests.integration.nodes.test_deadlocks import waits
from tests.integration.nodes.test_two_nodes import seen
from tests.unit.engine import world as worlds

pytestmark = pytest.mark.postgres

PLAYBOOK = """
playbook: test
version: 1
summary: A test.
steps:
  - {id: shut, action: chaos.disable_account, minimum: observed, deadline: 10m, critical: true}
  - {id: sessions, action: chaos.revoke_sessions, minimum: observed, deadline: 10m}
"""


@pytest.fixture
def world(postgres_store: Store, clock: Any, keys: Keys) -> Iterator[worlds.World]:
    with worlds.made(postgres_store, clock, keys) as world:
        yield world


def test_a_run_whose_last_two_steps_come_back_to_two_nodes_at_once_is_finished(world: worlds.World) -> None:
    world.begin(PLAYBOOK)
    first, second = (world.executor.carry_out(order) for order in world.admit())

    def the_other_node() -> None:
        with world.store.write() as session:
            world.machine.finish(session, second, now=world.clock())

    with ThreadPoolExecutor(1) as other:
        with world.store.write() as session:
            world.machine.finish(session, first, now=world.clock())
            recorded = other.submit(the_other_node)
            seen(lambda: waits(world))
        recorded.result(timeout=30)

    assert {world.step(name).state for name in ("shut", "sessions")} == {StepState.DONE}
    with world.store.read() as session:
        assert session.get_one(Run, world.run_id).finished_at is not None
    assert world.events().count("run.finished") == 1
