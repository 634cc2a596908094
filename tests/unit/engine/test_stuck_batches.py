"""What many wait for together is one alarm: a wave, a batch that is stopped, the kill switch."""

from typing import Any

from sqlalchemy import update

from service.departures.batch import Batch, Origin, open_batch
from service.departures.departure import Departure
from service.departures.kind import DepartureState
from service.engine.found_stuck import StuckKind
from service.engine.kill_switch import THE_ONE, KillSwitch
from tests.unit.engine.test_stuck import look, said, stuck
from tests.unit.engine.world import departure, person


def in_a_batch(world: Any, count: int, **values: Any) -> str:
    """So many leave now in B-1, the first of them Mike."""
    with world.store.write() as session:
        batch = open_batch(session, Origin.FILE, "layoff.csv", now=world.clock(), by="source:hr")
        session.get_one(Departure, "d-1").batch_id = batch.id
        for n in range(1, count):
            leaver = person(f"Leaver{n} Berg", f"E-7{n}")
            session.add(leaver)
            session.flush()
            told = departure(leaver.id, world.clock(), id=f"d-7{n}", source_id=f"ev-7{n}")
            told.batch_id = batch.id
            session.add(told)
        session.flush()
        if values:
            session.execute(update(Departure).values(**values))
        return batch.id


def test_waves_that_nobody_opens_are_one_alarm_however_many_wait(world: Any):
    batch = in_a_batch(world, 30, wave=2)
    world.clock.turn(minutes=3)
    look(world)
    with world.store.write() as session:
        session.execute(update(Departure).where(Departure.id != "d-1").values(state=DepartureState.WITHDRAWN))
    look(world)

    (told,) = world.bodies("alarm.raised")
    (now,) = world.desk.alarms()
    assert told["said"].startswith(
        "B-1: 30 of its departures are past their time and wait for their waves; 1 is open."
    )
    assert "exeunt departures steer next B-1" in told["fix"]
    assert now.said.startswith("B-1: 1 of its departures is past its time and waits for its wave; 1 is open.")

    with world.store.write() as session:
        session.get_one(Batch, batch).open_wave = 2
    world.begin()
    look(world)
    assert world.desk.alarms() == []


def test_a_batch_that_nobody_goes_on_with_is_one_alarm_for_who_has_begun_as_well(world: Any):
    in_a_batch(world, 30)
    world.begin()
    with world.store.write() as session:
        session.execute(update(Batch).values(stopped_at=world.clock()))
        session.add(departure(world.people["hanna"], world.clock(), id="d-9", source_id="ev-9"))
        session.flush()
        session.get_one(Departure, "d-9").batch_id = session.query(Batch).one().id
    assert stuck(world) == []
    world.clock.turn(minutes=26)

    (told,) = said(world)

    assert told.startswith(
        "B-1 was stopped at 2026-03-02 12:00:00 UTC: 31 of its departures are past their time"
    )


def test_a_batch_that_should_have_begun_is_one_alarm(world: Any):
    in_a_batch(world, 30)
    world.clock.turn(minutes=3)

    (told,) = said(world)

    assert told.startswith("B-1: 30 of its departures are past their time and have not begun.")


def test_what_is_sealed_is_counted_in_no_alarm_of_its_batch(world: Any):
    in_a_batch(world, 2, sealed=True)
    world.clock.turn(minutes=3)

    assert stuck(world) == []


def test_while_the_kill_switch_is_thrown_no_step_that_was_not_let_out_raises_one_of_its_own(world: Any):
    world.begin()
    world.clock.turn(minutes=26)
    with world.store.write() as session:
        session.merge(KillSwitch(id=THE_ONE, stopped_at=world.clock(), stopped_by=None, because="A drill."))

    assert stuck(world) == [(StuckKind.SWITCH, "")]
