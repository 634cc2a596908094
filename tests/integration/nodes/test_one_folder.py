"""Nodes share one data folder; whoever sees another one does not start."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from service.cli._node import acting
from service.engine.deliverer import Role
from service.engine.installation import FILE, OtherFolder, move, recognise
from service.ledger.bound import bind
from service.ledger.keys import Keys
from service.store import Base, Store
from service.store.copy import copy
from service.store.migrate import upgrade
from tests.unit.cli.test_commands import PLAYBOOK

Start = Callable[[Path], None]


@pytest.fixture
def start(any_store: Store) -> Start:
    """What every process does when it opens the database, beside a data folder."""
    return lambda folder: recognise(any_store, folder)


@pytest.fixture
def shared(tmp_path: Path) -> Path:
    folder = tmp_path / "shared"
    folder.mkdir()
    return folder


@pytest.fixture
def another(tmp_path: Path) -> Path:
    folder = tmp_path / "another"
    folder.mkdir()
    return folder


def test_a_node_that_sees_the_same_folder_starts(start: Start, shared: Path) -> None:
    start(shared)

    start(shared)

    assert [path.name for path in shared.iterdir()] == [FILE]


def test_a_node_beside_an_empty_folder_is_refused_and_leaves_it_empty(
    start: Start, shared: Path, another: Path
) -> None:
    start(shared)

    with pytest.raises(OtherFolder, match=f"holds no file '{FILE}'.*service.data_dir"):
        start(another)

    assert list(another.iterdir()) == []


def test_a_node_beside_the_folder_of_another_installation_is_refused(
    start: Start, shared: Path, another: Path
) -> None:
    start(shared)
    (another / FILE).write_text("0b51a2f4-0000-4000-8000-000000000000\n")

    with pytest.raises(OtherFolder, match="the folder of installation 0b51a2f4"):
        start(another)


def test_a_folder_restored_without_its_file_is_taken_when_the_operator_says_so(
    start: Start, shared: Path
) -> None:
    start(shared)
    (shared / FILE).unlink()
    with pytest.raises(OtherFolder) as refused:
        start(shared)
    named = str(refused.value).partition("write ")[2].partition(" ")[0]

    (shared / FILE).write_text(named)

    start(shared)


def test_a_start_that_was_cut_between_the_file_and_the_row_is_made_whole(start: Start, shared: Path) -> None:
    (shared / FILE).write_text("0b51a2f4-0000-4000-8000-000000000000\n")

    start(shared)

    start(shared)
    assert (shared / FILE).read_text().startswith("0b51a2f4")


def test_of_many_that_begin_at_once_beside_two_folders_one_folder_wins(
    start: Start, shared: Path, another: Path
) -> None:
    def tried(folder: Path) -> Path | None:
        try:
            start(folder)
        except OtherFolder:
            return None
        return folder

    with ThreadPoolExecutor(8) as pool:
        started = list(pool.map(tried, [shared, another] * 4))

    assert {folder for folder in started if folder} in ({shared}, {another})
    assert len([folder for folder in started if folder]) == 4


@pytest.mark.postgres
def test_a_copied_database_takes_the_folder_with_it_and_the_old_one_starts_no_more(
    store: Store, postgres_url: str, shared: Path
) -> None:
    recognise(store, shared)
    with closing(Store(postgres_url)) as target:
        upgrade(target)
        copy(store, target, Base.metadata)

        move(target, shared)

        recognise(target, shared)
    with pytest.raises(OtherFolder, match=r"was copied to another, set \[database\] url"):
        recognise(store, shared)
    assert [path.name for path in shared.iterdir()] == [FILE]


@pytest.fixture
def _nobody_bound() -> Iterator[None]:
    yield
    bind(None)


@pytest.mark.postgres
@pytest.mark.usefixtures("_nobody_bound")
def test_a_worker_beside_another_folder_ends_with_one_sentence(
    tmp_path: Path,
    postgres_url: str,
    shared: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    with closing(Store(postgres_url)) as store:
        upgrade(store)
        recognise(store, shared)
    Keys.create(tmp_path / "of-its-own" / "keys")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("EXEUNT_SERVICE__DATA_DIR", str(tmp_path / "of-its-own"))
    monkeypatch.setenv("EXEUNT_DATABASE__URL", postgres_url)
    (tmp_path / "playbooks").mkdir()
    for name in ("voluntary", "involuntary", "contractor-end"):
        (tmp_path / "playbooks" / f"{name}.yaml").write_text(PLAYBOOK.replace("leaver", name))

    with pytest.raises(SystemExit) as ended, acting(Role.WORKER, lambda _: pytest.fail("it began")):
        pytest.fail("it acted")

    said = capsys.readouterr().err.strip()
    assert ended.value.code == 2
    assert said.count("\n") == 0
    assert "does not belong to this database" in said
