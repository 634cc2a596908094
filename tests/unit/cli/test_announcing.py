"""Announcing by hand: what must not be, or cannot be, is one sentence, an entry, and nothing else."""

import json

import pytest

from tests.unit.cli.test_commands import Shell, empty, exeunt

__all__ = ["empty", "exeunt"]


def refusals(exeunt: Shell) -> list[tuple[str, str]]:
    """The reason and the door of each refusal in the record."""
    exeunt("ledger", "export", "record")
    lines = (exeunt.folder / "record" / "entries.jsonl").read_text().splitlines()
    entries = [json.loads(line) for line in lines]
    return [(e["body"]["reason"], e["body"]["door"]) for e in entries if e["type"] == "departure.refused"]


@pytest.mark.parametrize(
    ("words", "says", "reason"),
    [
        (("E-2", "--at", "2026-02-30"), "There is no such date or time (day is out of range", "time"),
        (
            ("E-2", "--at", "2026-12-05T25:00"),
            "There is no such date or time (hour must be in 0..23)",
            "time",
        ),
        (
            ("E-2", "--at", "2026-12-05", "--zone", "Mars/Base"),
            "There is no such time zone. Write it",
            "time",
        ),
        (("E-99",), "Nobody here has the employee number", "stranger"),
        (("E-1",), "Nobody announces their own departure.", "own"),
    ],
)
def test_what_cannot_be_announced_is_one_sentence_and_on_record(
    exeunt: Shell, words: tuple[str, ...], says: str, reason: str
) -> None:
    exeunt.maps("E-1")
    exeunt("people", "grant", "E-1", "hr")

    said = exeunt("run", *words, "--kind", "voluntary", "--yes")

    assert said.code == 2
    assert said.err.startswith(says)
    assert "Nothing was done." in said.err
    assert refusals(exeunt) == [(reason, "cli")]
    assert json.loads(exeunt("departures", "--json").out) == []


def test_a_time_that_is_none_is_explained_as_a_sentence(empty: Shell) -> None:
    said = empty("when", "--at", "2026-02-30", "--zone", "Europe/Berlin")

    assert said.err == "There is no such date or time (day is out of range for month).\n"
