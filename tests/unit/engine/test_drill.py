"""The drill shuts nobody out but its made-up person, lets them in again, and says what would have failed."""

import json
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from connectors.sdk.context import Context
from connectors.sdk.errors import Unavailable
from service.engine import stopping
from service.engine.drill import LEASE, Drill, Drills, Line, NotNow, past
from service.engine.drill_shut import DrillAccount, Shut
from service.engine.stuck import Watch
from service.engine.untouchable import Untouchable
from service.ledger.entry import LedgerEntry, head
from service.people.account_link import linked
from service.people.person import Person
from service.sections import DrillSection
from tests.unit.engine.world import World

SECTION = DrillSection(systems=("chaos",))
MADE_UP = {"employee_no": SECTION.employee_no, "email": SECTION.email, "username": SECTION.username}
WEEK = timedelta(days=7)


@pytest.fixture
def drills(world: World) -> Drills:
    """The made-up person has an account beside Mike's."""
    world.fake.seed([MADE_UP])
    return Drills(
        store=world.store,
        registry=world.registry,
        section=SECTION,
        untouchable=Untouchable(),
        shut=Shut(store=world.store, keys=world.keys, registry=world.registry, now=world.clock),
        now=world.clock,
    )


def account(world: World, number: int = 2) -> dict[str, Any]:
    return dict(world.fake.state["accounts"][f"acc-{number}"])


def alarms(world: World) -> list[str]:
    with world.store.read() as session:
        found = Watch(drill_every=WEEK).look(session, now=world.clock())
    return [stuck.said for stuck in found if stuck.key.startswith("drill:")]


def test_the_made_up_person_is_shut_out_and_let_in_again_and_nobody_else_is_touched(
    world: World, drills: Drills
) -> None:
    before, mikes = account(world), account(world, 1)

    drill = drills.carry_out("person:x")

    (line,) = drill.lines
    assert drill.passed, line
    assert line["cut_ms"] > 0
    assert (account(world), account(world, 1)) == (before, mikes)
    assert {effect["target"] for effect in world.fake.effects} == {"acc-2"}
    assert [event for event in world.events() if event.startswith("drill")] == ["drill.begun", "drill.passed"]
    assert alarms(world) == []


def links_it(world: World) -> None:
    connector: Any = world.registry.open("chaos", Context(now=world.clock, read_only=True))
    found = next(each for each in connector.list_accounts() if each.id == "acc-2")
    with world.store.write() as session:
        session.add(linked(world.people["ivan"], found, learnt_from="roster", at=world.clock()))


def changes(**values: Any) -> Callable[[World], None]:
    return lambda world: world.fake.state["accounts"]["acc-2"].update(values)


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (links_it, "is a person's"),
        (changes(admin=True), "administers"),
        (changes(active=False), "was shut before"),
        (changes(employee_no="E-9", username="somebody"), "No single account"),
        (changes(employee_no="E-9"), "No single account"),
    ],
    ids=["linked", "admin", "shut", "one identifier", "another number"],
)
def test_an_account_that_could_be_a_real_persons_is_left_alone_and_the_drill_fails(
    world: World, drills: Drills, spoil: Callable[[World], None], says: str
) -> None:
    spoil(world)

    drill = drills.carry_out("person:x")

    assert not drill.passed
    assert says in drill.lines[0]["said"]
    assert world.fake.effects == []
    assert world.events()[-1] == "drill.failed"
    assert "failed in chaos" in alarms(world)[0]


def test_a_protected_account_is_left_alone(world: World, drills: Drills) -> None:
    drill = replace(drills, untouchable=Untouchable.of(("chaos:acc-2",))).carry_out("person:x")

    assert not drill.passed
    assert world.fake.effects == []


@pytest.mark.parametrize("column", ["employee_no", "work_email", "username"])
def test_a_made_up_person_who_is_real_stops_the_drill_before_anything_is_asked(
    world: World, drills: Drills, column: str
) -> None:
    with world.store.write() as session:
        value = {**MADE_UP, "work_email": SECTION.email}[column]
        setattr(session.get_one(Person, world.people["hanna"]), column, value.upper())

    with pytest.raises(NotNow, match="real person"):
        drills.carry_out("person:x")

    assert world.fake.effects == []
    assert world.events() == []


def test_a_lie_of_the_target_system_is_found(world: World, drills: Drills) -> None:
    world.fake.faults.lie = {"account.active"}

    drill = drills.carry_out("person:x")

    assert not drill.passed
    assert "not read back as disabled" in drill.lines[0]["said"]


