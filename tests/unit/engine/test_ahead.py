"""While the snapshot is being sealed, what the next steps read first is read; nothing is changed before the seal."""

import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from connectors.sdk.context import Context
from connectors.sdk.errors import Unavailable
from service.engine import executor as executors
from service.engine.ahead import next_after, sealing
from service.engine.embedded import Embedded
from service.engine.executor import Looked
from service.engine.order import Again, Done, Order, Result
from service.engine.pools import Threads
from service.engine.states import StepState
from service.engine.tables import Attempt, Gate
from service.ledger.keys import Keys
from service.playbook.catalogue import SEAL
from service.playbook.model import Grade
from service.store import Store
from tests.unit.engine import world as worlds
from tests.unit.engine.test_embedded import engine_of, seen, state
from tests.unit.engine.world import World

PLAYBOOK = """
playbook: test
version: 1
summary: A seal, and what comes after it.
steps:
  - {id: seal, action: snapshot.seal, with: {connectors: [salesforce], lookback: 35d}, deadline: 1h}
  - {id: shut, action: chaos.disable_account, needs: [seal], minimum: observed, deadline: 10m, critical: true}
"""


@pytest.fixture
def sealed(world: World) -> Iterator[threading.Event]:
    """Sealing ends when this is set."""
    ended = threading.Event()

    def seal(_: Order) -> Result:
        assert ended.wait(10)
        return Done(grade=Grade.OBSERVED, changed=False)

    builtins: Any = world.executor.builtins
    builtins[SEAL] = seal
    yield ended
    ended.set()


@pytest.fixture
def engine(world: World, sealed: threading.Event) -> Iterator[Embedded]:
    made = engine_of(world, PLAYBOOK)
    made.start()
    yield made
    sealed.set()
    made.stop()


def asked(world: World) -> list[str]:
    return [f"{request.method} {request.path}" for request in world.fake.requests]


def looks_up(world: World) -> int:
    """How often the accounts were looked up, by address, user name and number each time."""
    return asked(world).count("GET /accounts")


def calls(world: World, step: str) -> list[str]:
    with world.store.read() as session:
        return [call[0] for call in session.get_one(Attempt, (world.step(step).id, 1)).calls]


@pytest.mark.usefixtures("engine")
def test_an_account_is_looked_up_and_read_while_the_snapshot_is_being_sealed(
    world: World, sealed: threading.Event
) -> None:
    seen(lambda: "GET /accounts/acc-1" in asked(world))
    before = looks_up(world)
    assert not world.fake.effects

    world.clock.turn(seconds=1)  # sealing takes its time
    sealed.set()
    seen(lambda: state(world, "shut") is StepState.DONE)

    assert looks_up(world) == before
    assert calls(world, "shut")[:before] == ["GET /accounts"] * before
    assert world.step("shut").before is not None


def test_a_run_that_has_begun_is_looked_for_before_its_seal_is_let_out(world: World) -> None:
    engine = engine_of(world, PLAYBOOK)
    engine._begin(world.clock())

    seen(lambda: "GET /accounts/acc-1" in asked(world))

    assert state(world, "seal") is StepState.READY
    assert engine._looks.not_begun([world.step("seal").id]) == []
    engine.stop()


@pytest.mark.usefixtures("engine")
def test_what_was_read_too_long_ago_is_read_anew(
    world: World, sealed: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(executors, "LOOKED_S", 0.0)
    seen(lambda: "GET /accounts/acc-1" in asked(world))
    before = looks_up(world)

    sealed.set()
    seen(lambda: state(world, "shut") is StepState.DONE)

    assert looks_up(world) == 2 * before
    assert calls(world, "shut").count("GET /accounts") == 2 * before


def test_where_no_thread_is_idle_nothing_is_read_ahead(world: World, sealed: threading.Event) -> None:
    engine = engine_of(world, PLAYBOOK)
    engine._threads = Threads(rest=1, sign_in=1)
    engine.start()
    seen(lambda: state(world, "seal") is StepState.RUNNING)
    looked = looks_up(world)

    sealed.set()
    seen(lambda: state(world, "shut") is StepState.DONE)
    engine.stop()

    assert looked == 0


def looked_by(world: World, playbook: str = PLAYBOOK) -> list[str]:
    """The steps that would be looked for while their run's snapshot is sealed."""
    world.begin(playbook)
    out = sealing(world.admit())
    with world.store.read() as session:
        return [order.step for order in next_after(session, out, now=world.clock(), most=5)]


def test_a_step_that_waits_for_something_else_as_well_is_not_looked_for(world: World) -> None:
    both = PLAYBOOK.replace("needs: [seal]", "needs: [seal, hand]")
    by_hand = "  - {id: hand, action: manual.confirm, minimum: attested, instructions: Take the card.}\n"

    assert looked_by(world, both + by_hand) == []


def test_only_what_comes_next_is_looked_for(world: World) -> None:
    then = "  - {id: then, action: chaos.revoke_sessions, needs: [shut], minimum: observed, deadline: 10m}\n"

    assert looked_by(world, PLAYBOOK + then) == ["shut"]


def test_both_databases_say_what_comes_next(any_store: Store, clock: Any, keys: Keys) -> None:
    with worlds.made(any_store, clock, keys) as world:
        assert looked_by(world) == ["shut"]


def test_nothing_is_asked_of_a_system_whose_gate_is_shut(world: World) -> None:
    with world.store.write() as session:
        later = world.clock() + timedelta(minutes=5)
        session.add(Gate(connector="chaos", open_from=later, failures=0, shut_because="It is being mended."))

    assert looked_by(world) == []


def looked(world: World) -> tuple[Order, Looked]:
    world.begin()
    order = next(order for order in world.admit() if order.step == "shut")
    return order, world.executor.look(order)


def test_what_went_wrong_while_looking_is_the_steps_own_trouble_and_not_asked_for_twice(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    times: list[int] = []

    def fails(*_: object) -> Any:
        times.append(1)
        raise Unavailable("It does not answer.", hint="Wait.")

    made = type(world.registry.open("chaos", Context(now=world.clock)))
    monkeypatch.setattr(made, "find_accounts", fails)
    order, look = looked(world)

    returned = world.executor.carry_out(order, look)

    assert isinstance(returned.result, Again)
    assert len(times) == 1


def test_a_look_for_something_else_is_not_gone_on_with(world: World) -> None:
    order, look = looked(world)
    before = looks_up(world)

    world.executor.carry_out(replace(order, look_first=True), look)

    assert looks_up(world) == 2 * before


def test_a_look_changes_nothing(world: World) -> None:
    looked(world)

    assert not world.fake.effects
    assert {line.split()[0] for line in asked(world)} == {"GET"}
