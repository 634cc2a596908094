"""Two nodes share the work of one PostgreSQL."""

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from service.engine.alone import AlreadyRunning, OnlyEngine
from service.engine.cluster import Cluster
from service.engine.states import StepState
from tests.integration.nodes.conftest import parts_of

pytestmark = pytest.mark.postgres


def seen(what: Callable[[], Any], patience_s: float = 30.0) -> Any:
    until = time.monotonic() + patience_s
    while not (found := what()):
        assert time.monotonic() < until, "not seen in time"
        time.sleep(0.02)
    return found


@pytest.fixture
def nodes(together: Any) -> Iterator[list[Cluster]]:
    parts = [parts_of(together) for _ in (1, 2)]
    made = [Cluster(one, name=f"node-{n}") for n, one in enumerate(parts)]
    yield made
    for node, one in zip(made, parts, strict=True):
        node.stop()
        one.store.close()


def state(world: Any, step: str) -> StepState | None:
    lines = world.desk.lines()
    if not lines:
        return None
    world.run_id = lines[0].run_id
    return world.step(step).state


def test_a_departure_is_carried_out_once_by_two_nodes(together: Any, nodes: list[Cluster]) -> None:
    for node in nodes:
        node.start()

    seen(lambda: state(together, "sessions") is StepState.DONE)

    assert sum(effect["what"] == "account.active" for effect in together.fake.effects) == 1
    assert together.events().count("step.attempted") == 3


def test_no_engine_works_alone_beside_nodes(together: Any, nodes: list[Cluster]) -> None:
    nodes[0].start()

    with pytest.raises(AlreadyRunning, match="Another Exeunt"):
        OnlyEngine(together.store).take()
