"""Where a target system reads and changes with one call, its answer brings the before-image."""

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import select

from connectors.salesforce.fake import FakeSalesforce
from connectors.sdk.context import Context
from service.engine.states import Colour, StepState
from service.engine.undo import UndoWish, sweep
from service.engine.undo_kept import Tries, kept_of
from service.engine.undos import Undo
from service.ledger.keys import Keys
from service.people.account_link import linked
from service.store import Store
from tests.unit.engine import world as worlds
from tests.unit.engine.world import World

PLAYBOOK = """
playbook: test
version: 1
summary: A freeze.
steps:
  - {id: freeze, action: salesforce.disable_account, minimum: observed, deadline: 10m, critical: true}
"""
BATCH = r"/services/data/v64.0/composite/batch"


@pytest.fixture
def org(clock: Any) -> Iterator[FakeSalesforce]:
    with FakeSalesforce(now=clock) as fake:
        fake.seed([{"employee_no": "E-17", "email": "mike@example.com", "display_name": "Mike Dalton"}])
        yield fake


@pytest.fixture
def world(store: Store, clock: Any, keys: Keys, org: FakeSalesforce) -> Iterator[World]:
    """Mike leaves, and last night's roster knows his user."""
    with worlds.made(store, clock, keys, also={"salesforce": org.settings()}) as world:
        reader: Any = world.registry.open("salesforce", Context(now=clock, read_only=True))
        (mike,) = (each for each in reader.list_accounts() if each.identifiers.get("employee_no") == "E-17")
        with store.write() as session:
            session.add(linked(world.people["mike"], mike, learnt_from="roster", at=clock()))
        org.requests.clear()
        world.executor = replace(world.executor, read_along=True)
        world.begin(PLAYBOOK)
        yield world


def frozen(org: FakeSalesforce) -> bool:
    users = {row["Id"] for row in org.state["users"].values() if row["EmployeeNumber"] == "E-17"}
    return any(row["IsFrozen"] for row in org.state["user_logins"].values() if row["UserId"] in users)


def undo(world: World) -> None:
    world.desk.undo(
        UndoWish(run_id=world.run_id, person_id=world.people["ivan"], door="cli", note="The wrong Mike.")
    )
    for _ in range(10):
        with world.store.write() as session:
            sweep(session, now=world.clock())
        world.drain()


def lost(world: World) -> list[Any]:
    with world.store.read() as session:
        return [line for each in session.scalars(select(Undo)) for line in each.lost]


def test_a_known_user_is_frozen_by_the_first_call_and_proven_by_the_second(
    world: World, org: FakeSalesforce
) -> None:
    world.drain()

    assert world.step("freeze").state is StepState.DONE
    assert len(org.requests) == 2
    assert frozen(org)


def test_unless_it_is_allowed_a_known_user_is_read_before_it_is_frozen(
    world: World, org: FakeSalesforce
) -> None:
    world.executor = replace(world.executor, read_along=False)
    org.faults.lose_answers = 1
    world.drain()
    world.clock.turn(minutes=1)
    world.drain()
    assert frozen(org)

    undo(world)

    assert not frozen(org)


def test_the_image_that_came_with_the_answer_is_kept_and_restored_from(
    world: World, org: FakeSalesforce
) -> None:
    world.drain()
    (kept,) = kept_of(world.step("freeze"), world.keys, tries=Tries(1, 0)).accounts
    assert kept.image is not None
    assert kept.image.attributes["IsFrozen"] is False

    undo(world)

    assert not frozen(org)


def test_the_image_is_kept_though_the_reading_back_failed(world: World, org: FakeSalesforce) -> None:
    (order,) = world.admit()
    org.faults.status_once[("POST", BATCH)] = []
    answer = org.answer_to

    def once_then_down(request: Any) -> Any:
        done = answer(request)
        if re.fullmatch(BATCH, request.path):
            org.faults.status_once[("POST", BATCH)] = [(500, {})]
        return done

    org.answer_to = once_then_down  # type: ignore[method-assign]
    world.finish(order)
    org.answer_to = answer  # type: ignore[method-assign]

    assert world.step("freeze").state is StepState.READY
    (kept,) = kept_of(world.step("freeze"), world.keys, tries=Tries(1, 0)).accounts
    assert kept.image is not None


def test_what_a_late_answer_says_that_it_changed_is_put_back(world: World, org: FakeSalesforce) -> None:
    (order,) = world.admit()
    with world.store.write() as session:
        world.admission.lose(session, now=world.clock())
    (again,) = world.admit()
    first, second = world.executor.carry_out(order), world.executor.carry_out(again)
    with world.store.write() as session:
        world.machine.finish_all(session, (second, first), now=world.clock())

    undo(world)

    assert not frozen(org)


def test_after_a_lost_answer_nothing_is_repeated_and_nothing_is_guessed_back(
    world: World, org: FakeSalesforce
) -> None:
    org.faults.lose_answer_after_write = {BATCH: 1}
    world.drain()
    world.clock.turn(minutes=1)
    world.drain()
    assert world.step("freeze").state is StepState.DONE
    assert [effect["what"] for effect in org.effects] == ["UserLogin.IsFrozen"]

    undo(world)

    assert frozen(org)
    assert any("nobody knows how it was before" in fix for _, fix in lost(world))


def test_what_was_under_way_when_it_was_taken_back_and_lost_its_answer_is_for_a_person(
    world: World, org: FakeSalesforce
) -> None:
    org.faults.lose_answer_after_write = {BATCH: 1}
    (order,) = world.admit()
    world.desk.undo(
        UndoWish(run_id=world.run_id, person_id=world.people["ivan"], door="cli", note="The wrong Mike.")
    )
    world.finish(order)
    for _ in range(3):
        with world.store.write() as session:
            sweep(session, now=world.clock())
        world.drain()

    assert frozen(org)
    asked = world.step("undo.freeze")
    assert (asked.state, world.facts().colour) == (StepState.FAILED, Colour.RED)
    assert "nobody knows how it was before us" in asked.why


def test_a_second_try_reads_before_it_freezes(world: World, org: FakeSalesforce) -> None:
    org.faults.status_once[("POST", BATCH)] = [(500, {})]
    world.drain()
    world.clock.turn(minutes=1)
    org.requests.clear()

    world.drain()

    assert world.step("freeze").state is StepState.DONE
    assert frozen(org)
    undo(world)
    assert not frozen(org)
