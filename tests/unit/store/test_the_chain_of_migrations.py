"""Migrations are numbered, and each one follows the number before it."""

from pathlib import Path

import pytest
from alembic.script import Script, ScriptDirectory

from service.store import migrate
from service.store.migrate import MIGRATIONS, newest


def oldest_first() -> list[Script]:
    return list(ScriptDirectory(str(MIGRATIONS)).walk_revisions())[::-1]


def test_migrations_are_numbered_without_a_gap():
    numbers = [script.revision for script in oldest_first()]

    assert numbers == [f"{number:04}" for number in range(1, int(newest()) + 1)]


def test_a_migration_follows_the_number_before_it():
    chain = oldest_first()

    assert [script.down_revision for script in chain] == [None, *(script.revision for script in chain[:-1])]


def test_a_migrations_file_begins_with_its_number():
    chain = oldest_first()

    assert [Path(script.path).name[:4] for script in chain] == [script.revision for script in chain]


def test_a_source_that_is_put_in_place_of_one_at_work_changes_nothing_for_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours = newest()
    (tmp_path / "versions").mkdir()
    (tmp_path / "versions" / "9000_newer.py").touch()

    monkeypatch.setattr(migrate, "MIGRATIONS", tmp_path)

    assert newest() == ours
