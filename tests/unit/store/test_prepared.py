"""A prepared statement gives what the session would have given, in the session's transaction, on both databases."""

from contextlib import suppress
from datetime import UTC, datetime
from uuid import uuid4

import pytest
from sqlalchemy import bindparam, column, insert, select, update
from sqlalchemy.exc import IntegrityError, OperationalError

from connectors.sdk.types import AccountStatus
from service.ledger.readers import Cursor
from service.people.account_link import AccountLink
from service.people.person import Person
from service.store import Prepared, Store, table_of
from service.store.base import Base

CURSORS = table_of(Cursor)
ADDED = Prepared(insert(CURSORS))
MOVED = Prepared(update(CURSORS).where(CURSORS.c.name == bindparam("of")).values(seq=bindparam("to")))
SOME = Prepared(
    select(CURSORS.c.name, CURSORS.c.seq)
    .where(CURSORS.c.name.in_(bindparam("names", expanding=True)))
    .order_by(CURSORS.c.seq)
)


def add(store: Store, *names: str) -> None:
    with store.write() as session:
        ADDED.run_all(session, [{"name": name, "seq": n} for n, name in enumerate(names)])


def names_of(store: Store) -> list[str]:
    with store.read() as session:
        return list(session.scalars(select(Cursor.name).order_by(Cursor.seq)))


def test_rows_are_added_and_moved_in_the_sessions_transaction(any_store: Store) -> None:
    add(any_store, "one", "two", "three")
    with any_store.write() as session:
        MOVED.run(session, of="one", to=9)
    with suppress(InterruptedError), any_store.write() as session:
        MOVED.run(session, of="two", to=8)
        raise InterruptedError

    assert names_of(any_store) == ["two", "three", "one"]


@pytest.mark.parametrize("count", range(10))
def test_a_list_may_have_any_length(any_store: Store, count: int) -> None:
    add(any_store, *map(str, range(10)))
    wanted = [str(n) for n in range(count)]

    with any_store.read() as session:
        assert SOME.rows(session, names=wanted) == [(name, int(name)) for name in wanted]
        assert SOME.scalars(session, names=set(wanted)) == wanted
        assert SOME.scalar(session, names=wanted) == (wanted[0] if wanted else None)
        assert SOME.first(session, names=wanted) == ((wanted[0], 0) if wanted else None)


def test_a_list_for_a_column_whose_kind_nobody_named_is_a_list(any_store: Store) -> None:
    add(any_store, "one", "two", "three")
    name = column("name")
    nameless = Prepared(select(name).select_from(CURSORS).where(name.in_(bindparam("names", expanding=True))))

    with any_store.read() as session:
        assert sorted(nameless.scalars(session, names=["one", "two"])) == ["one", "two"]


def test_values_are_what_a_session_gives(any_store: Store) -> None:
    person = Person(
        id=str(uuid4()),
        subject=uuid4().hex,
        source="hr",
        source_id="7",
        display_name="Ann",
        department="Sales",
        hired_on=datetime(2024, 1, 31, tzinfo=UTC).date(),
    )
    link = AccountLink(
        id=str(uuid4()),
        person_id=person.id,
        connector="ldap",
        account_id="a",
        label="a",
        learnt_from="roster",
        learnt_at=datetime(2026, 3, 29, 1, 30, tzinfo=UTC),
        status=AccountStatus.ACTIVE.value,
        identifiers={"email": "ann@example.com"},
        is_admin=True,
        last_seen_at=datetime(2026, 3, 29, 1, 30, tzinfo=UTC),
    )
    with any_store.write() as session:
        session.add(person)
        session.flush()
        session.add(link)
    for kind, one in ((Person, person), (AccountLink, link)):
        table = table_of(kind)
        prepared = Prepared(select(table).where(table.c.id == bindparam("id")))
        with any_store.read() as session:
            expected = tuple(session.execute(select(table)).one())
            assert prepared.rows(session, id=one.id) == [expected]


def test_every_column_of_every_table_is_written_and_read_as_a_session_does(any_store: Store) -> None:
    """No type of ours is left out: each is worded for both directions."""
    with any_store.read() as session:
        for table in Base.metadata.sorted_tables:
            assert Prepared(select(table)).rows(session) == [
                tuple(row) for row in session.execute(select(table))
            ]


def test_an_insert_names_every_column_with_a_default(any_store: Store) -> None:
    with any_store.write() as session, pytest.raises(ValueError, match="title, department, country"):
        Prepared(insert(table_of(Person))).run(session, id="1", subject="s")


def test_a_row_that_names_another_column_keeps_it(any_store: Store) -> None:
    added = Prepared(insert(table_of(Person)))
    known = {"title": "", "department": "", "country": "", "timezone": "UTC", "protected": False}
    with any_store.write() as session:
        for number, more in enumerate(({}, {"username": "ann"}, {"employee_no": "E-7"})):
            who = {"id": str(number), "subject": str(number), "source": "hr", "source_id": str(number)}
            added.run(session, **who, **known, display_name="Ann", **more)
        found = session.execute(select(Person.username, Person.employee_no).order_by(Person.id)).all()

    assert [tuple(row) for row in found] == [(None, None), ("ann", None), (None, "E-7")]


def test_an_error_is_sqlalchemys_and_says_nothing_of_what_was_sent(any_store: Store) -> None:
    add(any_store, "a name of somebody")
    with pytest.raises(IntegrityError) as refused:
        add(any_store, "a name of somebody")

    assert "a name of somebody" not in str(refused.value).replace(str(refused.value.orig), "")
    assert names_of(any_store) == ["a name of somebody"]


@pytest.mark.postgres
def test_a_connection_that_is_gone_is_not_used_again(postgres_store: Store) -> None:
    add(postgres_store, "one")
    with postgres_store.read() as session:
        mine = session.connection().exec_driver_sql("SELECT pg_backend_pid()").scalar_one()
        with postgres_store.engine.connect() as other:
            other.exec_driver_sql(f"SELECT pg_terminate_backend({mine})")
        with pytest.raises(OperationalError) as gone:
            SOME.rows(session, names=["one"])

    assert gone.value.connection_invalidated
    add(postgres_store, "two")
    assert set(names_of(postgres_store)) == {"one", "two"}
