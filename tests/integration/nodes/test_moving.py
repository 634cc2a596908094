"""From one process on SQLite to PostgreSQL with the data kept."""

from typing import Any

import pytest

from service.engine.tables import StepRun
from service.ledger.entry import LedgerEntry
from service.ledger.keys import Keys
from service.ledger.verify import verify_live
from service.people.person import Person
from service.store import Base, Store
from service.store.copy import NotCopied, copy
from service.store.migrate import upgrade

pytestmark = pytest.mark.postgres


@pytest.fixture
def target(postgres_url: str) -> Any:
    store = Store(postgres_url)
    upgrade(store)
    yield store
    store.close()


def rows(store: Store, table: type[Base]) -> list[dict[str, Any]]:
    with store.read() as session:
        found = session.execute(table.__table__.select()).mappings().all()
    return sorted((dict(row) for row in found), key=repr)


def test_everything_is_there_and_the_record_verifies(world: Any, target: Store, keys: Keys) -> None:
    world.begin()
    world.drain()
    with world.store.write() as session:
        session.get_one(Person, world.people["hanna"]).manager_id = world.people["ivan"]

    copy(world.store, target, Base.metadata)

    for table in (Person, StepRun, LedgerEntry):
        assert rows(target, table) == rows(world.store, table)
    with target.read() as session:
        assert verify_live(session, keys.vkey).holds


def test_a_target_with_anything_in_it_is_refused_and_left_alone(world: Any, target: Store) -> None:
    world.begin()
    copy(world.store, target, Base.metadata)
    before = rows(target, StepRun)

    with pytest.raises(NotCopied, match="not empty"):
        copy(world.store, target, Base.metadata)

    assert rows(target, StepRun) == before
