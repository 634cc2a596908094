"""Carrying out one order, with what a target system may do to it."""

from dataclasses import dataclass
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError

from connectors.sdk.types import Account, Evidence, Outcome, Pending, Proof
from service.engine.carried import Carried, summed, together
from service.engine.order import Again, Ask, Contradicted, Queued
from service.engine.trouble import where
from service.ledger.readers import unread
from service.playbook.model import Grade
from service.store import Store
from tests.conftest import Clock
from tests.unit.engine.results import ordered

LAPTOP = Account(connector="chaos", id="d-1", label="Laptop")


@dataclass
class Said:
    """What one account's reading says."""

    proof: Proof
    pending: bool = False
    how: str = "probe"

    def carried(self) -> Carried:
        fact = Evidence(kind="x", proof=self.proof, how=self.how, observed_at=Clock().now)
        pending = Pending(ref="r", why="On its way.") if self.pending else None
        return Carried(
            target=LAPTOP,
            outcome=Outcome(changed=True, pending=pending),
            evidence=(fact,) if self.how else (),
        )


@pytest.mark.parametrize("proof", [Proof.UNPROVABLE, Proof.CONTRADICTED, Proof.PENDING], ids=str)
def test_an_order_that_is_not_carried_out_yet_is_pending_whatever_is_read_beside_it(proof: Proof) -> None:
    result = summed([Said(proof, pending=True).carried()])

    assert isinstance(result, Queued)


def test_an_order_that_was_carried_out_at_once_is_not_pending() -> None:
    result = summed([Said(Proof.PROVEN, pending=True).carried()])

    assert result.grade is Grade.OBSERVED


def test_one_contradicted_account_outweighs_every_proven_one() -> None:
    result = summed([Said(Proof.PROVEN).carried(), Said(Proof.CONTRADICTED).carried()])

    assert isinstance(result, Contradicted)


def test_a_contradiction_is_not_hidden_by_an_account_that_is_gone() -> None:
    gone = Ask(error="NotFound", what="Gone.", hint="", grade=Grade.ABSENT, failed=False)

    result = together([Said(Proof.CONTRADICTED).carried()], [gone])

    assert isinstance(result, Contradicted)


def test_what_is_worth_repeating_is_repeated_and_the_rest_asked_afterwards() -> None:
    no = Ask(error="Refused", what="No.", hint="Give it.")
    later = Again(error="Unavailable", what="Down.", hint="Wait.", look_first=True)

    result = together([], [no, later])

    assert isinstance(result, Again)
    assert result.look_first


def test_a_connector_that_ends_the_process_ends_only_its_step(world: Any) -> None:
    def leave(order: Any) -> Any:
        raise SystemExit(3)

    world.executor.builtins["ask"] = leave
    world.begin(extra="  - {id: boom, action: ask, minimum: attested, with: {question: Why?}}\n")

    returned = world.executor.carry_out(ordered(world, "boom"))

    assert returned.result.error == "SystemExit"


def test_the_log_says_where_it_broke_and_nothing_of_what_was_worked_on(
    world: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    def break_with(order: Any) -> Any:
        customer = "Jane Customer, 4 High Street"
        raise ValueError(customer)

    world.executor.builtins["ask"] = break_with
    world.begin(extra="  - {id: boom, action: ask, minimum: attested, with: {question: Why?}}\n")

    world.executor.carry_out(ordered(world, "boom"))

    said = "".join(capsys.readouterr())
    assert "break_with" in said
    assert "ValueError" in said
    assert "Jane" not in said
    assert "Dalton" not in said


def test_deep_in_a_library_the_way_through_our_own_rooms_is_still_told() -> None:
    store = Store("sqlite://")
    with pytest.raises(OperationalError) as caught, store.read() as session:
        for _ in unread(session, "a reader of tables that are not there", limit=1):
            pass
    store.close()

    said = where(caught.value)

    assert any(place.startswith("service/ledger/readers.py:") for place in said)
    assert said[-1].startswith("sqlalchemy/engine/default.py:")


def test_the_places_of_an_error_hold_no_values() -> None:
    with pytest.raises(ValueError, match="secret") as caught:
        int("secret")

    said = where(caught.value)

    assert said[-1].endswith("test_the_places_of_an_error_hold_no_values")
    assert "secret" not in str(said)
