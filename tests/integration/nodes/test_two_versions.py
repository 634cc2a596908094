"""Two versions on one database: none changes the schema beneath another that is at work, and none works with
another's schema.

The newer version is a copy of this one with one migration more.
"""

import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from connectors.sdk.fakes.ports import spare_port
from service.engine import nodes
from service.engine.alone import OnlyEngine
from service.engine.at_work import OthersAtWork, nobody_beside
from service.engine.doorbell import Doorbell
from service.engine.embedded import Embedded
from service.engine.installation import opened
from service.engine.nodes import Lease
from service.engine.pools import Threads
from service.ledger.keys import Keys
from service.store import Store
from service.store.migrate import ADVISORY_LOCK, SchemaTrouble, newest, stands_at, upgrade
from tests.conftest import ROOT
from tests.integration.nodes.conftest import parts_of
from tests.integration.nodes.test_two_nodes import seen
from tests.unit.cli.test_commands import PLAYBOOK

NEWER = "9000"
MIGRATION = f'''\
"""A table more."""

import sqlalchemy as sa
from alembic import op

revision = "{NEWER}"
down_revision = "{newest()}"


def upgrade() -> None:
    op.create_table("newer", sa.Column("id", sa.Integer(), primary_key=True))
'''
OLDER = f"{int(newest()) - 1:04}"
#: Wide, as machines may be slow: a look is taken every two seconds.
ENDS_S = 150.0


@dataclass
class Two:
    """A folder, a database, and somebody who has both versions at hand."""

    folder: Path
    newer: Path
    env: dict[str, str]
    begun: list[subprocess.Popen[str]] = field(default_factory=list)

    def _line(self, *words: str, newer: bool) -> dict[str, Any]:
        root = self.newer if newer else ROOT
        return {
            "args": [
                sys.executable,
                "-c",
                "from service.cli import main; import sys; sys.exit(main())",
                *words,
            ],
            "cwd": self.folder,
            "env": {**self.env, "PYTHONPATH": str(root)},
            "text": True,
        }

    def gives(self, *words: str, newer: bool = False) -> subprocess.CompletedProcess[str]:
        """A command, until it has ended."""
        return subprocess.run(
            **self._line(*words, newer=newer), capture_output=True, timeout=200, check=False
        )

    def begins(self, *words: str, newer: bool = False, wait: bool = True) -> subprocess.Popen[str]:
        """A node; what it says is kept beside it."""
        log = self.folder / f"{len(self.begun)}.log"
        with log.open("w", encoding="utf-8") as file:
            process = subprocess.Popen(**self._line(*words, newer=newer), stdout=file, stderr=file)
        self.begun.append(process)
        if wait:
            self.until_said(process, "Exeunt ")
        return process

    def said(self, process: subprocess.Popen[str]) -> str:
        return (self.folder / f"{self.begun.index(process)}.log").read_text(encoding="utf-8")

    def until_said(self, process: subprocess.Popen[str], words: str) -> None:
        seen(lambda: words in self.said(process) or process.poll() is not None, patience_s=150)
        assert words in self.said(process), self.said(process)

    def schema(self) -> str | None:
        with closing(Store(self.env["EXEUNT_DATABASE__URL"])) as store, store.read() as session:
            return stands_at(session.connection())


@pytest.fixture(scope="module")
def newer(tmp_path_factory: pytest.TempPathFactory) -> Path:
    newer = tmp_path_factory.mktemp("newer")
    for room in ("service", "connectors", "playbooks"):
        shutil.copytree(ROOT / room, newer / room, ignore=shutil.ignore_patterns("__pycache__", "tests"))
    (newer / "service/store/migrations/versions" / f"{NEWER}_newer.py").write_text(MIGRATION)
    return newer


