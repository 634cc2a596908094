"""Two nodes look who begins at the same moment: together they touch no more people than the limit says."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import func, select

from service.departures.departure import Departure
from service.departures.guardrails import Guardrails
from service.departures.kind import DepartureKind, DepartureState
from service.engine.start import Starter
from service.engine.tables import Run
from service.ledger.keys import Keys
from service.playbook.catalogue import Catalogue
from service.playbook.inuse import Fixed
from service.playbook.load import parse
from service.store import Store
from tests.integration.nodes.test_deadlocks import waits
from tests.integration.nodes.test_two_nodes import seen
from tests.unit.engine import world as worlds

pytestmark = pytest.mark.postgres

ONE_A_DAY = Guardrails(hour_people=1, hour_percent=0, day_people=1, day_percent=0, whole_teams=False)


@pytest.fixture
def world(postgres_store: Store, clock: Any, keys: Keys) -> Iterator[worlds.World]:
    with worlds.made(postgres_store, clock, keys) as world:
        yield world


def test_two_nodes_together_begin_no_more_people_than_may_leave_in_a_day(world: worlds.World) -> None:
    now = world.clock()
    loaded = parse(worlds.PLAYBOOK.encode(), "test.yaml", world.registry, lint=False)
    starter = Starter(
        catalogue=Catalogue(world.registry),
        set_up=world.registry.configured,
        playbooks=Fixed(dict.fromkeys(DepartureKind, loaded)),
        guard=ONE_A_DAY,
    )

    def the_other_node() -> None:
        with world.store.write() as session:
            session.add(worlds.departure(world.people["hanna"], now, id="d-2", source_id="ev-2"))
        with world.store.write() as session:
            starter.begin_due(session, now=now)

    with ThreadPoolExecutor(1) as other:
        with world.store.write() as session:
            assert len(starter.begin_due(session, now=now)) == 1
            looked = other.submit(the_other_node)
            seen(lambda: waits(world) or looked.done())
        looked.result(timeout=30)

    with world.store.read() as session:
        assert session.scalar(select(func.count()).select_from(Run)) == 1
        assert sorted(session.scalars(select(Departure.state))) == [
            DepartureState.HELD,
            DepartureState.REVOKING,
        ]
