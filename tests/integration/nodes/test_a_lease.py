"""A node that was not heard of for a while is dead to the others, so it begins nothing of what it held."""

import time
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import select

from service.engine.cluster import Cluster
from service.engine.nodes import Lease, Node
from service.engine.pools import Threads
from tests.integration.nodes.conftest import DEAD_S, MARGIN_S, parts_of
from tests.integration.nodes.test_a_killed_node import PLAYBOOK, all_done, out_with
from tests.integration.nodes.test_two_nodes import seen

pytestmark = pytest.mark.postgres


@pytest.fixture
def lease(together: Any) -> Iterator[Lease]:
    made = Lease(together.store, "node", Threads(rest=2, sign_in=1))
    made.beat()
    yield made
    made.stop()


@pytest.mark.usefixtures("quick_to_die")
def test_what_was_taken_is_held_no_longer_than_the_others_take_the_node_for_alive(lease: Lease) -> None:
    assert lease.holds(lease.epoch)

    time.sleep(DEAD_S - MARGIN_S)

    assert not lease.holds(lease.epoch)


@pytest.mark.usefixtures("quick_to_die")
def test_a_beat_in_time_keeps_what_was_taken_and_a_late_one_does_not(lease: Lease) -> None:
    taken = lease.epoch
    time.sleep(DEAD_S - MARGIN_S)
    lease.beat()
    assert lease.holds(taken)

    time.sleep(DEAD_S + 0.1)
    lease.beat()

    assert not lease.holds(taken)
    assert lease.holds(lease.epoch)


@pytest.mark.usefixtures("quick_to_die")
def test_who_was_away_judges_nobody_before_having_seen_the_others_for_as_long(lease: Lease) -> None:
    time.sleep(DEAD_S + 0.1)
    lease.beat()
    assert not lease.may_judge()

    time.sleep(DEAD_S - MARGIN_S - 0.1)
    lease.beat()
    time.sleep(MARGIN_S + 0.2)

    assert lease.may_judge()


@pytest.fixture
def node(together: Any) -> Iterator[Cluster]:
    parts = parts_of(together, PLAYBOOK, rest=2)
    made = Cluster(parts, name="node")
    yield made
    made.stop()
    parts.store.close()


def in_pool(world: Any, node: Cluster) -> bool:
    """More is with the node than it has threads for."""
    return len(out_with(world, node.id)) == 4


def calls(world: Any) -> int:
    return len(world.fake.requests)


@pytest.mark.usefixtures("quick_to_die")
def test_a_node_whose_beats_do_not_get_through_begins_nothing_of_what_it_holds(
    together: Any, node: Cluster
) -> None:
    """Its row is locked by somebody: it goes on and cannot say that it lives."""
    together.fake.faults.delay_ms = 300
    node.start()
    seen(lambda: in_pool(together, node))
    with together.store.write() as session:
        session.execute(select(Node).where(Node.id == node.id).with_for_update())
        time.sleep(DEAD_S + 4 * 0.3)  # what is on its way comes back
        before = calls(together)
        time.sleep(1)
        assert calls(together) == before
    together.fake.faults.delay_ms = 0

    seen(lambda: all_done(together))

    ended = [effect["target"] for effect in together.fake.effects]
    assert sorted(ended) == ["acc-1-s1", "acc-1-s2"]
    assert together.bodies("step.lost")
