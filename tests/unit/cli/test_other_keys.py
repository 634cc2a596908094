"""A signing key that is another's: a command says so in a sentence, and nothing is started or signed."""

import sqlite3
from contextlib import closing

import pytest

from service.ledger.keys import SIGNING_FILE, Keys
from tests.unit.cli.test_commands import Shell, empty, exeunt  # noqa: F401  the folder, and the people in it


@pytest.fixture
def signed(exeunt: Shell) -> Shell:  # noqa: F811
    """A record that was signed once."""
    exeunt("ledger", "checkpoint")
    return exeunt


def test_beside_a_signing_key_that_did_not_sign_the_record_nothing_starts(signed: Shell) -> None:
    keys = signed.folder / "var" / "keys"
    Keys.create(signed.folder / "other")
    kept = (keys / SIGNING_FILE).read_text()
    (keys / SIGNING_FILE).write_text((signed.folder / "other" / SIGNING_FILE).read_text())

    refused = [signed(*command) for command in (("runs",), ("ledger", "checkpoint"), ("ledger", "verify"))]

    assert [said.code for said in refused] == [2, 2, 2]
    assert all("Nothing was started. Put signing.key back" in said.err for said in refused)
    (keys / SIGNING_FILE).write_text(kept)
    assert signed("ledger", "verify").code == 0


def test_a_record_that_was_changed_is_not_signed_and_no_error_of_ours(signed: Shell) -> None:
    signed("people", "grant", "E-1", "auditor")
    with closing(sqlite3.connect(signed.folder / "var" / "exeunt.db")) as database:
        for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            database.execute(f"DROP TRIGGER {name}")
        database.execute("UPDATE ledger SET leaf = leaf || ' ' WHERE seq = (SELECT max(seq) FROM ledger)")
        database.commit()

    said = signed("ledger", "checkpoint")

    assert said.code == 1
    assert said.err.startswith("Nothing was signed: ")
    assert signed("ledger", "verify").code == 1
