"""A leaver with two logins in one system: one that cannot be reached keeps the other one open for nobody."""

import uuid
from typing import Any

import pytest
from sqlalchemy import select

from service.engine import sealed
from service.engine.states import Colour, StepState
from service.people.account_link import AccountLink
from service.playbook.model import Grade


@pytest.fixture
def two(world: Any) -> Any:
    """Mike has a second login, an administrator's."""
    world.fake.seed([{"username": "mike-admin", "email": "", "employee_no": ""}])
    with world.store.write() as session:
        session.add_all(link(world, account) for account in ("acc-1", "acc-2"))
    world.begin()
    return world


def link(world: Any, account: str) -> AccountLink:
    return AccountLink(
        id=str(uuid.uuid4()),
        person_id=world.people["mike"],
        connector="chaos",
        account_id=account,
        label=account,
        learnt_from="roster",
        learnt_at=world.clock(),
    )


def active(world: Any) -> list[str]:
    return [name for name, account in world.fake.state["accounts"].items() if account["active"]]


def broken(world: Any, account: str, status: int, times: int = 50) -> None:
    world.fake.faults.status_once = {("GET", rf"/accounts/{account}.*"): [(status, {})] * times}


def test_both_logins_are_shut_and_counted(two: Any) -> None:
    two.drain()

    assert active(two) == []
    assert {fact.account for fact in two.facts().exposure} == {"acc-1", "acc-2"}


def test_a_login_whose_link_is_doubted_is_left_alone(two: Any) -> None:
    with two.store.write() as session:
        link = session.scalars(select(AccountLink).where(AccountLink.account_id == "acc-2")).one()
        link.doubt = "None of the account's identifiers is the person's any more."

    two.drain()

    assert active(two) == ["acc-2"]


def test_a_login_that_cannot_be_reached_does_not_keep_the_other_one_open(two: Any) -> None:
    broken(two, "acc-1", 503)

    two.drain()

    assert active(two) == ["acc-1"]
    assert two.step("shut").state is StepState.READY


def test_a_login_that_is_gone_does_not_keep_the_other_one_open(two: Any) -> None:
    del two.fake.state["accounts"]["acc-1"]

    two.drain()

    assert active(two) == []
    assert two.step("shut").state is StepState.WAITING
    assert two.facts().colour is Colour.AMBER


def test_a_step_is_not_done_before_every_login_is(two: Any) -> None:
    broken(two, "acc-1", 503, times=1)
    two.drain()

    two.clock.turn(seconds=5)
    two.drain()

    assert (two.step("shut").state, two.step("shut").grade) == (StepState.DONE, Grade.OBSERVED)
    assert active(two) == []


def test_what_restoring_needs_is_kept_of_a_login_shut_beside_one_that_failed(two: Any) -> None:
    broken(two, "acc-1", 503)

    two.drain()

    assert set(sealed.open_receipts(two.keys, two.step("shut").receipts)) == {"acc-2"}


def test_every_login_has_its_own_before_image_though_the_first_try_failed(two: Any) -> None:
    broken(two, "acc-2", 503, times=1)
    two.drain()

    two.clock.turn(seconds=5)
    two.drain()

    assert set(sealed.open_before(two.keys, two.step("shut").before)) == {"acc-1", "acc-2"}


def test_a_login_that_opens_again_is_found_though_the_other_one_is_shut(two: Any) -> None:
    two.drain()
    two.fake.state["accounts"]["acc-2"]["active"] = True

    two.clock.turn(seconds=61)
    two.drain()

    assert two.step("shut").state is StepState.FAILED


def test_refused_credentials_are_not_tried_on_the_next_login(two: Any) -> None:
    two.fake.faults.status_once = {("GET", r"/accounts/.*"): [(401, {})] * 20}

    two.drain()

    asked = [request.path for request in two.fake.requests if request.path.startswith("/accounts/acc-2")]
    assert asked == []


def test_a_reading_answers_for_the_login_that_was_shut_and_no_other(world: Any) -> None:
    world.begin()
    world.drain()
    world.fake.state["accounts"]["acc-1"]["employee_no"] = "E-99"
    world.fake.seed([{"employee_no": "E-17", "email": "mike@example.com", "username": "m", "active": False}])
    world.fake.state["accounts"]["acc-1"]["active"] = True

    world.clock.turn(seconds=61)
    world.drain()

    assert world.step("shut").state is StepState.FAILED
