"""The schema comes from migrations: up, down, with data in it, on both databases."""

import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import inspect, select, text
from sqlalchemy.exc import DatabaseError

from service.intake.tables import PendingLookUp, Webhook, WebhookState
from service.ledger.bound import bind
from service.ledger.entry import append
from service.ledger.event import Event
from service.ledger.keys import Keys
from service.people.person import Person
from service.store import Base, Store, utc_now
from service.store.migrate import configured, downgrade, newest, upgrade
from tests.conftest import import_all_tables


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def empty(request: Any, tmp_path: Path) -> Iterator[Store]:
    """A database with nothing in it."""
    url = (
        f"sqlite:///{tmp_path / 'm.db'}"
        if request.param == "sqlite"
        else request.getfixturevalue("postgres_url")
    )
    import_all_tables()
    store = Store(url)
    yield store
    store.close()


def test_the_migrations_make_exactly_the_tables_the_code_declares(empty: Store) -> None:
    upgrade(empty)

    with empty.engine.connect() as connection:
        differences = compare_metadata(MigrationContext.configure(connection), Base.metadata)

    assert differences == []


def test_the_newest_migration_is_known_without_loading_alembic(empty: Store) -> None:
    with empty.engine.connect() as connection:
        heads = ScriptDirectory.from_config(configured(connection)).get_heads()

    assert heads == [newest()]


def test_migrating_down_leaves_nothing_of_ours(empty: Store) -> None:
    upgrade(empty)

    downgrade(empty, "base")

    assert set(inspect(empty.engine).get_table_names()) <= {"alembic_version"}
    upgrade(empty)


@pytest.mark.postgres
def test_migrating_down_leaves_no_type_and_no_function_of_ours(postgres_url: str) -> None:
    store = Store(postgres_url)
    upgrade(store)

    downgrade(store, "base")

    with store.read() as session:
        functions = text("SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace")
        assert session.scalars(functions).all() == []
    assert inspect(store.engine).get_enums() == []  # type: ignore[attr-defined]  # PostgreSQL's inspector
    store.close()


def test_each_migration_can_be_taken_back_alone_and_made_again(empty: Store) -> None:
    upgrade(empty)

    for _ in range(int(newest())):
        downgrade(empty, "-1")
        upgrade(empty, "+1")
        downgrade(empty, "-1")
    upgrade(empty)

    with empty.engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), Base.metadata) == []


def test_migrating_again_keeps_the_data(empty: Store) -> None:
    upgrade(empty)
    with empty.write() as session:
        session.add(_somebody())

    upgrade(empty)

    with empty.read() as session:
        assert session.query(Person).one().display_name == "Ada Lind"


def test_a_migrated_ledger_only_grows(empty: Store, tmp_path: Path) -> None:
    upgrade(empty)
    bind(Keys.create(tmp_path / "keys"))
    with empty.write() as session:
        append(session, Event.SERVICE_STARTED, actor="system:test", at=utc_now())

    with pytest.raises(DatabaseError), empty.write() as session:
        session.execute(text("DELETE FROM ledger"))

    bind(None)


def test_whose_zone_nobody_had_said_has_none_and_one_that_was_said_stays(empty: Store) -> None:
    upgrade(empty)
    with empty.write() as session:
        session.add_all([_somebody(source_id="1"), _somebody(source_id="2", timezone="Asia/Tokyo")])

    downgrade(empty, "0027")
    with empty.read() as session:
        before = session.execute(text("SELECT timezone FROM people ORDER BY source_id")).scalars().all()
    upgrade(empty)

    assert before == ["UTC", "Asia/Tokyo"]
    with empty.read() as session:
        assert session.scalars(select(Person.timezone).order_by(Person.source_id)).all() == ["", "Asia/Tokyo"]


def test_a_look_up_that_waits_has_waited_since_its_hint_or_else_since_it_was_due(empty: Store) -> None:
    upgrade(empty)
    came, due = datetime(2026, 3, 2, 12, 0, tzinfo=UTC), datetime(2026, 3, 2, 14, 0, tzinfo=UTC)
    kept = {"body_sha256": "", "body": b"", "received_at": came, "state": WebhookState.ACCEPTED, "answer": {}}
    with empty.write() as session:
        session.add(Webhook(id="a hint", source="hr", delivery_id="1", **kept))
        for employee, named in (("1", "a hint"), ("2", "one that is gone")):
            waiting = PendingLookUp(source="hr", employee_id=employee, hint=named, due_at=due, since=due)
            session.add(waiting)

    downgrade(empty, "0030")
    upgrade(empty)

    with empty.read() as session:
        since = session.scalars(select(PendingLookUp.since).order_by(PendingLookUp.employee_id)).all()
    assert since == [came, due]


def _somebody(**more: str) -> Person:
    return Person(
        id=str(uuid.uuid4()),
        subject=uuid.uuid4().hex,
        source="hr",
        display_name="Ada Lind",
        **{"source_id": "1", **more},
    )
