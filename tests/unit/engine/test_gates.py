"""The door of a target system: shut after an error of ours, kept shut by an operator, opened by who mends it."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from service.engine.order import Again, Ask
from service.engine.states import StepState
from service.engine.tables import Gate
from service.ledger.keys import Keys
from service.store import Store
from tests.unit.engine import world as worlds
from tests.unit.engine.results import back, decision, ordered

REFUSED = Ask(error="AuthError", what="Refused. " * 110, hint="Rotate it.", shut_gate=True)


@pytest.fixture
def anywhere(any_store: Store, clock: Any, keys: Keys) -> Iterator[worlds.World]:
    """The same world on both databases."""
    with worlds.made(any_store, clock, keys) as world:
        yield world


def gate(world: Any) -> Any:
    with world.store.read() as session:
        return session.get(Gate, "chaos")


def shut_by_operator(world: Any) -> None:
    with world.store.write() as session:
        session.merge(
            Gate(connector="chaos", open_from=world.clock() + timedelta(days=9), shut_because="Stop.")
        )


def test_a_long_reason_does_not_stop_the_engine(anywhere: Any) -> None:
    anywhere.begin()

    back(anywhere, ordered(anywhere, "shut"), REFUSED)

    assert gate(anywhere).shut_because.startswith("Refused.")
    assert anywhere.step("shut").state is StepState.FAILED


def test_after_refused_credentials_nothing_is_let_out_to_that_system(world: Any) -> None:
    world.begin(extra="  - {id: more, action: chaos.revoke_sessions, minimum: observed, deadline: 10m}\n")
    out = {order.step: order for order in world.admit()}
    back(world, out["shut"], REFUSED)
    back(world, out["more"], Again(error="Unavailable", what="No answer.", hint="Wait.", after_s=1.0))
    world.clock.turn(seconds=2)

    assert world.admit() == []


def test_nobody_is_let_through_a_shut_door(world: Any) -> None:
    world.begin()
    shut_by_operator(world)

    let_out = {order.connector for order in world.admit()}

    assert "chaos" not in let_out


def test_a_door_an_operator_shut_is_not_opened_by_an_error(world: Any) -> None:
    world.begin()
    order = ordered(world, "shut")
    shut_by_operator(world)

    back(world, order, REFUSED)

    assert gate(world).open_from == world.clock() + timedelta(days=9)


def test_who_tries_again_does_not_wait_for_the_pause_to_end(world: Any) -> None:
    world.begin()
    back(world, ordered(world, "shut"), REFUSED)

    world.desk.retry(decision(world, "shut"))

    assert ordered(world, "shut").step == "shut"


def test_what_left_with_the_old_credentials_shuts_no_gate_that_was_opened_since(anywhere: Any) -> None:
    anywhere.begin(extra="  - {id: more, action: chaos.revoke_sessions, minimum: observed, deadline: 10m}\n")
    out = {order.step: order for order in anywhere.admit()}
    back(anywhere, out["shut"], REFUSED)
    anywhere.clock.turn(seconds=20)
    anywhere.desk.retry(decision(anywhere, "shut"))

    back(anywhere, out["more"], REFUSED)

    assert ordered(anywhere, "shut").step == "shut"


def test_who_tries_again_does_not_open_an_operators_door(world: Any) -> None:
    world.begin()
    back(world, ordered(world, "shut"), Ask(error="Refused", what="No.", hint="Give the right."))
    shut_by_operator(world)

    world.desk.retry(decision(world, "shut"))

    assert "shut" not in {order.step for order in world.admit()}
