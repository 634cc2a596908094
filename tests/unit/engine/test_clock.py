"""A clock that is set wrong begins nobody's departure early, and repeats nothing."""

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.engine.clock import ClockGuard, EngineClock, Standing, say_it_is_right, told
from service.ledger.entry import LedgerEntry
from service.ledger.keys import Keys
from service.store import Store

START = datetime(2026, 11, 20, 16, 0, tzinfo=UTC)
HOURS = timedelta(hours=2)


@dataclass
class Machine:
    """Time passes on both clocks; somebody sets one of them."""

    wall: datetime = START
    ran: float = 0.0
    guard: ClockGuard = field(init=False)
    clock: EngineClock = field(init=False)

    def __post_init__(self) -> None:
        self.guard = ClockGuard(wall=lambda: self.wall, monotonic=lambda: self.ran)
        self.clock = EngineClock(lambda: self.wall, self.guard)

    def run(self, seconds: float, *, looks: int = 1) -> None:
        for _ in range(looks):
            self.wall += timedelta(seconds=seconds / looks)
            self.ran += seconds / looks
            self.guard.look()

    def set(self, by: timedelta) -> None:
        self.wall += by


@pytest.fixture
def machine() -> Machine:
    return Machine()


def test_while_the_clocks_agree_the_time_is_the_wall_clocks(machine: Machine) -> None:
    machine.run(3600)

    assert machine.clock() == machine.clock.begins() == START + timedelta(hours=1)
    assert (machine.guard.said, machine.guard.news()) == ("", ())


def test_a_clock_set_forward_begins_nothing_early(machine: Machine) -> None:
    machine.set(HOURS)
    machine.run(60)

    assert machine.clock.begins() == machine.clock() == START + timedelta(seconds=60)
    assert machine.guard.said.startswith("The machine's clock was set forward by 7200 s.")


def test_a_clock_set_back_repeats_nothing_and_begins_nothing_early(machine: Machine) -> None:
    machine.set(-HOURS)
    machine.run(60)

    assert machine.clock() == START + timedelta(seconds=60)
    assert machine.clock.begins() == START - HOURS + timedelta(seconds=60)
    assert "set back by 7200 s" in machine.guard.said


@pytest.mark.parametrize("by", [HOURS, -HOURS], ids=["forward", "back"])
def test_a_clock_that_is_put_right_again_is_believed_at_once(machine: Machine, by: timedelta) -> None:
    machine.set(by)
    machine.run(5)
    machine.set(-by)
    machine.run(1)

    assert machine.clock() == machine.clock.begins() == START + timedelta(seconds=6)
    assert [jump.standing for jump in machine.guard.news()] == [Standing.DOUBTED, Standing.BACK]


@pytest.mark.parametrize("by", [HOURS, -HOURS], ids=["forward", "back"])
@pytest.mark.parametrize("right", [False, True], ids=["set wrong", "put right"])
def test_a_clock_that_is_set_while_it_is_looked_at_is_not_taken_for_the_time(
    machine: Machine, by: timedelta, right: bool
) -> None:
    if right:
        machine.set(by)
        machine.run(5)
    sets = [-by if right else by]

    def set_meanwhile() -> datetime:
        now = machine.wall
        if sets:
            machine.set(sets.pop())
        return now

    clock = EngineClock(set_meanwhile, machine.guard)

    assert clock() == START + timedelta(seconds=machine.ran)


def test_a_clock_set_forward_is_believed_after_it_ran_evenly_for_a_quarter_of_an_hour(
    machine: Machine,
) -> None:
    machine.set(HOURS)
    machine.run(899, looks=899)
    assert machine.clock.begins() < START + HOURS

    machine.run(2)

    assert machine.clock() == machine.clock.begins() == START + HOURS + timedelta(seconds=901)
    assert machine.guard.news()[-1].standing is Standing.SETTLED


def test_a_clock_that_jumps_again_has_not_run_evenly(machine: Machine) -> None:
    machine.set(HOURS)
    machine.run(800)
    machine.set(HOURS)
    machine.run(800)

    assert machine.clock.begins() == START + timedelta(seconds=1600)


def test_small_corrections_are_taken_over_however_many(machine: Machine) -> None:
    for _ in range(100):
        machine.set(timedelta(seconds=1))
        machine.run(10)

    assert machine.clock() == machine.wall
    assert machine.guard.news() == ()