@pytest.fixture
def two(tmp_path: Path, newer: Path, request: pytest.FixtureRequest) -> Iterator[Two]:
    folder = tmp_path / "service"
    Keys.create(folder / "var" / "keys")
    (folder / "playbooks").mkdir()
    for name in ("voluntary", "involuntary", "contractor-end"):
        (folder / "playbooks" / f"{name}.yaml").write_text(PLAYBOOK.replace("leaver", name))
    database = getattr(request, "param", "postgres")
    url = f"sqlite:///{folder}/var/exeunt.db"
    env = {
        "EXEUNT_DATABASE__URL": url if database == "sqlite" else request.getfixturevalue("postgres_url"),
        "EXEUNT_SERVICE__PORT": str(spare_port()),
    }
    two = Two(folder, newer, {**os.environ, **env})
    yield two
    for process in two.begun:
        process.kill()
        process.wait()


@pytest.fixture
def both(two: Two) -> tuple[subprocess.Popen[str], subprocess.Popen[str]]:
    """A node of the older version that answers, and one that carries steps out."""
    return two.begins("web"), two.begins("worker")


@pytest.mark.postgres
@pytest.mark.timeout(400)
def test_a_newer_version_waits_until_the_nodes_of_an_older_one_have_ended_and_then_migrates(
    two: Two, both: tuple[subprocess.Popen[str], ...]
) -> None:
    web, worker = both
    said = two.gives("runs", newer=True)
    assert (said.returncode, said.stdout) == (2, "")
    assert f"from schema {newest()} to {NEWER}, and others are at work" in said.stderr
    assert all(f" {node.pid}" in said.stderr for node in both)
    assert said.stderr.count("\n") == 1
    newer = two.begins("worker", newer=True, wait=False)
    two.until_said(newer, "Waiting until they have ended")
    assert two.schema() == newest()
    assert [node.poll() for node in both] == [None, None]

    web.terminate()
    worker.kill()  # who is killed is forgotten after a while

    two.until_said(newer, "Exeunt carries out what is due")
    assert web.wait(timeout=ENDS_S) == 0
    assert two.schema() == NEWER
    older, listed = two.gives("nodes"), two.gives("nodes", newer=True)
    assert older.returncode == 2
    assert "a newer version was here" in older.stderr
    assert [line.split()[1:3] for line in listed.stdout.splitlines()] == [[str(newer.pid), "worker"]]


@pytest.mark.postgres
@pytest.mark.timeout(400)
def test_nodes_whose_schema_was_changed_by_an_operator_end_by_themselves(
    two: Two, both: tuple[subprocess.Popen[str], ...]
) -> None:
    done = two.gives("database", "upgrade", "--beside", newer=True)

    assert (done.returncode, done.stdout) == (0, f"The schema is {NEWER}, as this version wants it.\n")
    assert [node.wait(timeout=ENDS_S) for node in both] == [2, 2]
    for node in both:
        assert f"The database's schema is {NEWER} by now" in two.said(node)


@pytest.mark.timeout(400)
@pytest.mark.parametrize("two", ["sqlite"], indirect=True)
def test_one_process_goes_on_beside_a_newer_version_until_an_operator_changes_its_schema(two: Two) -> None:
    alone = two.begins("serve")

    refused = two.gives("runs", newer=True)
    stood = two.schema()
    done = two.gives("database", "upgrade", "--beside", newer=True)

    assert (refused.returncode, refused.stdout, stood) == (2, "", newest())
    assert "one process alone (exeunt serve" in refused.stderr
    assert done.returncode == 0
    assert alone.wait(timeout=ENDS_S) == 2
    assert f"The database's schema is {NEWER} by now" in two.said(alone)


def set_schema(store: Store, to: str) -> None:
    with store.write() as session:
        session.execute(text("UPDATE alembic_version SET version_num = :it"), {"it": to})


def migrate(store: Store) -> None:
    """As a newer version leaves it."""
    set_schema(store, NEWER)


