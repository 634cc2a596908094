"""Whose account it is, said after the run is over: who left is shut out there too, and who stays is not."""

from dataclasses import replace
from datetime import timedelta

import pytest

from service.departures.departure import Departure
from service.departures.kind import DepartureKind, DepartureState
from service.engine.interventions import Verb, Wish
from service.engine.states import StepState
from service.engine.tables import Run
from service.engine.undos import Because
from service.people.person import Person
from tests.unit.engine.test_asking import TWO, active, answer, seed
from tests.unit.engine.test_undo import sweep_and_drain, undo
from tests.unit.engine.world import World
from tests.unit.engine.world import departure as departure_of

OWN = {"employee_no": "E-17", "email": "mike@example.com"}
FURTHER = {"employee_no": "E-17", "username": "adm.mike"}


@pytest.fixture
def further(world: World) -> World:
    """Mike is shut out; an account beside his own is asked about, and nobody has answered."""
    seed(world, OWN, FURTHER)
    world.begin(TWO)
    world.drain()
    assert active(world) == {"acc-1": False, "acc-2": True}
    return world


def has_closed(world: World) -> None:
    """Everything was over long ago, and the question was forgotten."""
    with world.store.write() as session:
        session.get_one(Departure, "d-1").state = DepartureState.CLOSED
        session.get_one(Run, world.run_id).finished_at = world.clock()
    world.clock.turn(days=400)


def test_who_was_restored_is_not_shut_out_by_an_answer_that_comes_after(further: World) -> None:
    undo(further)
    sweep_and_drain(further)
    assert active(further) == {"acc-1": True, "acc-2": True}

    going_on = answer(further, "acc-2")
    sweep_and_drain(further)

    assert going_on == 0
    assert active(further) == {"acc-1": True, "acc-2": True}


def test_who_was_restored_is_not_shut_out_by_an_answer_that_comes_after_a_rehire(further: World) -> None:
    has_closed(further)
    undo(further, because=Because.REHIRE)
    sweep_and_drain(further)

    answer(further, "acc-2")
    sweep_and_drain(further)

    assert active(further) == {"acc-1": True, "acc-2": True}


def test_who_was_hired_again_is_not_shut_out_by_an_answer_that_comes_after(further: World) -> None:
    has_closed(further)
    with further.store.write() as session:
        session.get_one(Person, further.people["mike"]).hired_on = further.clock().date()

    answer(further, "acc-2")
    begun_again = [order for order in further.admit() if not order.checking]
    further.drain()

    assert begun_again == []
    assert active(further)["acc-2"]


@pytest.mark.parametrize("kind", [DepartureKind.REHIRE, DepartureKind.VOLUNTARY])
def test_who_came_back_or_leaves_anew_later_is_not_shut_out_by_an_old_run(
    further: World, kind: DepartureKind
) -> None:
    has_closed(further)
    at = further.clock() + timedelta(days=0 if kind is DepartureKind.REHIRE else 30)
    begun = {"begun_at": at, "run_id": "R"} if kind is DepartureKind.REHIRE else {}
    with further.store.write() as session:
        mike = further.people["mike"]
        session.add(departure_of(mike, at, id="d-2", source_id="ev-2", kind=kind, **begun))

    answer(further, "acc-2")
    further.drain()

    assert active(further)["acc-2"]


def test_who_has_left_is_shut_out_there_too_however_late_somebody_says_so(further: World) -> None:
    has_closed(further)

    assert answer(further, "acc-2") == 2
    further.drain()

    assert active(further) == {"acc-1": False, "acc-2": False}
    assert further.step("shut").state is StepState.DONE


@pytest.mark.parametrize(("over", "steps"), [(False, 2), (True, 0)])
def test_a_further_account_concerns_the_run_of_a_lost_laptop_while_it_lasts(
    world: World, over: bool, steps: int
) -> None:
    with world.store.write() as session:
        session.get_one(Departure, "d-1").kind = DepartureKind.LOST_DEVICE
    seed(world, OWN, FURTHER)
    world.begin(TWO)
    world.drain()
    if over:
        has_closed(world)

    assert answer(world, "acc-2") == steps


LATER = """
  - id: months
    action: chaos.revoke_sessions
    phase: after-care
    after: 60d
    deadline: 10m
"""


@pytest.mark.parametrize(("hired_after_days", "state"), [(30, StepState.FAILED), (90, StepState.DONE)])
def test_what_is_left_of_a_run_is_not_done_to_somebody_who_was_hired_again_meanwhile(
    world: World, hired_after_days: int, state: StepState
) -> None:
    seed(world, OWN)
    world.begin(TWO, extra=LATER)
    world.drain()
    with world.store.write() as session:
        mike = session.get_one(Person, world.people["mike"])
        mike.hired_on = world.clock().date() + timedelta(days=hired_after_days)
    world.fake.state["accounts"]["acc-1"]["sessions"] = ["acc-1-s3"]

    world.clock.turn(days=61)
    world.drain()

    assert world.step("months").state is state
    assert bool(world.fake.state["accounts"]["acc-1"]["sessions"]) is (state is StepState.FAILED)
    assert ("hired again" in world.step("months").why) is (state is StepState.FAILED)


def test_a_login_that_is_named_later_and_skipped_is_not_said_to_be_shut(further: World) -> None:
    assert further.facts().last_verified_at is not None
    answer(further, "acc-2")
    further.fake.faults.status_once[("GET", r"/accounts/acc-2.*")] = [(403, {})] * 9
    further.drain()
    assert further.step("shut").state is StepState.FAILED

    wish = Wish(verb=Verb.SKIP, run_id=further.run_id, person_id=further.people["ivan"], door="cli")
    further.desk.intervene(replace(wish, step="shut", reason="Somebody else shuts the second one."))

    assert active(further) == {"acc-1": False, "acc-2": True}
    facts = further.facts()
    assert facts.headline.startswith("0 of 1 logins shut and read back; not known to be shut: chaos.")
    assert (facts.last_verified_at, facts.seconds_to_last_cut) == (None, None)
    assert further.desk.lines()[0].seconds_to_last_cut is None
