"""Killed at any point and started again, everything ends as if nothing had happened."""

import shutil
import signal
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from connectors.sdk.http import close_sessions
from service.engine.deliverer import Role
from service.ledger.bound import bind
from service.store import Store
from service.store.failpoints import OF_NODES, POINTS
from service.store.migrate import upgrade
from tests.conftest import new_database
from tests.integration.faults import company
from tests.integration.faults.playing import played
from tests.integration.faults.standing import standing

pytestmark = pytest.mark.timeout(300)

#: A few for every day on each database; all of them under `--faults`.
A_FEW = ("intake.commit.after", "step.returned", "slack.post.after")
A_FEW_MORE = ("turn.commit.after", "snapshot.commit.before", "release.commit.before")


def _end(folder: Path, schema: Path | str, kill_at: str, role: Role = Role.SERVE) -> dict[str, Any]:
    """Found a company, play with one kill, play to the end; gives how everything stands then.

    Args:
        schema: A SQLite file to copy, or the URL of a PostgreSQL database.
        role: Everything in one process, or a node, after whose death another carries on.
    """
    company.found(folder, leavers=2, database=schema if isinstance(schema, str) else "")
    if isinstance(schema, Path):
        shutil.copy(schema, folder / "exeunt.db")
    with company.opened(folder) as opened:
        opened.hr.end("2026-02-27", number="77")
        opened.hr.faults.status_once = {("GET", r".*"): [(503, {})]}
        if kill_at:
            assert played(folder, kill_at, role=role) == -signal.SIGKILL, f"{kill_at} was not passed"
        assert played(folder, role=role) == 0, (folder / "log").read_text(encoding="utf-8")[-3000:]
        with closing(Store(company.configured(folder).database_url)) as store:
            return standing(opened, store)


@pytest.fixture(autouse=True)
def _nobody_bound() -> Iterator[None]:
    yield
    close_sessions()
    bind(None)


#: What one process passes, and what only one of several nodes does.
OF_ONE = [point for point in POINTS if point.partition(".commit.")[0] not in OF_NODES]
#: Copying to another database is a command, which somebody watches and gives again.
ONLY_OF_NODES = [point for point in POINTS if point not in OF_ONE and not point.startswith("installation.")]


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with the schema, to be copied."""
    path = tmp_path_factory.mktemp("schema") / "exeunt.db"
    with closing(Store(f"sqlite:///{path}")) as store:
        upgrade(store)
    return path


@pytest.fixture(scope="module")
def played_whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The company in which nobody was killed."""
    return tmp_path_factory.mktemp("whole") / "company"


@pytest.fixture(scope="module")
def uncrashed(played_whole: Path, file: Path) -> dict[str, Any]:
    """How everything stands when nobody was killed."""
    return _end(played_whole, file, "")


@pytest.fixture(scope="module")
def migrated(postgres_server: Any) -> Iterator[str]:
    """A database with the schema, to be copied."""
    with new_database(postgres_server) as url:
        with closing(Store(url)) as store:
            upgrade(store)
        yield url.rpartition("/")[2]


def test_the_play_without_a_kill_is_what_is_compared_with(uncrashed: dict[str, Any]):
    assert [state for *_, state, _ in uncrashed["departures"]] == ["closed", "withdrawn", "closed"]
    assert uncrashed["runs"] == [("E-1000", "green"), ("E-1001", "green"), ("E-77", "green")]
    assert uncrashed["ledger"][:2] == (True, 0)
    assert uncrashed["still out"] == 0
    assert uncrashed["snapshots"] == [("E-1000", True), ("E-1001", True), ("E-77", True)]
    effects = [effect for each in uncrashed["effects"].values() for effect in each]
    there_and_back = {what for (what, _), count in effects if count == 2}
    assert there_and_back == {"account.active", "account.blocked_by", "UserLogin.IsFrozen"}
    assert sorted(count for _, count in effects) == [1] * (len(effects) - 3) + [2] * 3
    assert uncrashed["decided"][0] is None
    assert uncrashed["decided"][1:3] == ([(True, 1)], [("released", 1)])
    assert uncrashed["decided"][-1] == [("E-1001", "mistake", True)]
    assert [(who, batch) for who, _, batch in uncrashed["slack"][0]] == [
        ("E-1000", None),
        ("E-1001", "Batch B-1: 0 of 1 closed, 1 taken back"),
        ("E-77", None),
    ]
    assert uncrashed["slack"][1:] == (1, True)
    assert uncrashed["checkpoints"] == (True, True)


@pytest.mark.usefixtures("uncrashed")
def test_the_play_passes_every_point_of_one_process(played_whole: Path):
    passed = set((played_whole / "passed").read_text(encoding="utf-8").split())

    assert set(OF_ONE) - passed == set()


def params(every_day: tuple[str, ...]) -> list[Any]:
    return [pytest.param(point, marks=() if point in every_day else pytest.mark.faults) for point in OF_ONE]


@pytest.mark.parametrize("point", params(A_FEW))
def test_a_kill_at_any_point_leaves_the_same_end_on_sqlite(
    point: str, tmp_path: Path, uncrashed: dict[str, Any], file: Path
):
    assert _end(tmp_path / "company", file, point) == uncrashed


@pytest.mark.postgres
@pytest.mark.parametrize("point", params(A_FEW_MORE))
def test_a_kill_at_any_point_leaves_the_same_end_on_postgresql(
    point: str, tmp_path: Path, uncrashed: dict[str, Any], postgres_server: Any, migrated: str
):
    with new_database(postgres_server, like=migrated) as url:
        assert _end(tmp_path / "company", url, point) == uncrashed


@pytest.mark.faults
@pytest.mark.postgres
@pytest.mark.parametrize("point", ONLY_OF_NODES)
def test_a_node_killed_at_any_point_leaves_the_same_end(
    point: str, tmp_path: Path, uncrashed: dict[str, Any], postgres_server: Any, migrated: str
):
    with new_database(postgres_server, like=migrated) as url:
        assert _end(tmp_path / "company", url, point, Role.WORKER) == uncrashed
