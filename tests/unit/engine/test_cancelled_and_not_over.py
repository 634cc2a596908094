"""HR speaks of somebody whose run a person cancelled and of which a device has not answered yet: nothing is lost."""

from datetime import timedelta
from typing import Any

import pytest

from service.departures.event import Change
from service.departures.kind import DepartureKind, DepartureState
from service.engine.interventions import Verb
from tests.unit.engine.results import back, ordered, queued
from tests.unit.engine.test_changed_late import departures
from tests.unit.engine.test_interventions import do
from tests.unit.engine.test_undo import undo
from tests.unit.engine.world import World


@pytest.fixture
def cancelled(world: World) -> World:
    """The device has its order, everything else is cancelled; an hour goes by."""
    world.begin()
    back(world, ordered(world, "shut"), queued(world))
    do(world, Verb.CANCEL)
    assert departures(world)[0].state is not DepartureState.CLOSED
    world.clock.turn(hours=1)
    return world


def at_once(world: World) -> None:
    world.says(Change.IMMEDIATE, kind=DepartureKind.INVOLUNTARY)


def stand(world: World) -> list[tuple[DepartureState, list[Any]]]:
    return [(one.state, one.held_codes) for one in departures(world)[1:]]


@pytest.mark.parametrize("days", [0, 20])
def test_who_leaves_after_all_is_put_to_people_and_not_to_the_run_that_does_nothing(
    cancelled: World, days: int
) -> None:
    end = (cancelled.clock() + timedelta(days=days)).replace(tzinfo=None)

    at_once(cancelled) if not days else cancelled.says(Change.CHANGED, access_off_at=end)

    assert stand(cancelled) == [(DepartureState.HELD, ["cancelled before"])]


def test_what_hr_says_next_is_of_the_one_that_is_held(cancelled: World) -> None:
    at_once(cancelled)
    cancelled.clock.turn(hours=1)
    at_once(cancelled)

    assert len(departures(cancelled)) == 2


def test_a_run_that_is_tried_again_is_the_one_hr_speaks_of(cancelled: World) -> None:
    do(cancelled, Verb.RETRY)

    at_once(cancelled)

    assert len(departures(cancelled)) == 1


def test_a_run_that_is_taken_back_is_the_one_hr_speaks_of(cancelled: World) -> None:
    undo(cancelled)

    at_once(cancelled)

    (only,) = departures(cancelled)
    assert only.changed_to is not None


def test_hr_takes_back_what_was_cancelled_and_still_it_is_not_lost_that_they_leave(cancelled: World) -> None:
    cancelled.says(Change.RESCINDED)
    assert "HR withdrew" in departures(cancelled)[0].held_because

    at_once(cancelled)

    assert stand(cancelled) == [(DepartureState.HELD, ["cancelled before"])]
