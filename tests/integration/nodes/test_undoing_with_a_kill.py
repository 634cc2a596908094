"""A run is taken back by several nodes, and the one that is at it is killed."""

from pathlib import Path
from typing import Any

import pytest

from service.departures.kind import DepartureState
from service.engine.states import StepState
from service.ledger.verify import verify_live
from tests.integration.nodes.test_a_killed_node import a_node, kill
from tests.integration.nodes.test_two_nodes import seen, state
from tests.unit.engine.test_undo import account, departure, undo
from tests.unit.engine.world import PLAYBOOK

pytestmark = pytest.mark.postgres


def test_what_a_killed_node_was_taking_back_is_taken_back_once_by_another(
    together: Any, tmp_path: Path
) -> None:
    before = account(together)
    keys = tmp_path / "keys"
    with a_node(together, keys, PLAYBOOK) as one, a_node(together, keys, PLAYBOOK) as another:
        processes = dict([one, another])
        seen(lambda: state(together, "sessions") is StepState.DONE, patience_s=60)
        together.fake.faults.delay_ms = 2000
        undo(together)
        seen(lambda: together.step("undo.shut").state is StepState.RUNNING)

        kill(processes[together.step("undo.shut").out_with])
        seen(lambda: departure(together).state is DepartureState.WITHDRAWN, patience_s=90)

    assert account(together) == before
    assert together.bodies("step.lost")
    assert sum(effect["what"] == "account.active" for effect in together.fake.effects) == 2
    with together.store.read() as session:
        assert verify_live(session, together.keys.vkey).holds
