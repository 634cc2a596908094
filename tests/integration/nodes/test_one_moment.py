"""Two people decide in the same moment, on two nodes: each is told what became of it, as if one had come later."""

import uuid
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from service.departures.departure import Departure
from service.departures.event import Change
from service.departures.kind import DepartureState
from service.engine import undos
from service.engine.approvals import Wanted
from service.engine.interventions import Verb, Wish
from service.engine.releases import Release, ReleaseState
from service.engine.tables import Run
from service.engine.undo import UndoWish
from service.engine.undo import undo as begin_undo
from service.store import utc_now
from tests.integration.nodes.test_deadlocks import meeting
from tests.unit.engine.test_undo import undo

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


def the_way_back_ends(world: Any) -> Any:
    """HR moved it meanwhile: Mike stands anew, at the time it gave."""

    def ends(session: Session) -> None:
        departure = session.get_one(Departure, "d-1", with_for_update={"key_share": True})
        undos.finish(session, session.get_one(Run, world.run_id), departure, now=world.clock())

    return ends


def test_what_hr_says_in_the_moment_in_which_a_way_back_ends_is_no_second_departure(together: Any) -> None:
    """Who stands anew because HR moved it is seen by whoever waited for the first to be withdrawn."""
    together.begin()
    together.drain()
    undo(together)
    together.says(Change.CHANGED, access_off_at=datetime(2031, 1, 7, 17, 0))  # noqa: DTZ001  a civil time

    def told() -> object:
        return together.says(Change.SCHEDULED, access_off_at=datetime(2031, 1, 8, 17, 0))  # noqa: DTZ001

    meeting(together, told, first=the_way_back_ends(together), then=nothing)

    with together.store.read() as session:
        open_ = select(Departure).where(Departure.state != DepartureState.WITHDRAWN)
        assert [each.civil_at for each in session.scalars(open_)] == ["2031-01-08T17:00:00"]


def test_who_pauses_in_the_moment_in_which_a_run_is_taken_back_pauses_the_way_back(together: Any) -> None:
    """The steps of the way back are new: whoever waited for the others sees them too."""
    together.begin()
    together.drain()
    ivan = together.people["ivan"]
    back = UndoWish(run_id=together.run_id, person_id=ivan, door="web", note=WHY)
    pause = Wish(verb=Verb.PAUSE, run_id=together.run_id, person_id=ivan, door="web")

    meeting(
        together,
        lambda: together.desk.intervene(pause),
        first=lambda session: begin_undo(session, back, together.desk.specs, now=together.clock()),
        then=nothing,
    )

    assert together.facts().paused
    assert together.admit() == []
