"""`kill -9` of everything under load, service, target systems and Slack alike, again and again."""

import os
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from connectors.sdk.http import close_sessions
from service.ledger.bound import bind
from service.store import Store
from service.store.migrate import upgrade
from tests.conftest import new_database
from tests.integration.faults import company
from tests.integration.faults.history import violations
from tests.integration.faults.serving import Server, Systems
from tests.integration.faults.storm import Storm, told

#: `EXEUNT_TEST_KILLS=20` plays fewer of them; a company is founded anew after every so many.
KILLS = int(os.environ.get("EXEUNT_TEST_KILLS", "200"))
A_COMPANY = 20
CLIENTS, LEAVERS = 4, 60

pytestmark = [pytest.mark.faults, pytest.mark.timeout(7200)]


@pytest.fixture(autouse=True)
def _nobody_bound() -> Iterator[None]:
    yield
    close_sessions()
    bind(None)


def kill_all_the_time(
    folder: Path, *, kills: int, database: str = ""
) -> tuple[list[tuple[float, float]], int]:
    """A storm in which everything dies; gives the seconds to be ready again, and how many were acknowledged."""
    company.found(folder, leavers=LEAVERS, database=database, manned=True)
    seed = int.from_bytes(os.urandom(3), "big")
    systems = Systems.forked(folder)
    storm = Storm(folder, Server.started(folder), seed, company.numbers(LEAVERS))

    def everything_again() -> Server:
        nonlocal systems
        systems.kill()
        systems = Systems.forked(folder)
        return Server.started(folder)

    storm.server.ready()
    took = storm.blow(clients=CLIENTS, seconds=kills * 1.5, restart=everything_again, kills=kills)
    storm.until_quiet()
    storm.server.kill()
    systems.kill()
    with company.opened(folder) as opened:
        history = told(storm, opened)
    assert violations(history) == {}, f"seed {seed}"
    return took, sum(op.status == 202 for op in storm.ops)


def in_rounds(folder: Path, databases: Iterator[str], tell: Callable[[str], None]) -> None:
    took: list[tuple[float, float]] = []
    acknowledged = 0
    began = time.monotonic()
    while len(took) < KILLS:
        kills = min(A_COMPANY, KILLS - len(took))
        more, accepted = kill_all_the_time(folder / f"c{len(took)}", kills=kills, database=next(databases))
        took, acknowledged = [*took, *more], acknowledged + accepted
        wall, cpu = (statistics.median(each) for each in zip(*took, strict=True))
        tell(
            f"{len(took)} kills in {time.monotonic() - began:.0f} s, {acknowledged} acknowledged, 0 lost, 0 twice; "
            f"ready again p50 {wall:.2f} s, {cpu:.2f} s of it on the processor"
        )


def test_kills_of_everything_lose_nothing_and_repeat_nothing_on_sqlite(
    tmp_path: Path, tell: Callable[[str], None]
) -> None:
    in_rounds(tmp_path, iter(lambda: "", None), tell)


@pytest.mark.postgres
def test_kills_of_everything_lose_nothing_and_repeat_nothing_on_postgresql(
    tmp_path: Path, postgres_server: Any, tell: Callable[[str], None]
) -> None:
    def databases() -> Iterator[str]:
        while True:
            with new_database(postgres_server) as url:
                with closing(Store(url)) as store:
                    upgrade(store)
                yield url

    in_rounds(tmp_path, databases(), tell)
