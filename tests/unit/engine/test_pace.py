"""How many steps a target system gets at once and a second, and what happens when it does not answer."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete

from connectors.sdk.manifest import Pace
from service.engine.admission import Admission
from service.engine.gates import FIRST_PAUSE_S, TRIPPED, Gates, came_back
from service.engine.lanes import Room
from service.engine.order import Again, Order
from service.engine.states import StepState
from service.engine.tables import Gate
from service.ledger.keys import Keys
from service.store import Store
from tests.conftest import Clock
from tests.unit.engine import world as worlds
from tests.unit.engine.results import back, done

SIX = "playbook: test\nversion: 1\nsummary: A test.\nsteps:\n" + "".join(
    f"  - {{id: s{n}, action: chaos.revoke_sessions, minimum: observed, deadline: 10m}}\n" for n in range(6)
)
ALSO_A_QUESTION = "  - {id: question, action: ask, minimum: attested, with: {question: Why?}}\n"
SILENT = Again(error="Unavailable", what="It did not answer.", hint="Wait.")


@pytest.fixture
def anywhere(any_store: Store, clock: Any, keys: Keys) -> Iterator[worlds.World]:
    with worlds.made(any_store, clock, keys) as world:
        yield world


def paced(world: worlds.World, **pace: Any) -> worlds.World:
    """The same world where the system wants to be met like this."""
    paces = {"chaos": Pace(**pace)}
    return replace(world, admission=Admission(paces=paces), machine=replace(world.machine, paces=paces))


def let_out(world: worlds.World) -> list[Order]:
    return [order for order in world.admit() if order.connector == "chaos"]


def gate(world: worlds.World) -> Gate:
    with world.store.read() as session:
        return session.get_one(Gate, "chaos")


def test_a_system_gets_no_more_steps_at_once_than_it_takes(anywhere: Any) -> None:
    world = paced(anywhere, at_once=2)
    world.begin(SIX)

    first, none = let_out(world), let_out(world)
    back(world, first[0], done(world))
    next_ = let_out(world)

    assert (len(first), len(none), len(next_)) == (2, 0, 1)


def test_a_full_gate_keeps_no_other_system_waiting(world: Any) -> None:
    world = paced(world, at_once=1)
    world.begin(SIX, extra=ALSO_A_QUESTION)

    assert sorted(order.connector for order in world.admit()) == ["ask", "chaos"]


def test_a_full_gate_keeps_no_other_system_waiting_however_little_room_there_is(world: Any) -> None:
    world = paced(world, at_once=1)
    world.begin(SIX, extra=ALSO_A_QUESTION)

    with world.store.write() as session:
        orders = world.admission.admit(session, now=world.clock(), room=Room(sign_in=0, rest=2))

    assert sorted(order.connector for order in orders) == ["ask", "chaos"]


def test_after_a_burst_steps_go_out_at_the_systems_pace(anywhere: Any, clock: Clock) -> None:
    world = paced(anywhere, steps_per_s=2, burst=3)
    world.begin(SIX)

    counts = []
    for _ in range(4):
        counts.append(len(let_out(world)))
        clock.turn(seconds=0.5)

    assert counts == [3, 1, 1, 1]


@given(
    looks=st.lists(st.tuples(st.floats(0.001, 3.0), st.integers(0, 8)), min_size=1, max_size=40),
    rate=st.sampled_from([0.5, 2.0, 7.0, 20.0]),
    burst=st.integers(1, 6),
)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_over_no_stretch_of_time_does_a_system_get_more_than_its_burst_and_pace(
    store: Store, looks: list[tuple[float, int]], rate: float, burst: int
) -> None:
    clock, taken = Clock(), []
    with store.write() as session:
        session.execute(delete(Gate))
    for pause, wanted in looks:
        clock.turn(seconds=pause)
        with store.write() as session:
            gates = Gates.lock(session, {"x": Pace(steps_per_s=rate, burst=burst)}, now=clock())
            taken += [clock()] * sum(gates.take("x") for _ in range(wanted))
            gates.settle()

    for first, start in enumerate(taken):
        for last in range(first, len(taken)):
            allowed = burst + (taken[last] - start).total_seconds() * rate
            assert last - first + 1 <= allowed + 0.01


@pytest.mark.parametrize("error", ["RateLimited", "Unavailable"])
def test_a_system_that_asks_for_patience_is_left_alone_by_every_step(
    anywhere: Any, clock: Clock, error: str
) -> None:
    world = paced(anywhere, at_once=2, steps_per_s=1, burst=5)
    world.begin(SIX)
    one, other = let_out(world)

    back(world, one, Again(error=error, what="Too many.", hint="Wait.", after_s=60.0))
    back(world, other, done(world))
    clock.turn(seconds=59)
    early = let_out(world)
    clock.turn(seconds=1)
    in_time = let_out(world)

    assert early == []
    assert len(in_time) == 1


def silence(world: worlds.World, times: int) -> None:
    """The system answers none of so many steps, one after the other."""
    for _ in range(times):
        [order, *_] = let_out(world)
        back(world, order, SILENT)


def test_a_system_that_never_answers_is_asked_ever_more_rarely_and_by_one_step(
    anywhere: Any, clock: Clock
) -> None:
    world = paced(anywhere, at_once=1)
    world.begin(SIX)
    silence(world, TRIPPED)

    shut = let_out(world)
    why = gate(world).shut_because
    clock.turn(seconds=FIRST_PAUSE_S)
    wide = replace(world, admission=Admission(paces={"chaos": Pace(at_once=10)}))
    [probe] = let_out(wide)
    back(world, probe, SILENT)

    assert shut == []
    assert "did not answer 5 times" in why
    assert gate(world).open_from == clock() + timedelta(seconds=2 * FIRST_PAUSE_S)


def test_one_answer_opens_the_gate_of_a_system_that_was_silent(anywhere: Any, clock: Clock) -> None:
    world = paced(anywhere, at_once=1)
    world.begin(SIX)
    silence(world, TRIPPED)
    clock.turn(seconds=FIRST_PAUSE_S)
    [probe] = let_out(world)

    back(world, probe, done(world))

    wide = replace(world, admission=Admission(paces={"chaos": Pace(at_once=10)}))
    assert len(let_out(wide)) == 5
    assert gate(world).shut_because == ""


def test_steps_that_were_under_way_when_it_fell_silent_do_not_lengthen_the_pause(
    store: Store, clock: Clock
) -> None:
    with store.write() as session:
        came_back(session, [("x", SILENT, clock())] * 30, {}, now=clock())

    with store.read() as session:
        assert session.get_one(Gate, "x").open_from == clock() + timedelta(seconds=FIRST_PAUSE_S)


def test_a_call_that_hung_while_the_gate_was_shut_is_no_failed_probe(anywhere: Any, clock: Clock) -> None:
    world = paced(anywhere, at_once=6)
    world.begin(SIX)
    *quick, hung = let_out(world)
    for order in quick:
        back(world, order, SILENT)
    clock.turn(seconds=FIRST_PAUSE_S)
    opened = gate(world).open_from

    back(world, hung, SILENT)

    assert (gate(world).open_from, gate(world).failures) == (opened, TRIPPED)
    assert len(let_out(world)) == 1


def test_a_probe_that_fails_lengthens_the_pause_though_it_left_the_moment_the_gate_opened(
    anywhere: Any, clock: Clock
) -> None:
    world = paced(anywhere, at_once=1)
    world.begin(SIX)
    silence(world, TRIPPED)
    clock.turn(seconds=FIRST_PAUSE_S)
    [probe] = let_out(world)
    clock.turn(seconds=30)

    back(world, probe, SILENT)

    assert gate(world).open_from == clock() + timedelta(seconds=2 * FIRST_PAUSE_S)


def test_a_call_that_hung_and_is_answered_after_all_opens_the_gate(anywhere: Any, clock: Clock) -> None:
    world = paced(anywhere, at_once=6)
    world.begin(SIX)
    *quick, slow = let_out(world)
    for order in quick:
        back(world, order, SILENT)
    clock.turn(seconds=FIRST_PAUSE_S)

    back(world, slow, done(world))

    assert len(let_out(world)) == 5


def test_a_deadline_that_passes_behind_a_shut_gate_ends_in_a_person(anywhere: Any, clock: Clock) -> None:
    world = paced(anywhere, at_once=1)
    world.begin(SIX)
    silence(world, TRIPPED)

    clock.turn(minutes=11)
    [probe] = let_out(world)
    back(world, probe, SILENT)

    states = [world.step(f"s{n}").state for n in range(6)]
    assert states == [StepState.FAILED] * 6
    assert world.facts().colour.value == "red"


def test_the_pace_of_a_connector_is_a_word_of_its_manifest(tmp_path: Path) -> None:
    assert Pace.model_validate({"at_once": 3}).steps_per_s == Pace().steps_per_s
