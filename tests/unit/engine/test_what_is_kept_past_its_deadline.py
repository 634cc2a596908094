"""What is held, paused or stopped lies past its deadline, and nothing is done: a person is told, each thing once."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from service.departures.batch import Batch
from service.departures.departure import Departure
from service.departures.event import Change
from service.departures.holding import WITHDRAWN_TOO_LATE
from service.departures.kind import DepartureState
from service.engine import stopping
from service.engine.alarms import open_alarms
from service.engine.order import Again, Returned
from service.engine.states import StepState
from service.engine.stuck import Watch
from service.engine.tables import Run, StepRun
from tests.unit.engine.test_stuck import look, said, stuck
from tests.unit.engine.test_stuck_batches import in_a_batch
from tests.unit.engine.test_what_it_waits_for import WHY, throw
from tests.unit.engine.world import departure

MANY = "More people were announced at once."


def hold(world: Any, because: str = MANY, **more: Any) -> None:
    with world.store.write() as session:
        held = {"state": DepartureState.HELD, "held_because": because, **more}
        session.execute(update(Departure).values(**held))


def let_go(world: Any) -> None:
    with world.store.write() as session:
        session.execute(update(Departure).values(state=DepartureState.REVOKING, held_because=""))


def steps(world: Any, **values: Any) -> None:
    with world.store.write() as session:
        session.execute(update(StepRun).where(StepRun.step == "shut").values(**values))


def stop_the_batch(world: Any) -> None:
    with world.store.write() as session:
        session.execute(update(Batch).values(stopped_at=world.clock(), stopped_because=WHY))


def raised(world: Any) -> list[str]:
    return [body["said"] for body in world.bodies("alarm.raised")]


def still_open(world: Any) -> list[str]:
    with world.store.read() as session:
        return [alarm.said for alarm in open_alarms(session)]


# --- held


def test_a_step_of_the_notice_that_is_held_past_its_deadline_is_told_once(world: Any) -> None:
    world.begin()
    steps(world, phase="notice")
    hold(world, effective_at=world.clock() + timedelta(days=9))
    look(world)
    assert raised(world) == []

    for _ in range(4):
        world.clock.turn(minutes=26)
        look(world)

    assert raised(world) == [
        "R-1 is held, and 2 steps of it are past the deadline by now: nothing of it is done."
    ]
    let_go(world)
    world.drain()
    look(world)
    assert still_open(world) == []


def test_a_step_that_was_tried_before_it_was_held_is_told(world: Any) -> None:
    world.begin()
    steps(world, tries=1)
    hold(world)
    with world.store.write() as session:
        session.execute(update(StepRun).where(StepRun.step != "shut").values(state=StepState.DONE))
    world.clock.turn(minutes=26)
    look(world)

    assert raised(world) == [
        "R-1 is held, and 1 step of it is past the deadline by now: nothing of it is done."
    ]


def test_what_nobody_decided_about_since_hr_took_it_back_is_told(world: Any) -> None:
    world.begin()
    for order in world.admit():
        world.finish(order)
    world.says(Change.RESCINDED)
    with world.store.read() as session:
        assert session.get_one(Departure, "d-1").held_because == WITHDRAWN_TOO_LATE.said
    look(world)
    assert raised(world) == []

    world.clock.turn(minutes=26)
    look(world)
    look(world)

    (told,) = raised(world)
    assert told.startswith("R-1 is held since HR took it back, and nobody has decided:")
    assert [order for order in world.admit() if not order.checking] == []


def test_what_is_told_as_open_at_its_end_is_not_told_twice(world: Any) -> None:
    world.begin()
    hold(world)
    world.clock.turn(minutes=26)
    look(world)

    (told,) = raised(world)
    assert "access was to end at" in told


def test_a_batch_that_is_held_past_its_deadlines_is_one_alarm(world: Any) -> None:
    in_a_batch(world, 3)
    world.begin()
    hold(world, WITHDRAWN_TOO_LATE.said)
    world.clock.turn(minutes=26)
    look(world)
    with world.store.write() as session:
        session.execute(update(Departure).where(Departure.id != "d-1").values(state=DepartureState.REVOKING))

    (alarm,) = world.desk.alarms()

    assert raised(world) == [
        "B-1: 3 of its runs are held and past their deadline by now: nothing of them is done."
    ]
    assert alarm.said.startswith("B-1: 1 of its runs is held and past its deadline")


# --- out, whatever is held


@pytest.mark.parametrize("keep", ["held", "paused"])
def test_a_call_that_does_not_come_back_is_told_although_nothing_more_is_begun(world: Any, keep: str) -> None:
    world.begin()
    steps(world, due=world.clock() + timedelta(days=1))
    world.admit()
    with world.store.write() as session:
        later = world.clock() + timedelta(days=1)
        session.execute(update(StepRun).where(StepRun.step != "shut").values(due=later))
        session.execute(update(Run).values(paused=keep == "paused"))
    if keep == "held":
        hold(world, WITHDRAWN_TOO_LATE.said)
    world.clock.turn(minutes=16)

    assert [each for each in said(world) if "out with its target system for too long" in each]


# --- a stopped batch


def test_a_sealed_one_of_a_stopped_batch_is_told_by_itself_and_to_those_who_may_see_it(world: Any) -> None:
    in_a_batch(world, 1, sealed=True)
    world.begin()
    with world.store.write() as session:
        session.execute(update(Departure).values(sealed=True))
    stop_the_batch(world)
    world.clock.turn(minutes=26)

    with world.store.read() as session:
        found = Watch().look(session, now=world.clock())
    assert {each.departure_id for each in found} == {"d-1"}
    look(world)
    assert raised(world)
    assert world.desk.alarms(world.people["ivan"]) == []


# --- the kill switch


def test_what_the_kill_switch_keeps_past_its_deadline_is_one_alarm_and_ends_with_it(world: Any) -> None:
    in_a_batch(world, 30)
    world.begin()
    throw(world)
    look(world)
    assert raised(world) == []

    for _ in range(4):
        world.clock.turn(minutes=26)
        look(world)

    (told,) = raised(world)
    assert told.startswith(
        "The kill switch is thrown since 2026-03-02 12:00:00 UTC: 30 departures are past their"
    )
    assert world.admit() == []
    stopping.take_back(world.store, world.people["ivan"], door="cli", now=world.clock())
    world.drain()
    look(world)
    assert not [each for each in still_open(world) if "kill switch" in each]


def test_what_has_not_begun_under_the_kill_switch_is_counted_too_and_in_todays_words(world: Any) -> None:
    in_a_batch(world, 2)
    throw(world)
    world.clock.turn(minutes=3)
    look(world)
    with world.store.write() as session:
        session.execute(update(Departure).where(Departure.id != "d-1").values(state=DepartureState.WITHDRAWN))

    (told,) = world.desk.alarms()

    assert "2 departures are" in raised(world)[0]
    assert "1 departure is past its time or deadline" in told.said
    assert "exeunt go" in told.fix


def test_what_is_sealed_is_in_no_count_of_the_kill_switch(world: Any) -> None:
    world.begin()
    throw(world)
    with world.store.write() as session:
        session.execute(update(Departure).values(sealed=True))
    world.clock.turn(minutes=26)
    with world.store.read() as session:
        found = Watch().look(session, now=world.clock())

    assert {each.departure_id for each in found} == {"d-1"}


# --- a system that stays silent meanwhile


@pytest.mark.parametrize("keep", [throw, stop_the_batch, hold], ids=["switch", "batch", "held"])
def test_a_step_that_is_kept_is_not_given_up_because_its_system_is_silent(world: Any, keep: Any) -> None:
    in_a_batch(world, 1)
    world.begin()
    orders = [order for order in world.admit() if order.connector == "chaos"]
    with world.store.read() as session:
        first = session.scalars(select(StepRun).where(StepRun.step == "sessions")).one()
        assert first.state is StepState.BLOCKED
    with world.store.write() as session:
        session.execute(update(StepRun).where(StepRun.step == "sessions").values(state=StepState.READY))
    keep(world)
    world.clock.turn(minutes=90)

    away = Again(what="It is away.", hint="Wait.", error="Unavailable", look_first=True)
    for _ in range(6):
        with world.store.write() as session:
            world.machine.finish(session, Returned(order=orders[0], result=away), now=world.clock())

    assert world.step("sessions").state is StepState.READY
    assert stuck(world)


# --- paused


def test_paused_runs_of_a_batch_are_one_alarm_that_says_how_many_and_what_lists_them(world: Any) -> None:
    in_a_batch(world, 30)
    world.begin()
    with world.store.write() as session:
        session.add(departure(world.people["hanna"], world.clock(), id="d-9", source_id="ev-9"))
    world.begin()
    with world.store.write() as session:
        session.execute(update(Run).values(paused=True))
    world.clock.turn(minutes=26)
    for _ in range(3):
        look(world)
    with world.store.write() as session:
        session.execute(update(Run).where(Run.number > 2, Run.number <= 30).values(paused=False))

    told = sorted(raised(world))
    now = [alarm.said for alarm in world.desk.alarms() if "paused, in whole" in alarm.said]

    assert told[0] == (
        "B-1: 30 of its runs are paused, in whole or in part, and past their deadline by now; nobody resumed."
    )
    assert told[1:] == [
        "R-31: somebody paused 2 steps that are past the deadline by now, and nobody resumed."
    ]
    assert now[0].startswith("B-1: 2 of its runs are paused")
    (fix,) = [body["fix"] for body in world.bodies("alarm.raised") if body["said"] == told[0]]
    assert "exeunt runs --batch B-1 --paused lists them." in fix


def test_a_sealed_run_of_a_batch_that_is_paused_is_in_no_count_and_told_by_itself(world: Any) -> None:
    in_a_batch(world, 3)
    world.begin()
    with world.store.write() as session:
        session.execute(update(Run).values(paused=True))
        session.execute(update(Departure).where(Departure.id == "d-1").values(sealed=True))
    world.clock.turn(minutes=26)
    with world.store.read() as session:
        found = {each.departure_id: each.said for each in Watch().look(session, now=world.clock())}

    assert found[""].startswith("B-1: 2 of its runs are paused")
    assert "somebody paused" in found["d-1"]
