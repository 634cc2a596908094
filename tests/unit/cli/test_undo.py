"""`exeunt undo`, as IT types it."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import update

from service.app import create_service
from service.departures.batch import Origin, open_batch
from service.departures.departure import Departure
from service.settings import load
from tests.unit.cli.test_commands import Shell, empty, exeunt  # noqa: F401  the folder, and the people in it
from tests.unit.cli.test_decide import two_runs  # noqa: F401  two people have left

WHY = "The import held the list of another company."


def in_one_batch(shell: Shell) -> None:
    """Two of a batch have left, and one of it leaves in ten days."""
    added = "source_id,name,employee_no\nhr-9,Nora Lind,E-9\n"
    (shell.folder / "more.csv").write_text(added)
    assert shell("people", "import", "more.csv").code == 0
    at = (datetime.now(UTC) + timedelta(days=10)).strftime("%Y-%m-%d")
    assert shell("run", "E-9", "--kind", "voluntary", "--at", at, "--yes").code == 0
    service = create_service(load())
    with service.store.write() as session:
        made = open_batch(session, Origin.FILE, "leavers.csv", now=service.now(), by="source:hr")
        session.execute(update(Departure).values(batch_id=made.id))
    service.close()


def state(shell: Shell, run: str) -> str:
    return str(json.loads(shell("runs", run, "--json").out)["state"])


def test_many_runs_are_taken_back_with_one_command(two_runs: Shell) -> None:  # noqa: F811
    said = two_runs("undo", "R-1..R-2", "--because", WHY, "--yes")

    assert said.code == 0
    assert "2 runs would be taken back:" in said.out
    assert said.out.splitlines()[-1] == "2 of 2 taken back."
    assert state(two_runs, "R-1") == state(two_runs, "R-2") == "withdrawn"


def test_what_a_source_began_since_a_moment_is_taken_back(two_runs: Shell) -> None:  # noqa: F811
    service = create_service(load())
    since = (service.now() - timedelta(hours=1)).isoformat()
    service.close()

    nobody = two_runs("undo", "--since", since, "--source", "another", "--because", WHY, "--yes")
    said = two_runs("undo", "--since", since, "--because", WHY, "--yes")

    assert (nobody.code, nobody.err) == (2, "No run fits. Nothing was changed.\n")
    assert said.out.splitlines()[-1] == "2 of 2 taken back."


def test_who_of_a_batch_has_not_begun_is_named_and_not_called_taken_back(two_runs: Shell) -> None:  # noqa: F811
    in_one_batch(two_runs)

    said = two_runs("undo", "--batch", "B-1", "--because", WHY, "--yes")

    assert said.code == 3
    assert said.out.splitlines()[-2] == "2 of 2 taken back."
    assert said.out.splitlines()[-1].startswith("1 more of B-1 has not begun, and will at their time")


def test_of_a_batch_that_is_stopped_nobody_begins_and_nobody_is_named(two_runs: Shell) -> None:  # noqa: F811
    in_one_batch(two_runs)
    two_runs("departures", "steer", "stop", "B-1", "--because", WHY)

    said = two_runs("undo", "--batch", "B-1", "--because", WHY, "--yes")

    assert (said.code, said.out.splitlines()[-1]) == (0, "2 of 2 taken back.")


def test_a_second_go_is_refused_for_each_and_says_when_the_first_was(two_runs: Shell) -> None:  # noqa: F811
    two_runs("undo", "R-1", "--because", WHY, "--yes")

    said = two_runs("undo", "R-1..R-2", "--because", WHY, "--yes")

    assert said.code == 1
    assert "R-1: R-1 was undone on" in said.out
    assert "An undo is not undone" in said.out
    assert said.out.splitlines()[-1] == "1 of 1 taken back."


def test_taking_back_asks_and_no_means_no(two_runs: Shell) -> None:  # noqa: F811
    said = two_runs("undo", "R-1", "--because", WHY, answer="n\n")

    assert said.code == 2
    assert state(two_runs, "R-1") != "withdrawn"


@pytest.mark.parametrize(
    "words",
    [
        ("R-9",),
        ("R-1", "R-9"),
        ("nonsense",),
        (),
        ("R-1", "--since", "2026-12-05T17:00Z"),
        ("--since", "yesterday"),
        ("--since", "2026-12-05T17:00"),
        ("--batch", "B-7"),
    ],
)
def test_what_names_no_runs_changes_nothing(two_runs: Shell, words: tuple[str, ...]) -> None:  # noqa: F811
    said = two_runs("undo", *words, "--because", WHY, "--yes")

    assert said.code == 2
    assert "Nothing was changed." in said.err
    assert state(two_runs, "R-1") != "withdrawn"


def test_without_a_reason_nothing_is_taken_back(two_runs: Shell) -> None:  # noqa: F811
    said = two_runs("undo", "R-1", "--yes")

    assert said.code == 1
    assert "Say why" in said.out
    assert state(two_runs, "R-1") != "withdrawn"


def test_whoever_is_nobody_here_takes_nothing_back(two_runs: Shell, tmp_path: Path) -> None:  # noqa: F811
    toml = tmp_path / "exeunt.toml"
    toml.write_text(toml.read_text().replace('"E-1"', '"E-2"'))

    said = two_runs("undo", "R-1", "--because", WHY, "--yes")

    assert said.code == 2
    assert "has not the role" in said.err
