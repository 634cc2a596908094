"""HR takes a departure back after access was cut: what has not begun is not begun."""

from typing import Any

import pytest

from service.departures.announce import announce
from service.departures.departure import Departure
from service.departures.event import Change, EventPerson, TerminationEvent
from service.departures.holding import NotReleased, release, slip_in_the_date
from service.departures.kind import DepartureState
from service.engine.states import StepState
from service.people.person import Person


def withdrawn_after_the_cut(world: Any) -> None:
    world.begin()
    for order in world.admit():
        world.finish(order)
    event = TerminationEvent(
        source="hr",
        source_id="ev-2",
        change=Change.RESCINDED,
        person=EventPerson(source_id="hr-E-17", name="Mike Dalton"),
        timezone="UTC",
        occurred_at=world.clock(),
    )
    with world.store.write() as session:
        announce(session, event, now=world.clock())


def let_go(world: Any, who: str) -> None:
    with world.store.write() as session:
        departure = session.get_one(Departure, "d-1")
        release(session, departure, now=world.clock(), by=session.get_one(Person, world.people[who]))


def test_steps_that_have_not_begun_are_held(world: Any) -> None:
    withdrawn_after_the_cut(world)

    world.clock.turn(days=2)
    world.drain()

    assert world.step("shut").state is StepState.DONE
    assert world.step("sessions").state is StepState.READY
    assert "HR withdrew" in world.facts().headline


def test_the_run_is_told_of_it_in_the_ledger(world: Any) -> None:
    withdrawn_after_the_cut(world)

    assert world.bodies("departure.held")[-1] == {"because": "withdrawn too late"}


def test_a_person_lets_it_go_on(world: Any) -> None:
    withdrawn_after_the_cut(world)

    let_go(world, "ivan")
    world.drain()

    assert world.step("sessions").state is StepState.DONE


def test_the_leaver_does_not_let_it_go_on(world: Any) -> None:
    withdrawn_after_the_cut(world)

    with pytest.raises(NotReleased, match="leaver"):
        let_go(world, "mike")


def test_what_is_not_held_cannot_be_released(world: Any) -> None:
    with pytest.raises(NotReleased, match="not held"):
        let_go(world, "ivan")


def test_a_departure_before_the_hire_is_doubted(world: Any) -> None:
    with world.store.read() as session:
        departure = session.get_one(Departure, "d-1")
        person = session.get_one(Person, world.people["mike"])
        departure.effective_at = departure.effective_at.replace(year=2019)
        found = slip_in_the_date(departure, person, now=world.clock())

    assert found is not None
    assert found.code == "before hire"
    assert departure.state is DepartureState.SCHEDULED
