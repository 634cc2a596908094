"""A folder that a newer version had: a command says so in a sentence, and leaves it alone."""

import sqlite3
from contextlib import closing

from tests.unit.cli.test_commands import Shell, empty, exeunt  # noqa: F401  the folder, and the people in it


def test_a_database_that_a_newer_version_left_is_refused_in_one_sentence(exeunt: Shell) -> None:  # noqa: F811
    with closing(sqlite3.connect(exeunt.folder / "var" / "exeunt.db")) as database:
        database.execute("UPDATE alembic_version SET version_num = '9999'")
        database.commit()

    said = exeunt("runs")

    assert (said.code, said.out) == (2, "")
    assert said.err.startswith("The database's schema is 9999, ")
    assert said.err.count("\n") == 1