@pytest.mark.postgres
@pytest.mark.parametrize("threads", [0, 1])
def test_no_schema_is_changed_beneath_a_node(together: Any, threads: int) -> None:
    lease = Lease(together.store, "app-1 7", Threads(rest=threads, sign_in=threads))
    lease.start()
    set_schema(together.store, OLDER)

    with pytest.raises(
        OthersAtWork, match=f"from schema {OLDER} to {newest()}, .*: app-1 7. Nothing was changed"
    ):
        upgrade(together.store, refuse=nobody_beside(together.store))

    with together.store.read() as session:
        assert stands_at(session.connection()) == OLDER
    set_schema(together.store, newest())
    lease.stop()


def test_no_schema_is_changed_beneath_one_process_that_works_alone(any_store: Store) -> None:
    alone = OnlyEngine(any_store)
    alone.take()
    set_schema(any_store, OLDER)

    with pytest.raises(OthersAtWork, match="one process alone"):
        upgrade(any_store, refuse=nobody_beside(any_store))

    with any_store.read() as session:
        assert stands_at(session.connection()) == OLDER
    alone.release()


def test_what_opens_the_database_changes_no_schema_beneath_others(
    any_store: Store, keys: Keys, tmp_path: Path
) -> None:
    alone = OnlyEngine(any_store)
    alone.take()
    set_schema(any_store, OLDER)

    with pytest.raises(OthersAtWork):
        opened(any_store.url.render_as_string(hide_password=False), tmp_path, keys)

    alone.release()


@pytest.mark.postgres
@pytest.mark.parametrize("threads", [0, 1])
def test_a_node_that_comes_while_somebody_migrates_waits_and_then_does_not_begin(
    together: Any, threads: int
) -> None:
    lease = Lease(together.store, "node", Threads(rest=threads, sign_in=threads))
    refused: list[SchemaTrouble] = []

    def begins() -> None:
        try:
            lease.start()
        except SchemaTrouble as trouble:
            refused.append(trouble)

    coming = threading.Thread(target=begins)
    with together.store.write() as session:
        session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": ADVISORY_LOCK})
        coming.start()
        coming.join(timeout=1)
        assert coming.is_alive()
        session.execute(text(f"UPDATE alembic_version SET version_num = '{NEWER}'"))
    coming.join(timeout=10)

    assert len(refused) == 1
    with together.store.read() as session:
        assert nodes.alive(session) == []


@pytest.mark.postgres
def test_a_node_whose_schema_was_changed_carries_nothing_more_out_and_is_heard_no_more(
    together: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(nodes, "BEAT_S", 0.1)
    lease = Lease(together.store, "node", Threads(rest=1, sign_in=1))
    lease.start()
    assert lease.holds(lease.epoch)

    migrate(together.store)

    seen(lambda: not lease.holds(lease.epoch), patience_s=5)
    lease.stop()


@pytest.mark.postgres
def test_a_node_that_only_answers_is_seen_and_counts_for_nobody_who_works(together: Any) -> None:
    web = Doorbell(together.store, name="host 7")

    web.start()

    with together.store.read() as session:
        assert [(node.name, node.works) for node in nodes.alive(session)] == [("host 7", False)]
    assert web.last_cycle_at is None
    assert not nodes.anybody_works(together.store)
    web.stop()
    with together.store.read() as session:
        assert nodes.alive(session) == []


@pytest.mark.parametrize("name", ["world", pytest.param("together", marks=pytest.mark.postgres)])
def test_one_process_that_comes_after_somebody_migrated_does_not_begin(
    name: str, request: pytest.FixtureRequest
) -> None:
    world = request.getfixturevalue(name)
    parts = parts_of(world)
    engine = Embedded.of(parts)
    migrate(world.store)

    with pytest.raises(SchemaTrouble, match=f"is {NEWER} by now"):
        engine.start()

    assert engine.last_cycle_at is None
    engine.stop()
    parts.store.close()