def test_a_person_says_that_a_clock_set_forward_is_right(machine: Machine) -> None:
    machine.set(HOURS)
    machine.guard.look()

    machine.guard.trust()

    assert machine.clock() == machine.clock.begins() == machine.wall


def test_a_person_says_that_a_clock_set_back_is_right_and_time_still_does_not_run_back(
    machine: Machine,
) -> None:
    machine.run(10)
    before = machine.clock()
    machine.set(-HOURS)
    machine.guard.look()

    machine.guard.trust()

    assert (machine.guard.said, machine.clock()) == ("", before)


def test_jumps_and_what_became_of_them_are_recorded(store: Store, keys: Keys, machine: Machine) -> None:
    machine.set(HOURS)
    machine.guard.look()
    turn(store, machine)
    machine.set(-HOURS)
    machine.guard.look()

    turn(store, machine)

    assert entries(store) == [
        ("clock.jumped", {"by_s": 7200, "standing": "doubted"}),
        ("clock.trusted", {"by_s": -7200, "standing": "back"}),
    ]


def test_the_word_of_a_person_is_heard_through_the_ledger(
    any_store: Store, keys: Keys, machine: Machine
) -> None:
    say(any_store)  # about an earlier jump: it says nothing about this one
    machine.set(HOURS)
    machine.guard.look()
    turn(any_store, machine)
    assert machine.guard.doubts

    say(any_store)
    turn(any_store, machine)

    assert not machine.guard.doubts
    turn(any_store, machine)
    assert entries(any_store)[-1] == ("clock.trusted", {"by_s": 7200, "standing": "trusted"})


@given(st.lists(st.tuples(st.integers(-20_000, 20_000), st.integers(0, 2_000)), max_size=20))
def test_the_engines_time_never_runs_back_and_nothing_begins_before_it(turns: list[tuple[int, int]]) -> None:
    machine = Machine()
    last = machine.clock()
    for jump, runs in turns:
        machine.set(timedelta(seconds=jump))
        now = machine.clock()
        assert now >= last - timedelta(seconds=2)
        assert machine.clock.begins() <= max(now, machine.wall)
        assert machine.clock.begins() <= now + timedelta(seconds=2)
        machine.run(runs)
        last = machine.clock()


def turn(store: Store, machine: Machine) -> None:
    with store.write() as session:
        machine.clock.settle(session, now=machine.clock())


def say(store: Store) -> None:
    with store.write() as session:
        say_it_is_right(session, actor="person:x", now=START)


def entries(store: Store) -> list[tuple[str, Any]]:
    with store.read() as session:
        found = session.query(LedgerEntry).order_by(LedgerEntry.seq).all()
    return [(entry.event, json.loads(entry.leaf)["body"]) for entry in found]


def test_what_happened_to_the_clock_is_told_in_sentences(store: Store, keys: Keys, machine: Machine) -> None:
    machine.set(HOURS)
    machine.guard.look()
    turn(store, machine)
    say(store)
    turn(store, machine)
    turn(store, machine)

    with store.read() as session:
        said = [sentence for _, sentence in told(session)]

    assert said == [
        "The clock was set by +7200 s, and is doubted.",
        "A person said that the clock is right.",
        "The clock, set by +7200 s, is believed on a person's word.",
    ]


def test_a_departure_due_by_the_clock_alone_does_not_begin(
    store: Store, keys: Keys, machine: Machine
) -> None:
    machine.set(HOURS)
    machine.run(30)

    assert asked_to_begin(store, machine) == Asked(
        START + timedelta(seconds=30), START + timedelta(seconds=30)
    )


def test_while_the_clock_is_set_back_what_begins_waits_for_it_and_what_is_written_keeps_to_the_time(
    store: Store, keys: Keys, machine: Machine
) -> None:
    machine.set(-HOURS)
    machine.run(30)

    right = START + timedelta(seconds=30)
    assert asked_to_begin(store, machine) == Asked(now=right, until=right - HOURS)


class Asked(NamedTuple):
    """By which times runs were to be begun."""

    now: datetime
    until: datetime


def asked_to_begin(store: Store, machine: Machine) -> Asked:
    asked: list[Asked] = []

    def begin_due(session: Any, *, now: datetime, until: datetime) -> list[str]:
        asked.append(Asked(now, until))
        return []

    with store.write() as session:
        machine.clock.guarded(begin_due)(session, now=machine.clock())
    [only] = asked
    return only