def test_nothing_is_tried_while_everything_is_stopped(world: World, drills: Drills) -> None:
    why = "Somebody is in the directory."
    stopping.throw(world.store, world.people["ivan"], because=why, door="web", now=world.clock())

    with pytest.raises(NotNow, match="stopped"):
        drills.carry_out("person:x")

    assert world.fake.effects == []


def test_once_the_kill_switch_is_thrown_no_further_system_is_shut(
    world: World, drills: Drills, monkeypatch: pytest.MonkeyPatch
) -> None:
    why, one = "Somebody is in the directory.", Drills._one

    effects: list[Any] = []

    def thrown_afterwards(drills: Drills, number: int, name: str) -> Line:
        line = one(drills, number, name)
        stopping.throw(world.store, world.people["ivan"], because=why, door="web", now=world.clock())
        effects.extend(world.fake.effects)
        return line

    monkeypatch.setattr(Drills, "_one", thrown_afterwards)

    drill = replace(drills, section=DrillSection(systems=("chaos", "chaos"))).carry_out("person:x")

    first, second = drill.lines
    assert (first["passed"], second["passed"]) == (True, False)
    assert "kill switch was thrown" in second["said"]
    assert effects == world.fake.effects


def begun(world: World) -> int:
    with world.store.read() as session:
        return len(past(session))


def test_the_first_comes_an_hour_after_drills_were_set_up_however_often_the_service_is_started(
    world: World, drills: Drills
) -> None:
    for _ in range(3):  # a new process each quarter of an hour
        replace(drills).when_due()
        world.clock.turn(minutes=15)
        replace(drills).when_due()
    assert begun(world) == 0

    world.clock.turn(minutes=15)
    replace(drills).when_due()

    assert begun(world) == 1
    assert world.events().count("drill.planned") == 1


def test_a_start_begins_no_drill_while_the_last_is_not_old_enough(world: World, drills: Drills) -> None:
    drills.carry_out("person:x")

    for _ in range(7 * 24 - 1):
        world.clock.turn(hours=1)
        replace(drills).when_due()

    assert begun(world) == 1


def test_that_no_drill_was_ever_carried_out_is_an_alarm(world: World, drills: Drills) -> None:
    replace(drills, section=DrillSection(systems=("nobody-set-this-up",))).when_due()
    world.clock.turn(hours=48)
    assert alarms(world) == []

    world.clock.turn(hours=2)

    assert alarms(world) == ["Drills are set up since 2026-03-02 12:00:00 UTC, and none was carried out."]


def test_one_a_week_is_begun_by_itself(world: World, drills: Drills) -> None:
    for _ in range(24 * 15):
        drills.when_due()
        world.clock.turn(hours=1)

    with world.store.read() as session:
        assert [drill.number for drill in past(session)] == [3, 2, 1]


def test_none_for_long_raises_an_alarm(world: World, drills: Drills) -> None:
    drills.carry_out("person:x")
    world.clock.turn(days=9, hours=1)

    assert "longer ago than it should be" in alarms(world)[0]


def test_one_that_was_cut_short_raises_an_alarm(world: World, drills: Drills) -> None:
    with world.store.write() as session:
        session.add(Drill(number=1, began_at=world.clock(), by="system:drill", lines=[]))
    world.clock.turn(minutes=20)

    assert "did not end" in alarms(world)[0]


def test_what_is_recorded_names_systems_and_no_person(world: World, drills: Drills) -> None:
    drills.carry_out("person:x")

    with world.store.read() as session:
        entry = session.query(LedgerEntry).filter(LedgerEntry.event == "drill.passed").one()
    body = json.loads(entry.leaf)["body"]
    assert body["systems"] == {"chaos": "passed"}
    assert SECTION.email not in entry.leaf.decode()


class Killed(BaseException):
    """The process is gone: nothing of it goes on."""


def left_shut(world: World) -> int:
    with world.store.read() as session:
        return session.query(DrillAccount).count()


