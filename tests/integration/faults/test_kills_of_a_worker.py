"""`kill -9` of one of two workers under load, again and again: what it held goes on with the other one."""

import os
import random
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import or_, select

from connectors.sdk.http import close_sessions
from service.engine.deliverer import Role
from service.engine.nodes import Node
from service.engine.states import StepState
from service.engine.tables import StepRun
from service.ledger.bound import bind
from service.store import Store
from service.store.migrate import upgrade
from tests.conftest import new_database
from tests.integration.faults import company
from tests.integration.faults.history import violations
from tests.integration.faults.serving import READY_WITHIN_S, Server
from tests.integration.faults.storm import Storm, told

pytestmark = [pytest.mark.faults, pytest.mark.postgres, pytest.mark.timeout(1800)]

#: `EXEUNT_TEST_KILLS=3` plays fewer of them.
KILLS = min(30, int(os.environ.get("EXEUNT_TEST_KILLS", "30")))
LEAVERS, CLIENTS = 9 * KILLS, 4
ELSEWHERE_WITHIN_S = 15.0


@pytest.fixture(autouse=True)
def _nobody_bound() -> Iterator[None]:
    yield
    close_sessions()
    bind(None)


@pytest.fixture
def store(postgres_server: Any) -> Iterator[Store]:
    with new_database(postgres_server) as url, closing(Store(url)) as store:
        upgrade(store)
        yield store


def begun(store: Store, folder: Path) -> Server:
    """A worker that the others have heard of: until then there is one, and not two."""
    worker = Server.forked(folder, role=Role.WORKER)
    known = select(Node.id).where(Node.name.endswith(f" {worker.pid}"))
    until = time.monotonic() + READY_WITHIN_S
    while time.monotonic() < until:
        with store.read() as session:
            if session.scalar(known):
                return worker
        time.sleep(0.05)
    raise TimeoutError("the worker did not begin")


def held_by(store: Store, worker: Server) -> int:
    """How many steps are out with this process."""
    mine = select(Node.id).where(Node.name.endswith(f" {worker.pid}"))
    out = or_(StepRun.state == StepState.RUNNING, StepRun.checking.is_(True))
    with store.read() as session:
        return len(session.scalars(select(StepRun.id).where(StepRun.out_with.in_(mine), out)).all())


def until_it_holds(store: Store, worker: Server, most_s: float) -> None:
    until = time.monotonic() + most_s
    while time.monotonic() < until and not held_by(store, worker):
        time.sleep(0.02)


def killed(store: Store, worker: Server) -> tuple[int, float]:
    """Kill a worker; gives how many steps were out with it, and the seconds until none was."""
    worker.kill()
    began, held = time.monotonic(), held_by(store, worker)
    while held_by(store, worker):
        time.sleep(0.05)
    return held, time.monotonic() - began


def test_of_two_workers_one_is_killed_and_the_other_goes_on(
    tmp_path: Path, store: Store, tell: Callable[[str], None]
) -> None:
    folder = company.found(
        tmp_path / "company",
        leavers=LEAVERS,
        database=store.url.render_as_string(hide_password=False),
    )
    dice = random.Random(11)  # noqa: S311
    found: list[tuple[int, float]] = []
    with company.opened(folder) as opened:
        opened.chaos.faults.delay_ms = 300  # so that a kill finds something out
        web = Server.forked(folder, role=Role.WEB)
        web.ready()
        workers = [begun(store, folder) for _ in range(2)]
        storm = Storm(folder, web, 11, opened.numbers)
        with storm.blowing(clients=CLIENTS):
            for n in range(KILLS):
                time.sleep(dice.uniform(0.5, 2.0))
                until_it_holds(store, workers[n % 2], most_s=10)
                found.append(killed(store, workers[n % 2]))
                workers[n % 2] = begun(store, folder)
        web.until_quiet()
        for each in (web, *workers):
            each.kill()
        history = told(storm, opened)

    assert violations(history) == {}
    took = [seconds for held, seconds in found if held]
    tell(
        f"one of two workers killed {KILLS} times, {sum(held for held, _ in found)} steps were out with it: "
        f"they went on with the other after p50 {statistics.median(took):.1f} s, at most {max(took):.1f} s; "
        f"{sum(op.status == 202 for op in storm.ops)} acknowledged, 0 lost, 0 twice"
    )
    assert len(took) >= KILLS / 2
    assert max(took) <= ELSEWHERE_WITHIN_S
