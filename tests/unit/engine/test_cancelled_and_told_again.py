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
    first, *_ = departures(world)
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


@pytest.mark.parametrize("days", [0, 20])
def test_who_leaves_at_once_or_later_after_all_is_put_to_people_though_the_end_was_past(
    cancelled: World, days: int
) -> None:
    at = cancelled.clock() + timedelta(days=days, minutes=7)

    again = told_again(cancelled, access_off_at=at.replace(tzinfo=None))

    assert (again.id != "d-1", again.state) == (True, DepartureState.HELD)
    assert again.held_codes == ["cancelled before"]


def test_what_was_cancelled_long_ago_says_nothing_of_a_new_departure(cancelled: World) -> None:
    cancelled.clock.turn(days=60)

    again = told_again(cancelled, access_off_at=(cancelled.clock() + timedelta(days=9)).replace(tzinfo=None))

    assert again.state is DepartureState.SCHEDULED


def test_who_was_let_go_since_is_not_held_by_what_was_cancelled_before(cancelled: World) -> None:
    let_go = told_again(cancelled)
    with cancelled.store.write() as session:
        session.get_one(Departure, let_go.id).state = DepartureState.CLOSED
        session.get_one(Departure, let_go.id).held_codes = []

    again = told_again(cancelled, access_off_at=(cancelled.clock() + timedelta(days=9)).replace(tzinfo=None))

    assert (again.id != let_go.id, again.state) == (True, DepartureState.SCHEDULED)


def test_a_lost_laptop_of_somebody_whose_run_was_cancelled_is_not_held(cancelled: World) -> None:
    again = told_again(cancelled, kind=DepartureKind.LOST_DEVICE)

    assert again.state is DepartureState.SCHEDULED


def test_a_run_that_was_tried_again_after_all_is_told_of_once(cancelled: World) -> None:
    do(cancelled, Verb.RETRY)
    cancelled.drain()
    do(cancelled, Verb.SKIP, "mailbox")
    assert departures(cancelled)[0].state is DepartureState.CLOSED

    assert told_again(cancelled).id == "d-1"
