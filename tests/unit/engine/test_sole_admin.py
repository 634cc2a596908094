"""The step that would leave a system without an administrator asks the system itself, for a roster may be old."""

from typing import Any

import pytest

from connectors.sdk.context import Context
from service.engine.order import Ask, Done
from service.engine.states import StepState
from service.people.account_link import linked
from tests.unit.engine.world import World, departure


def administers(world: World, account_id: str, owner: str = "mike") -> None:
    """The chaos account administers its system, and last night's roster said so."""
    row = world.fake.state["accounts"][account_id]
    row["admin"] = True
    connector: Any = world.registry.open("chaos", Context(now=world.clock, read_only=True))
    account = next(found for found in connector.list_accounts() if found.id == account_id)
    with world.store.write() as session:
        session.add(linked(world.people[owner], account, learnt_from="roster", at=world.clock()))


def begun(world: World) -> None:
    """Mike's run begins while the roster knows two administrators."""
    world.fake.seed([{"employee_no": "E-2", "email": "ivan@example.com", "username": "ivan"}])
    administers(world, "acc-1")
    administers(world, "acc-2", "ivan")
    world.begin()


def test_the_last_administrator_is_left_alone_and_a_person_is_asked(world: World) -> None:
    begun(world)
    world.fake.state["accounts"]["acc-2"]["admin"] = False  # since last night

    result = world.finish(world.admit()[0])

    assert isinstance(result, Ask)
    assert result.error == "Unsafe"
    assert "last account that administers chaos" in result.what
    assert world.fake.effects == []
    assert world.step("shut").state is StepState.FAILED
    assert "step.failed" in world.events()


@pytest.mark.parametrize("change", [{"active": False}, {"admin": None}])
def test_who_is_shut_or_says_nothing_is_no_administrator(world: World, change: dict[str, Any]) -> None:
    begun(world)
    world.fake.state["accounts"]["acc-2"].update(change)

    world.finish(world.admit()[0])

    assert world.fake.state["accounts"]["acc-1"]["active"]


def test_while_another_one_administers_it_the_step_is_carried_out(world: World) -> None:
    begun(world)

    result = world.finish(world.admit()[0])

    assert isinstance(result, Done)
    assert not world.fake.state["accounts"]["acc-1"]["active"]


def test_once_somebody_else_has_the_rights_a_retry_goes_through(world: World) -> None:
    begun(world)
    world.fake.state["accounts"]["acc-2"]["admin"] = False
    order = world.admit()[0]
    world.finish(order)

    world.fake.state["accounts"]["acc-2"]["admin"] = True

    assert isinstance(world.executor.carry_out(order).result, Done)


def test_an_administrator_whose_own_run_has_begun_is_not_counted_on(world: World) -> None:
    begun(world)
    with world.store.write() as session:
        leaving = departure(world.people["ivan"], world.clock(), id="d-2", source_id="ev-2")
        leaving.begun_at = world.clock()
        session.add(leaving)

    world.finish(world.admit()[0])

    assert world.fake.state["accounts"]["acc-1"]["active"]


def test_who_administers_nothing_any_more_can_be_shut(world: World) -> None:
    begun(world)
    world.fake.state["accounts"]["acc-1"]["admin"] = False
    world.fake.state["accounts"]["acc-2"]["admin"] = False

    assert isinstance(world.finish(world.admit()[0]), Done)
