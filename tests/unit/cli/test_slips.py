"""Slips of somebody new: the wrong folder, two lists in one file, another kind of database."""

import shutil

import pytest

from tests.unit.cli.test_commands import Shell, empty, exeunt

__all__ = ["empty", "exeunt"]


@pytest.mark.parametrize(
    "words", [("runs",), ("check",), ("nodes",), ("serve",), ("people", "import", "people.csv")]
)
def test_in_another_folder_a_command_says_where_to_go(empty: Shell, words: tuple[str, ...]) -> None:
    shutil.rmtree(empty.folder / "playbooks")

    said = empty(*words)

    assert said.code == 2
    assert said.err == (
        "There is no folder playbooks here. Give commands in the folder of the service, where exeunt.toml lies; "
        "exeunt init begins one where you are.\n"
    )
    assert list(empty.folder.iterdir()) == []


def test_who_asks_for_a_run_that_is_none_is_told_where_the_numbers_stand(exeunt: Shell) -> None:
    assert exeunt("runs", "R-99").err == "There is no run R-99. exeunt runs lists them.\n"


def test_a_roster_that_holds_its_first_line_again_adds_nobody(exeunt: Shell) -> None:
    (exeunt.folder / "joined.csv").write_text("source_id,name\nhr-9,Nora Ek\nsource_id,name\nhr-10,Ann Ek\n")

    said = exeunt("people", "import", "joined.csv")

    assert said.code == 2
    assert said.err.endswith("  line 3: this is the first line once more. Take it out\n")


def test_a_database_that_is_none_of_ours_is_not_asked_for_as_a_package(exeunt: Shell) -> None:
    said = exeunt("database", "copy", "--to", "mysql://u:hunter2@db/exeunt")

    assert said.code == 2
    assert said.err.startswith("--to is no database's address: postgresql+psycopg://")
