"""The store keeps its word on SQLite and on PostgreSQL."""

import pytest
from sqlalchemy import func, inspect, select, text

from service.ledger.entry import LedgerEntry, append
from service.ledger.event import Event
from service.store import Store


def fill_and_fail(store: Store) -> None:
    with store.write() as session:
        session.execute(text("CREATE TABLE probe (n INTEGER)"))
        session.execute(text("INSERT INTO probe VALUES (1)"))
        raise ZeroDivisionError


def test_a_transaction_that_raises_leaves_nothing(any_store: Store):
    with pytest.raises(ZeroDivisionError):
        fill_and_fail(any_store)

    assert "probe" not in inspect(any_store.engine).get_table_names()


def test_a_committed_row_is_there_for_the_next_session(any_store: Store):
    with any_store.write() as session:
        session.execute(text("CREATE TABLE probe (n INTEGER)"))
        session.execute(text("INSERT INTO probe VALUES (1)"))

    with any_store.read() as session:
        assert session.execute(text("SELECT n FROM probe")).scalars().all() == [1]


@pytest.mark.usefixtures("keys")
def test_an_entry_of_a_transaction_that_raises_is_not_in_the_ledger(any_store: Store, clock):
    with any_store.write() as session:
        append(session, Event.SERVICE_STARTED, actor="system:engine", at=clock())

    with pytest.raises(ZeroDivisionError):
        append_and_fail(any_store, clock)

    with any_store.read() as session:
        assert session.scalar(select(func.count()).select_from(LedgerEntry)) == 1


def append_and_fail(store: Store, clock) -> None:
    with store.write() as session:
        append(session, Event.SERVICE_STARTED, actor="system:engine", at=clock())
        raise ZeroDivisionError


def test_an_index_over_some_rows_is_made_over_those_alone(any_store: Store):
    found = {index["name"]: index for index in inspect(any_store.engine).get_indexes("step_runs")}
    where = f"{any_store.engine.dialect.name}_where"

    assert "READY" in str(found["ix_step_runs_ready"]["dialect_options"][where])
    assert "checking" in str(found["ix_step_runs_checking"]["dialect_options"][where])
