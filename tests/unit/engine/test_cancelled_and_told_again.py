"""HR says again that somebody leaves whose run a person cancelled: neither lost nor believed, but put to people."""

from datetime import timedelta
from typing import Any

import pytest

from service.departures.departure import Departure
from service.departures.event import Change
from service.departures.kind import DepartureKind, DepartureState
from service.engine.interventions import Verb
from tests.unit.engine.test_changed_late import departures
from tests.unit.engine.test_interventions import do
from tests.unit.engine.world import World


@pytest.fixture
def cancelled(world: World) -> World:
    world.begin()
    with world.store.write() as session:
        mikes = session.get_one(Departure, "d-1")
        mikes.civil_at = mikes.effective_at.replace(tzinfo=None).isoformat()
    do(world, Verb.CANCEL)
    return world


def told_again(world: World, **more: Any) -> Departure:
    """HR says the same once more, under another name."""
    (first,) = departures(world)
    world.clock.turn(hours=1)
    world.says(
        Change.SCHEDULED,
        **{"access_off_at": first.effective_at.replace(tzinfo=None), "kind": first.kind, **more},
    )
    return departures(world)[-1]


def test_what_hr_tells_again_after_its_run_was_cancelled_is_held_and_not_lost(cancelled: World) -> None:
    again = told_again(cancelled)

    assert (again.id != "d-1", again.state) == (True, DepartureState.HELD)
    assert again.held_codes[0] == "cancelled before"


def test_another_date_for_somebody_whose_run_was_cancelled_in_the_notice_is_held_too(
    cancelled: World,
) -> None:
    ends = cancelled.clock() + timedelta(days=20)
    with cancelled.store.write() as session:
        session.get_one(Departure, "d-1").effective_at = ends

    again = told_again(cancelled, access_off_at=(ends + timedelta(days=5)).replace(tzinfo=None))

    assert (again.id != "d-1", again.state) == (True, DepartureState.HELD)


def test_a_lost_laptop_of_somebody_whose_run_was_cancelled_is_not_held(cancelled: World) -> None:
    again = told_again(cancelled, kind=DepartureKind.LOST_DEVICE)

    assert again.state is DepartureState.SCHEDULED


def test_a_run_that_was_tried_again_after_all_is_told_of_once(cancelled: World) -> None:
    do(cancelled, Verb.RETRY)
    cancelled.drain()
    do(cancelled, Verb.SKIP, "mailbox")
    assert departures(cancelled)[0].state is DepartureState.CLOSED

    assert told_again(cancelled).id == "d-1"
