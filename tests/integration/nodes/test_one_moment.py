"""Two people decide in the same moment, on two nodes: each is told what became of it, as if one had come later."""

import uuid
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from service.departures.departure import Departure
from service.departures.kind import DepartureState
from service.engine.approvals import Wanted
from service.engine.releases import Release, ReleaseState
from service.store import utc_now
from tests.integration.nodes.test_deadlocks import meeting

pytestmark = pytest.mark.postgres
WHY = "I looked, and it is right."


def nothing(_: Session) -> None:
    """Whoever came first commits."""


def held(world: Any) -> str:
    """Mike's departure waits for two persons; gives its id."""
    world.approvers()
    with world.store.write() as session:
        session.execute(update(Departure).values(state=DepartureState.HELD, held_because="A mass."))
        found: str = session.scalars(select(Departure.id)).one()
        return found


def another_list(session: Session) -> None:
    session.add(
        Release(
            id=str(uuid.uuid4()),
            number=1,
            named={},
            digest="",
            because=WHY,
            asked_at=utc_now(),
            state=ReleaseState.WAITING,
        )
    )
    session.flush()


def test_two_lists_of_held_departures_named_in_one_moment_both_stand(together: Any) -> None:
    departure = held(together)
    wanted = Wanted(departures=(departure,), person_id=together.people["hanna"], door="web", because=WHY)

    meeting(together, lambda: together.desk.approvals.ask(wanted), first=another_list, then=nothing)

    with together.store.read() as session:
        assert sorted(session.scalars(select(Release.number))) == [1, 2]
    assert together.events().count("approval.given") == 1