def killed(world: World, drills: Drills, after: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A drill that is killed right after a call to the target system, or right before its account is opened."""
    kind: Any = type(world.registry.open("chaos", Context(now=world.clock)))
    real = getattr(kind, after)

    def then_dies(self: Any, *args: Any) -> Any:
        if after == "restore_account":
            raise Killed
        real(self, *args)
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(kind, after, then_dies)
        with pytest.raises(Killed):
            drills.carry_out("system:drill")


@pytest.mark.parametrize("after", ["read", "disable_account", "restore_account"])
def test_what_a_killed_drill_left_shut_is_opened_by_the_next_look(
    world: World, drills: Drills, after: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = account(world)
    killed(world, drills, after, monkeypatch)
    drills.when_due()
    meanwhile = left_shut(world)
    world.clock.turn(seconds=LEASE.total_seconds() + 1)

    drills.when_due()

    assert meanwhile == (0 if after == "read" else 1)
    assert (account(world), left_shut(world)) == (before, 0)
    assert world.events()[-2:] == ["drill.begun", "drill.failed"]
    with world.store.read() as session:
        (drill,) = past(session)
        said = drill.lines[0]["said"]
    assert "cut short" in said
    assert ("was opened again" in said) is (after != "read")


def test_the_next_drill_opens_what_the_last_one_left_shut_and_passes(
    world: World, drills: Drills, monkeypatch: pytest.MonkeyPatch
) -> None:
    killed(world, drills, "disable_account", monkeypatch)
    world.clock.turn(seconds=LEASE.total_seconds() + 1)

    assert drills.carry_out("person:x").passed


def test_two_drills_at_once_are_refused(
    world: World, drills: Drills, monkeypatch: pytest.MonkeyPatch
) -> None:
    killed(world, drills, "disable_account", monkeypatch)

    with pytest.raises(NotNow, match="under way"):
        drills.carry_out("person:x")


def test_of_two_nodes_that_begin_at_one_moment_one_is_told_that_a_drill_is_under_way(
    world: World, drills: Drills
) -> None:
    ended: list[object] = []

    def begin() -> None:
        try:
            ended.append(drills._begin("person:x"))
        except Exception as error:  # noqa: BLE001  whatever it is, the claim says what it should be
            ended.append(error)

    nodes = [threading.Thread(target=begin) for _ in range(2)]
    with world.store.write() as session:
        head(session)
        for node in nodes:
            node.start()
            node.join(timeout=0.3)
    for node in nodes:
        node.join()

    assert sorted(type(each).__name__ for each in ended) == ["NotNow", "int"]


def test_what_is_left_shut_stays_so_while_everything_is_stopped(
    world: World, drills: Drills, monkeypatch: pytest.MonkeyPatch
) -> None:
    killed(world, drills, "disable_account", monkeypatch)
    world.clock.turn(seconds=LEASE.total_seconds() + 1)
    stopping.throw(
        world.store, world.people["ivan"], because="Somebody is in it.", door="web", now=world.clock()
    )

    drills.let_in()

    assert (account(world)["active"], left_shut(world)) == (False, 1)


def test_an_account_that_cannot_be_opened_is_tried_at_each_look_until_it_is(
    world: World, drills: Drills, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = account(world)
    kind: Any = type(world.registry.open("chaos", Context(now=world.clock)))

    def away(*_: Any) -> Any:
        raise Unavailable("It does not answer.", hint="Wait.")

    with monkeypatch.context() as patched:
        patched.setattr(kind, "restore_account", away)
        drill = drills.carry_out("person:x")
        drills.let_in()
        tried = left_shut(world)

    drills.let_in()

    with world.store.read() as session:
        said = past(session)[0].lines[0]["said"]
    assert not drill.passed
    assert "does not answer" in said
    assert said.endswith("The test account was opened later.")
    assert (tried, left_shut(world), account(world)) == (1, 0, before)


def test_an_account_that_somebody_else_shut_since_is_left_to_them(
    world: World, drills: Drills, monkeypatch: pytest.MonkeyPatch
) -> None:
    killed(world, drills, "disable_account", monkeypatch)
    changes(blocked_by="the help desk")(world)
    world.clock.turn(seconds=LEASE.total_seconds() + 1)
    effects = len(world.fake.effects)

    drills.let_in()

    assert (len(world.fake.effects), account(world)["active"], left_shut(world)) == (effects, False, 1)
    with world.store.read() as session:
        assert "Open the test account there yourself" in past(session)[0].lines[0]["said"]


def test_an_account_whose_image_cannot_be_read_is_not_shut(
    world: World, drills: Drills, monkeypatch: pytest.MonkeyPatch
) -> None:
    kind: Any = type(world.registry.open("chaos", Context(now=world.clock)))

    def unreadable(*_: Any) -> Any:
        raise Unavailable("It does not answer.", hint="Wait.")

    monkeypatch.setattr(kind, "read", unreadable)

    drill = drills.carry_out("person:x")

    assert (drill.passed, world.fake.effects, left_shut(world)) == (False, [], 0)
