"""`exeunt database copy` as a person types it: the whole folder goes on, on PostgreSQL."""

import json
from pathlib import Path

import pytest

from service.cli import database
from service.engine import installation
from tests.unit.cli.test_commands import Said, Shell, empty, exeunt

__all__ = ["empty", "exeunt"]  # fixtures
pytestmark = pytest.mark.postgres


def copied(exeunt: Shell, url: str) -> Said:
    return exeunt("database", "copy", "--to", url, "--yes")


def moves(exeunt: Shell, url: str) -> None:
    """Do what the command says: write the address into the configuration."""
    path = exeunt.folder / "exeunt.toml"
    path.write_text(path.read_text() + f"\n[database]\nurl = {json.dumps(url)}\n")


def test_after_the_copy_everything_is_there_and_the_record_verifies(exeunt: Shell, postgres_url: str) -> None:
    exeunt.maps("E-1")
    exeunt("people", "grant", "E-1", "admin")
    exeunt("run", "E-2", "--kind", "voluntary", "--at", "2027-03-05T17:00", "--yes")
    told = {words: exeunt(*words) for words in (("departures",), ("ledger", "verify"))}

    said = copied(exeunt, postgres_url)
    moves(exeunt, postgres_url)

    assert (said.code, f"url = {json.dumps(postgres_url)}" in said.out) == (0, True)
    for words, before in told.items():
        after = exeunt(*words)
        assert (after.code, after.out) == (before.code, before.out), words
    assert exeunt("run", "E-3", "--kind", "voluntary", "--at", "2027-03-05T17:00", "--yes").code == 0


def test_after_the_copy_the_old_database_starts_no_more(exeunt: Shell, postgres_url: str) -> None:
    copied(exeunt, postgres_url)

    said = exeunt("departures")

    assert said.code == 2
    assert "was copied to another, set [database] url" in said.err


def test_going_back_to_a_file_asks_and_says_that_one_process_is_left(
    exeunt: Shell, postgres_url: str
) -> None:
    copied(exeunt, postgres_url)
    moves(exeunt, postgres_url)
    back = f"sqlite:///{exeunt.folder / 'back.db'}"

    no = exeunt("database", "copy", "--to", back, answer="n\n")

    assert (no.code, no.err) == (2, "Nothing was copied.\n")
    assert "from PostgreSQL to a file (SQLite); from then on this one starts no more" in no.out
    assert "exeunt serve alone, without web and worker nodes beside it" in no.out
    assert exeunt("departures").code == 0
    assert exeunt("database", "copy", "--to", back, answer="y\n").code == 0
    assert "was copied to another" in exeunt("departures").err


def test_going_to_many_nodes_asks_in_the_same_words_and_no_means_no(exeunt: Shell, postgres_url: str) -> None:
    no = exeunt("database", "copy", "--to", postgres_url, answer="n\n")

    assert (no.code, no.err) == (2, "Nothing was copied.\n")
    assert "from a file (SQLite) to PostgreSQL; from then on this one starts no more. Go on?" in no.out
    assert exeunt("departures").code == 0


def test_a_second_copy_is_refused_and_the_first_goes_on(exeunt: Shell, postgres_url: str) -> None:
    copied(exeunt, postgres_url)
    moves(exeunt, postgres_url)

    again = copied(exeunt, postgres_url)

    assert (again.code, "not empty" in again.err) == (2, True)
    assert exeunt("departures").code == 0


def test_a_copy_that_was_killed_half_way_starts_nothing_and_the_old_one_goes_on(
    exeunt: Shell, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(*_: object) -> None:
        raise SystemExit(137)

    with monkeypatch.context() as patched:
        patched.setattr(installation, "move", killed)  # everything is committed in the new one
        assert copied(exeunt, postgres_url).code == 137

    old = exeunt("departures")
    moves(exeunt, postgres_url)
    new = exeunt("departures")

    assert (old.code, new.code) == (0, 2)
    assert "is a copy that was not finished" in new.err


@pytest.mark.parametrize(
    ("url", "said", "code"),
    [
        ("nonsense", "is no database's address", 2),
        ("postgresql+psycopg://exeunt@127.0.0.1:1/exeunt", "PGPASSFILE", 4),
    ],
)
def test_an_address_that_does_not_do_is_told_in_a_sentence_and_the_old_one_goes_on(
    exeunt: Shell, url: str, said: str, code: int
) -> None:
    refused = copied(exeunt, url)

    assert (refused.code, said in refused.err) == (code, True), refused.err
    assert exeunt("departures").code == 0


def test_without_the_packages_it_says_how_to_get_them(
    exeunt: Shell, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing(_: str) -> None:
        raise ModuleNotFoundError("psycopg")

    monkeypatch.setattr(database, "_target", missing)

    said = copied(exeunt, postgres_url)

    assert (said.code, "python3 -m service postgres" in said.err) == (2, True)
    assert Path("var/installation").exists()
