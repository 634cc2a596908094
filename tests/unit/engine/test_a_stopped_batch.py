"""Whoever stops a batch is answered when nothing more of it goes out, on whichever node."""

import uuid
from typing import Any

import pytest
from sqlalchemy import select

from service.departures.batch import Batch, Origin
from service.engine import kill_switch, waves
from service.people.person import Role, RoleGrant
from service.store import Store
from tests.unit.engine.letting_out import waits_for
from tests.unit.engine.world import person

WHY = "The feed looks forged."


@pytest.mark.postgres
def test_whoever_stops_a_batch_waits_for_the_node_that_lets_steps_out_just_now(
    postgres_store: Store, clock: Any, keys: Any
) -> None:
    ivan = person("Ivan Petrov", "E-2")
    batch = Batch(id="b-1", number=1, origin=Origin.FILE, title="July", opened_at=clock(), opened_by="a file")
    with postgres_store.write() as session:
        session.add_all((ivan, batch, kill_switch.KillSwitch(id=kill_switch.THE_ONE)))
        session.flush()
        session.add(RoleGrant(id=str(uuid.uuid4()), person_id=ivan.id, role=Role.IT, since=clock()))

    def stopped() -> None:
        waves.steer(postgres_store, 1, "stop", person_id=ivan.id, because=WHY, door="web", now=clock())

    assert waits_for(postgres_store, stopped, now=clock())
    with postgres_store.read() as session:
        assert session.scalar(select(Batch.stopped_at)) == clock()
