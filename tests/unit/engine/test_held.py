"""HR takes a departure back after access was cut: what has not begun is not begun."""

from typing import Any

import pytest

from service.departures.batch import Batch, Origin
from service.departures.departure import Departure
from service.departures.event import Change
from service.departures.holding import slip_in_the_date
from service.departures.kind import DepartureState
from service.engine.approvals import Wanted
from service.engine.decisions import NotDecided
from service.engine.releases import Release
from service.engine.states import StepState
from service.people.person import Person


def withdrawn_after_the_cut(world: Any) -> None:
    world.begin()
    for order in world.admit():
        world.finish(order)
    world.says(Change.RESCINDED)


def let_go(world: Any, first: str, second: str) -> None:
    wanted = Wanted(departures=("d-1",), person_id=world.people[first], door="web", because="HR was wrong.")
    release = world.desk.approvals.ask(wanted)
    with world.store.read() as session:
        digest = session.get_one(Release, release).digest
    world.desk.approvals.approve(release, digest=digest, person_id=world.people[second], door="web")


def test_steps_that_have_not_begun_are_held(world: Any) -> None:
    withdrawn_after_the_cut(world)

    world.clock.turn(days=2)
    world.drain()

    assert world.step("shut").state is StepState.DONE
    assert world.step("sessions").state is StepState.READY
    assert "HR withdrew" in world.facts().headline


def test_a_stopped_batch_lets_no_step_out_of_runs_that_have_begun(world: Any) -> None:
    world.begin()
    with world.store.write() as session:
        now = world.clock()
        session.add(
            Batch(
                id="b-1",
                number=1,
                origin=Origin.FILE,
                title="May",
                opened_at=now,
                opened_by="system:test",
                stopped_at=now,
            )
        )
        session.flush()
        session.get_one(Departure, "d-1").batch_id = "b-1"

    assert world.admit() == []


def test_the_run_is_told_of_it_in_the_ledger(world: Any) -> None:
    withdrawn_after_the_cut(world)

    assert world.bodies("departure.held")[-1] == {"because": "withdrawn too late"}


def test_two_persons_let_it_go_on(world: Any) -> None:
    withdrawn_after_the_cut(world)
    world.approvers()

    let_go(world, "ivan", "hanna")
    world.drain()

    assert world.step("sessions").state is StepState.DONE


def test_the_leaver_does_not_let_it_go_on(world: Any) -> None:
    withdrawn_after_the_cut(world)
    world.approvers()

    with pytest.raises(NotDecided) as refused:
        let_go(world, "ivan", "mike")

    assert refused.value.reason == "leaver"


def test_what_is_not_held_cannot_be_released(world: Any) -> None:
    world.approvers()

    with pytest.raises(NotDecided) as refused:
        let_go(world, "ivan", "hanna")

    assert refused.value.reason == "not-held"


def test_a_departure_before_the_hire_is_doubted(world: Any) -> None:
    with world.store.read() as session:
        departure = session.get_one(Departure, "d-1")
        person = session.get_one(Person, world.people["mike"])
        departure.effective_at = departure.effective_at.replace(year=2019)
        found = slip_in_the_date(departure.effective_at, departure.zone, person, now=world.clock())

    assert found is not None
    assert found.code == "before hire"
    assert departure.state is DepartureState.SCHEDULED
