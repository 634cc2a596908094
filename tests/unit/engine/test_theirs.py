"""An account that is known to be somebody else's is left alone, whatever identifiers it carries."""

from typing import Any

import pytest

from connectors.sdk.types import Account
from service.departures.kind import DepartureKind
from service.engine.preview import Known, Previewer
from service.engine.states import StepState
from service.people.account_link import AccountLink, linked, linked_accounts, of_others
from service.people.person import Person, known_to_connectors
from service.playbook.load import parse
from service.playbook.plan import PlanInput, plan
from tests.unit.engine.test_asking import MIKES, TWO, active, answer, seed
from tests.unit.engine.world import World


def hannas(world: World, account_id: str, *, doubt: str = "") -> None:
    account = Account(connector="chaos", id=account_id, label=account_id)
    link = linked(world.people["hanna"], account, learnt_from="roster", at=world.clock())
    link.doubt = doubt
    with world.store.write() as session:
        session.add(link)


def begun(world: World) -> None:
    world.begin(TWO)
    world.drain()


@pytest.fixture
def one(world: World) -> World:
    """The only account with Mike's identifiers."""
    seed(world, MIKES)
    return world


def test_the_account_of_a_colleague_that_carries_the_leavers_identifiers_is_asked_about(one: World) -> None:
    hannas(one, "acc-1")

    begun(one)

    assert active(one) == {"acc-1": True}
    asks = next(step for step in (one.step("shut"), one.step("sessions")) if step.state is StepState.WAITING)
    assert asks.why.startswith("The account with identifiers of this person is known to be somebody else's.")


def test_that_it_is_not_the_leavers_is_an_answer(one: World) -> None:
    hannas(one, "acc-1")
    begun(one)

    answer(one, None)

    assert active(one) == {"acc-1": True}
    assert {one.step(name).state for name in ("shut", "sessions")} == {StepState.DONE}


def test_a_colleagues_account_beside_the_leavers_own_is_left_alone_and_not_asked_about(world: World) -> None:
    seed(world, MIKES, {"email": "mike@example.com"})
    hannas(world, "acc-2")

    begun(world)

    assert active(world) == {"acc-1": False, "acc-2": True}
    assert world.bodies("question.asked") == []


def test_of_two_accounts_that_fit_the_one_that_is_nobodys_yet_is_the_leavers(world: World) -> None:
    seed(world, MIKES, MIKES)
    hannas(world, "acc-1")

    begun(world)

    assert active(world) == {"acc-1": True, "acc-2": False}


def test_a_link_somebody_doubts_keeps_no_account_from_its_owner(one: World, clock: Any) -> None:
    hannas(one, "acc-1", doubt="It carries another number now.")

    begun(one)

    assert active(one) == {"acc-1": False}
    with one.store.read() as session:
        assert session.query(AccountLink).one().doubt


def test_a_plan_says_so_too(one: World) -> None:
    hannas(one, "acc-1")
    loaded = parse(TWO.encode(), "test.yaml", one.registry, lint=False)
    planned = plan(loaded, PlanInput(kind=DepartureKind.VOLUNTARY), one.registry)
    with one.store.read() as session:
        mike = session.get_one(Person, one.people["mike"])
        known = Known(
            links=lambda connector: linked_accounts(session, mike.id, connector),
            theirs=lambda connector, ids: of_others(session, mike.id, connector, ids),
        )

        lines = Previewer(registry=one.registry, now=one.clock).preview(
            planned, known_to_connectors(mike), known
        )

    assert {(line.target, line.ok) for line in lines} == {("mike@example.com", False)}
    assert "somebody else's" in lines[0].says
