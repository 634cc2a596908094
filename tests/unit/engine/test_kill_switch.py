"""One row stops every node: nothing new is let out, readings go on, and who threw it is known."""

import uuid
from typing import Any

import pytest

from service.engine import kill_switch, stopping
from service.engine.decisions import NotDecided
from service.engine.states import StepState
from service.engine.tables import StepRun
from service.ledger.entry import LedgerEntry
from service.ledger.subject import commitment, reveal
from service.people.person import Person, Role, RoleGrant
from service.store import Store
from tests.unit.engine.letting_out import waits_for
from tests.unit.engine.world import person

WHY = "The feed looks forged."


def throw(world: Any, who: str = "ivan", because: str = WHY) -> None:
    stopping.throw(world.store, world.people[who], because=because, door="cli", now=world.clock())


def test_nothing_new_is_let_out_until_somebody_goes_on(world: Any) -> None:
    world.begin()
    throw(world)
    assert world.admit() == []

    stopping.take_back(world.store, world.people["ivan"], door="cli", now=world.clock())
    world.drain()

    assert world.step("shut").state is StepState.DONE


def test_no_run_begins_meanwhile(world: Any) -> None:
    throw(world)

    with pytest.raises(IndexError):
        world.begin()


def test_what_is_out_comes_back_and_is_recorded(world: Any) -> None:
    world.begin()
    orders = world.admit()

    throw(world)
    for order in orders:
        world.finish(order)

    assert world.step("shut").state is StepState.DONE
    assert world.step("sessions").state is StepState.READY
    assert world.admit() == []


def test_reading_back_goes_on(world: Any) -> None:
    world.begin()
    world.drain()
    throw(world)

    world.clock.turn(minutes=5)

    assert {order.checking for order in world.admit()} == {True}


def test_it_is_on_record_who_threw_it_and_who_went_on(world: Any) -> None:
    throw(world)
    stopping.take_back(world.store, world.people["ivan"], door="web", now=world.clock())

    assert world.bodies("engine.stopped") == [{"door": "cli"}]
    assert world.bodies("engine.resumed") == [{"door": "web"}]
    assert kill_switch.note(world.store) == ""


def test_the_ledger_commits_to_why_it_was_thrown_and_does_not_say_it(world: Any) -> None:
    throw(world)
    stopping.take_back(world.store, world.people["ivan"], door="web", now=world.clock())

    with world.store.read() as session:
        stopped, resumed = session.query(LedgerEntry).filter(LedgerEntry.event.startswith("engine.")).all()
        kept = session.get_one(kill_switch.KillSwitch, kill_switch.THE_ONE).because
        assert WHY not in stopped.leaf.decode()
        assert stopped.content["pii"] == {
            "reason": commitment(reveal(session, stopped.subject), "reason", kept)
        }
    assert (kept, resumed.content["pii"]) == (WHY, {})


def test_who_is_refused_is_on_record(world: Any) -> None:
    now = world.clock()
    for who, because in (("hanna", WHY), ("ivan", "no")):
        with pytest.raises(NotDecided):
            throw(world, who, because)
    with pytest.raises(NotDecided):
        stopping.take_back(world.store, world.people["ivan"], door="web", now=now)
    throw(world)
    with pytest.raises(NotDecided):
        throw(world)

    assert world.bodies("intervention.refused") == [
        {"verb": "stop", "reason": "role", "door": "cli"},
        {"verb": "stop", "reason": "note", "door": "cli"},
        {"verb": "go", "reason": "nothing", "door": "web"},
        {"verb": "stop", "reason": "nothing", "door": "cli"},
    ]


def test_everybody_is_told_why(world: Any) -> None:
    throw(world)

    assert WHY in kill_switch.note(world.store)
    assert "Ivan Petrov" in kill_switch.note(world.store)


@pytest.mark.parametrize(
    ("who", "because", "reason"),
    [("hanna", WHY, "role"), ("ivan", "stop", "note"), ("ivan", " " * 20, "note")],
)
def test_who_may_not_or_does_not_say_why_changes_nothing(
    world: Any, who: str, because: str, reason: str
) -> None:
    with pytest.raises(NotDecided) as refused:
        throw(world, who, because)

    assert refused.value.reason == reason
    assert kill_switch.note(world.store) == ""
    assert world.bodies("engine.stopped") == []


@pytest.mark.postgres
def test_whoever_throws_it_waits_for_the_node_that_lets_steps_out_just_now(
    postgres_store: Store, clock: Any, keys: Any
) -> None:
    ivan = person("Ivan Petrov", "E-2")
    with postgres_store.write() as session:
        session.add(ivan)
        session.add(kill_switch.KillSwitch(id=kill_switch.THE_ONE))
        session.flush()
        session.add(RoleGrant(id=str(uuid.uuid4()), person_id=ivan.id, role=Role.IT, since=clock()))

    def thrown() -> None:
        stopping.throw(postgres_store, ivan.id, because=WHY, door="cli", now=clock())

    assert waits_for(postgres_store, thrown, now=clock())
    with postgres_store.read() as session:
        assert kill_switch.stopped(session) is not None
        assert session.query(StepRun).count() == 0
        assert session.query(Person).count() == 1
