"""Who goes first: the sign-in block of everyone, in a lane of its own, and whoever leaves at once."""

import threading
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from service.departures.departure import Departure
from service.engine import undo_steps
from service.engine.lanes import REST, SIGN_IN, Room, in_sign_in_lane, priority_of
from service.engine.order import Order
from service.engine.pools import Pools, Threads
from service.ledger.keys import Keys
from service.store import Store
from service.store.migrate import upgrade
from tests.unit.engine import world as worlds


def directory(world: worlds.World) -> None:
    """The world's system is a directory."""
    manifests = world.registry.manifests
    world.registry.manifests = {
        **manifests,
        "chaos": manifests["chaos"].model_copy(update={"directory": True}),
    }


def in_lane(world: worlds.World, room: Room) -> list[Order]:
    with world.store.write() as session:
        return world.admission.admit(session, now=world.clock(), room=room)


def test_shutting_a_directory_has_a_lane_of_its_own(world: Any) -> None:
    directory(world)
    world.begin()

    [order] = in_lane(world, Room(sign_in=5, rest=0))

    assert order.step == "shut"
    assert order.sign_in


def test_however_much_room_there_is_beside_it_the_lane_is_not_left(world: Any) -> None:
    directory(world)
    world.begin()

    assert [order.step for order in in_lane(world, Room(sign_in=0, rest=5))] == ["mailbox"]


def test_a_critical_step_elsewhere_is_not_in_the_lane(world: Any) -> None:
    world.begin()

    assert in_lane(world, Room(sign_in=5, rest=0)) == []


def test_a_slow_system_never_occupies_the_threads_that_shut_the_sign_in() -> None:
    pools, answered = Pools(Threads(rest=2, sign_in=1)), threading.Event()
    slow = [pools.submit(an_order(sign_in=False), lambda _: answered.wait(60)) for _ in range(6)]

    shut = pools.submit(an_order(sign_in=True), lambda order: order.step).result(timeout=30)
    still_waiting = not any(one.done() for one in slow)
    answered.set()
    pools.end(wait=True)

    assert shut == "shut"
    assert still_waiting


def an_order(*, sign_in: bool) -> Order:
    return replace(AN_ORDER, sign_in=sign_in)


AN_ORDER = Order(
    step_run_id="s",
    run_id="r",
    departure_id="d",
    step="shut",
    n=1,
    action="chaos.disable_account",
    connector="chaos",
    arguments={},
    subject="",
    person=None,
    effective_at=None,
)


@pytest.mark.parametrize("critical", [True, False])
@pytest.mark.parametrize("directory", [True, False])
def test_who_leaves_at_once_goes_before_those_long_announced(
    world: Any, critical: bool, directory: bool
) -> None:
    with world.store.read() as session:
        now_ = session.get_one(Departure, "d-1")
        at_once = priority_of(now_, critical=critical, directory=directory)
        now_.announced_at -= timedelta(days=30)
        planned = priority_of(now_, critical=critical, directory=directory)

    assert at_once < planned
    assert in_sign_in_lane(at_once) == in_sign_in_lane(planned) == (critical and directory)


@pytest.mark.parametrize("announced_days_before", [0, 30])
def test_critical_steps_go_before_the_rest(world: Any, announced_days_before: int) -> None:
    with world.store.read() as session:
        departure = session.get_one(Departure, "d-1")
        departure.announced_at -= timedelta(days=announced_days_before)
        critical, other = (priority_of(departure, critical=each, directory=False) for each in (True, False))

    assert critical < other


@pytest.mark.parametrize("directory", [True, False])
@pytest.mark.parametrize("critical", [True, False])
@pytest.mark.parametrize("announced_days_before", [0, 30])
def test_every_step_has_a_place_that_is_looked_for(
    world: Any, critical: bool, directory: bool, announced_days_before: int
) -> None:
    with world.store.read() as session:
        departure = session.get_one(Departure, "d-1")
        departure.announced_at -= timedelta(days=announced_days_before)
        place = priority_of(departure, critical=critical, directory=directory)

    assert place in (SIGN_IN if critical and directory else REST)
    assert undo_steps.PRIORITY in REST


#: By a part of each question, the index by which it is answered and the columns that are sought in it.
FOUND_BY = {
    "ORDER BY step_runs.priority": "ix_step_runs_ready (priority=? AND next_at<?)",  # not what waits for a later day
    "ORDER BY step_runs.check_at": "ix_step_runs_check_at (check_at<?)",  # nor what was ever done
    "GROUP BY step_runs.connector": "ix_step_runs_out",
    "= 1 GROUP BY": "ix_step_runs_checking",
}


def test_what_is_due_or_out_is_found_by_an_index_and_not_sorted(
    tmp_path: Path, clock: Any, keys: Keys
) -> None:
    asked: list[str] = []
    with closing(Store(f"sqlite:///{tmp_path / 'migrated.db'}")) as store:
        upgrade(store)
        with worlds.made(store, clock, keys) as world:
            event.listen(store.engine, "checkout", lambda raw, *_: raw.set_trace_callback(asked.append))
            in_lane(world, Room(sign_in=5, rest=5))
        plans = {part: [plan_of(store, each) for each in asked if part in each] for part in FOUND_BY}

    assert [len(found) for found in plans.values()] == [2, 1, 1, 1]
    for part, index in FOUND_BY.items():
        for plan in plans[part]:
            assert index in plan
            assert "TEMP B-TREE" not in plan


def plan_of(store: Store, query: str) -> str:
    with store.read() as session:
        return str(session.connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {query}").all())
