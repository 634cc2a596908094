"""Whatever should have moved and did not is said, once; whatever waits for somebody is left in peace."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import delete, update

from service.departures.batch import guardrails_batch
from service.departures.departure import Departure
from service.departures.event import Change
from service.departures.holding import WITHDRAWN_TOO_LATE
from service.departures.kind import DepartureState
from service.engine.alarms import Alarms, open_alarms
from service.engine.found_stuck import StuckKind
from service.engine.kill_switch import THE_ONE, KillSwitch
from service.engine.stuck import Watch
from service.engine.tables import Gate, Run, StepRun
from tests.unit.engine.results import decision


def stuck(world: Any, watch: Watch | None = None) -> list[tuple[StuckKind, str]]:
    with world.store.read() as session:
        return [(s.kind, s.step) for s in (watch or Watch()).look(session, now=world.clock())]


def said(world: Any) -> list[str]:
    with world.store.read() as session:
        return [s.said for s in Watch().look(session, now=world.clock())]


def change(world: Any, step: str, **values: Any) -> None:
    with world.store.write() as session:
        session.execute(update(StepRun).where(StepRun.step == step).values(**values))


def look(world: Any) -> None:
    """Two looks in a row, as a running service looks again and again."""
    alarms = Alarms(store=world.store, watch=Watch(), now=world.clock)
    alarms.look()
    alarms.look()


def test_a_run_that_goes_on_is_not_stuck_at_any_moment(world: Any):
    seen = [stuck(world)]
    world.begin()
    seen.append(stuck(world))
    orders = world.admit()
    seen.append(stuck(world))
    for order in orders:
        world.finish(order)
    seen.append(stuck(world))
    world.drain()
    seen.append(stuck(world))

    assert seen == [[]] * 5


def test_a_step_that_waits_for_a_person_is_not_stuck_before_its_deadline(world: Any):
    world.begin()
    world.drain()
    world.clock.turn(hours=3)
    world.drain()

    assert world.facts().waiting
    assert stuck(world) == []


def test_a_step_past_its_deadline_with_nobody_asked_is_stuck(world: Any):
    world.begin()
    world.clock.turn(minutes=26)

    assert (StuckKind.STEP, "shut") in stuck(world)
    assert any("past its deadline and nobody was asked" in each for each in said(world))


@pytest.mark.parametrize("state", [DepartureState.SCHEDULED, DepartureState.RESTORING])
def test_a_step_of_the_notice_or_of_the_way_back_is_stuck_as_well(world: Any, state: DepartureState):
    world.begin()
    with world.store.write() as session:
        session.execute(update(Departure).values(state=state))
    world.clock.turn(minutes=26)

    assert (StuckKind.STEP, "shut") in stuck(world)


def test_a_step_behind_a_shut_gate_says_so(world: Any):
    world.begin()
    with world.store.write() as session:
        session.add(Gate(connector="chaos", open_from=world.clock() + timedelta(days=9), shut_because="x"))
    world.clock.turn(minutes=26)

    assert [each for each in said(world) if "gate is shut" in each]


def test_a_call_that_does_not_come_back_is_stuck(world: Any):
    world.begin()
    change(world, "shut", due=world.clock() + timedelta(days=1))
    world.admit()
    world.clock.turn(minutes=16)

    assert (StuckKind.STEP, "shut") in stuck(world)
    assert any("out with its target system for too long" in each for each in said(world))


def test_a_reading_that_does_not_come_back_is_stuck(world: Any):
    world.begin()
    world.drain()
    world.clock.turn(minutes=2)
    world.admit()
    world.clock.turn(minutes=16)

    assert (StuckKind.STEP, "shut") in stuck(world)
    assert all("no answer comes" in each for each in said(world))


@pytest.mark.parametrize("state", ["WAITING", "FAILED"])
def test_a_step_that_waits_for_nobody_is_stuck(world: Any, state: str):
    world.begin()
    world.drain()
    change(world, "mailbox", state=state.lower(), waits_for=None)

    assert stuck(world) == [(StuckKind.STEP, "mailbox")]


def test_a_run_in_which_nothing_moves_and_nobody_is_asked_is_stuck(world: Any):
    world.begin()
    change(world, "shut", state="done")
    change(world, "mailbox", state="done")
    world.clock.turn(minutes=3)

    assert stuck(world) == [(StuckKind.RUN, "")]


def test_a_departure_that_is_due_and_does_not_begin_is_stuck(world: Any):
    world.clock.turn(minutes=3)

    assert stuck(world) == [(StuckKind.DEPARTURE, "")]


def test_a_held_departure_calls_people_when_it_is_held_and_once_more_at_its_time(world: Any):
    with world.store.write() as session:
        departure = session.query(Departure).one()
        departure.state, departure.effective_at = DepartureState.HELD, world.clock() + timedelta(days=1)
    for _ in range(6):
        look(world)
        world.clock.turn(hours=11)
    with world.store.write() as session:
        session.execute(update(Departure).values(state=DepartureState.WITHDRAWN))
    look(world)

    told = [body.get("said", "") for body in world.bodies("alarm.raised")]
    assert ["until people decide" in said for said in told] == [True, False]
    assert "is open" in told[1]
    with world.store.read() as session:
        assert open_alarms(session) == []


def test_a_batch_that_is_held_is_one_alarm(world: Any):
    world.says(Change.SCHEDULED, who="E-2", access_off_at="2026-05-01T17:00:00")
    with world.store.write() as session:
        batch = guardrails_batch(session, "Many", now=world.clock(), by="system:engine")
        values = {"state": DepartureState.HELD, "batch_id": batch.id}
        session.execute(update(Departure).values(**values, effective_at=world.clock() + timedelta(days=1)))

    (told,) = said(world)

    assert told.startswith("B-1: 2 of its departures are held")


def test_who_reads_of_a_held_batch_is_told_how_many_are_left(world: Any):
    world.says(Change.SCHEDULED, who="E-2", access_off_at="2026-05-01T17:00:00")
    with world.store.write() as session:
        batch = guardrails_batch(session, "Many", now=world.clock(), by="system:engine")
        values = {"state": DepartureState.HELD, "batch_id": batch.id}
        session.execute(update(Departure).values(**values, effective_at=world.clock() + timedelta(days=1)))
    look(world)
    with world.store.write() as session:
        session.execute(update(Departure).where(Departure.id == "d-1").values(state=DepartureState.WITHDRAWN))
    look(world)

    (alarm,) = world.desk.alarms()

    assert alarm.said.startswith("B-1: 1 of its departures is held")
    assert len(world.bodies("alarm.raised")) == 1


def test_a_run_that_hr_took_back_is_not_told_as_one_that_is_open(world: Any):
    world.begin()
    with world.store.write() as session:
        held = {"state": DepartureState.HELD, "held_because": WITHDRAWN_TOO_LATE.said}
        session.execute(update(Departure).values(**held))
    assert stuck(world) == []
    world.clock.turn(days=3)

    (told,) = said(world)
    assert told == (
        "R-1 is held since HR took it back, and nobody has decided: 3 steps of it are past the deadline by now."
    )


def test_a_run_that_is_held_in_the_notice_calls_people_again_when_access_was_to_end(world: Any):
    world.begin()
    with world.store.write() as session:
        held = {"state": DepartureState.HELD, "held_because": "More people were announced at once."}
        session.execute(update(Departure).values(**held, effective_at=world.clock() + timedelta(days=1)))
    look(world)
    assert world.bodies("alarm.raised") == []

    world.clock.turn(days=1, minutes=1)
    look(world)
    look(world)

    (told,) = world.bodies("alarm.raised")
    assert told["said"] == "R-1 is held; access was to end at 2026-03-03 12:00:00 UTC and is open."
    assert open_alarms_of(world) == 1
    world.fake.state["accounts"].clear()
    with world.store.write() as session:
        session.execute(update(Departure).values(state=DepartureState.REVOKING, held_because=""))
    world.drain()
    look(world)
    assert open_alarms_of(world) == 0


def test_a_pause_that_nobody_ends_is_told_once_its_deadline_is_over(world: Any):
    world.begin()
    change(world, "shut", paused=True)
    change(world, "sessions", paused=True)
    assert stuck(world) == []

    world.clock.turn(minutes=26)

    assert stuck(world) == [(StuckKind.RUN, "")]
    assert said(world) == [
        "R-1: somebody paused 2 steps that are past the deadline by now, and nobody resumed."
    ]
    change(world, "shut", paused=False)
    change(world, "sessions", paused=False)
    world.drain()
    assert stuck(world) == []


def open_alarms_of(world: Any) -> int:
    """How many alarms of the run are open."""
    with world.store.read() as session:
        return len(open_alarms(session, run_id=world.run_id))


def test_an_engine_that_does_not_look_is_stuck(world: Any):
    last = world.clock()
    watch = Watch(last_cycle_at=lambda: last)
    with world.store.write() as session:
        session.execute(delete(Departure))
    before = stuck(world, watch)
    world.clock.turn(minutes=3)

    assert (before, stuck(world, watch)) == ([], [(StuckKind.ENGINE, "")])


def test_a_reader_that_lies_behind_is_stuck(world: Any):
    since = world.clock()
    watch = Watch(readers={"Slack": lambda _: since, "Others": lambda _: None})
    world.begin()
    world.drain()
    world.clock.turn(minutes=11)
    with world.store.read() as session:
        found = [s.said for s in watch.look(session, now=world.clock()) if s.kind is StuckKind.READER]

    assert found == ["Slack is behind since 2026-03-02 12:00:00 UTC."]


def test_an_alarm_is_recorded_once_and_so_is_its_end(world: Any):
    world.clock.turn(minutes=3)
    for _ in range(3):
        look(world)
    with world.store.read() as session:
        raised = [alarm.kind for alarm in open_alarms(session)]
    world.begin()
    for _ in range(3):
        look(world)

    assert raised == [StuckKind.DEPARTURE]
    assert [event for event in world.events() if event.startswith("alarm")] == ["alarm.raised", "alarm.ended"]
    with world.store.read() as session:
        assert open_alarms(session) == []


def test_an_alarm_names_nobody(world: Any):
    world.clock.turn(minutes=3)
    look(world)

    (body,) = world.bodies("alarm.raised")

    assert "Mike" not in str(body)
    assert set(body) == {"alarm", "kind", "said", "fix"}


def test_the_facts_of_a_run_hold_its_alarms_and_no_other_runs(world: Any):
    world.begin()
    world.clock.turn(minutes=26)
    look(world)

    with world.store.read() as session:
        run = session.query(Run).one().id
        known = open_alarms(session, run_id=run)
        others = open_alarms(session, run_id="another")

    assert len(world.facts().alarms) == len(known) > 0
    assert others == []


def test_a_deadline_ends_in_a_person(world: Any):
    """The target is away for good: the step fails at its deadline, and somebody is asked."""
    world.fake.stop()
    world.begin()
    for _ in range(60):
        world.drain()
        world.clock.turn(minutes=1)

    facts = {step.step: step for step in world.facts().steps}
    assert (facts["shut"].state.value, facts["shut"].waits_for.value) == ("failed", "person")
    assert stuck(world) == [(StuckKind.OVERDUE, "shut")]


def test_who_confirms_ends_no_alarm_of_others(world: Any):
    world.begin()
    world.drain()
    change(world, "shut", waits_for=None, state="failed")
    look(world)
    world.desk.confirm(decision(world, "mailbox", note="I changed it myself."))
    look(world)

    with world.store.read() as session:
        assert [alarm.kind for alarm in open_alarms(session)] == [StuckKind.STEP]


def test_while_the_kill_switch_is_thrown_departures_that_wait_raise_its_alarm_alone(world: Any):
    world.clock.turn(minutes=3)
    with world.store.write() as session:
        session.merge(KillSwitch(id=THE_ONE, stopped_at=world.clock(), stopped_by=None, because="A drill."))

    assert stuck(world) == [(StuckKind.SWITCH, "")]


def test_what_moves_before_the_next_look_is_no_alarm(world: Any):
    behind = [world.clock() - timedelta(days=2)]
    watch = Watch(readers={"Slack": lambda _: behind[0]})
    alarms = Alarms(store=world.store, watch=watch, now=world.clock)

    alarms.look()
    world.clock.turn(minutes=1)
    behind[0] = world.clock()  # it caught up, and then fell behind over something else
    world.clock.turn(minutes=15)
    alarms.look()
    with world.store.read() as session:
        none_yet = open_alarms(session)
    alarms.look()
    with world.store.read() as session:
        then = {alarm.key for alarm in open_alarms(session)}

    assert none_yet == []
    assert "reader:Slack" in then


def test_an_alarm_stays_over_a_start_of_the_service(world: Any):
    since = world.clock() - timedelta(days=2)
    watch = Watch(readers={"Slack": lambda _: since})
    first = Alarms(store=world.store, watch=watch, now=world.clock)
    first.look()
    first.look()

    Alarms(store=world.store, watch=watch, now=world.clock).look()

    assert world.events().count("alarm.raised") == 1
    assert world.events().count("alarm.ended") == 0
