"""A schema that an operator has changed beneath others is on record, with who they were."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.orm import Session

from service.engine.alone import OnlyEngine
from service.engine.installation import opened
from service.engine.nodes import Lease
from service.engine.pools import Threads
from service.ledger.bound import bind
from service.ledger.entry import LedgerEntry
from service.ledger.errors import NotBound
from service.ledger.keys import Keys
from service.ledger.verify import verify_live
from service.store import Store
from service.store.migrate import downgrade, newest, stands_at
from tests.integration.nodes.test_two_versions import OLDER


def who(_: Session) -> str:
    return "person:a-subject"


def recorded(store: Store) -> list[dict[str, Any]]:
    with store.read() as session:
        found = session.query(LedgerEntry).where(LedgerEntry.event == "schema.upgraded_beside")
        return [entry.content for entry in found]


def upgraded(store: Store, keys: Keys, folder: Path) -> None:
    folder.mkdir(exist_ok=True)
    opened(store.url.render_as_string(hide_password=False), folder, keys, beside=who).close()


@pytest.fixture
def older(any_store: Store) -> Iterator[Store]:
    """An older schema, and one process alone that is at work with it."""
    only = OnlyEngine(any_store)
    only.take()
    downgrade(any_store, OLDER)
    yield any_store
    only.release()


def test_an_upgrade_beside_one_process_alone_says_so(older: Store, keys: Keys, tmp_path: Path) -> None:
    upgraded(older, keys, tmp_path / "var")

    (entry,) = recorded(older)
    assert entry["actor"] == "person:a-subject"
    assert entry["body"] == {
        "from": OLDER,
        "to": newest(),
        "at_work": ["one process alone (exeunt serve, or the demonstration)"],
    }
    with older.read() as session:
        assert verify_live(session, keys.vkey).holds


@pytest.mark.postgres
def test_an_upgrade_beside_others_says_who_they_were(
    postgres_store: Store, keys: Keys, tmp_path: Path
) -> None:
    leases = [Lease(postgres_store, f"app-{n} 7", Threads(rest=n, sign_in=n)) for n in (0, 1)]
    for lease in leases:
        lease.beat()
    downgrade(postgres_store, OLDER)

    upgraded(postgres_store, keys, tmp_path / "var")

    (entry,) = recorded(postgres_store)
    assert entry["body"]["at_work"] == ["app-0 7", "app-1 7"]


def test_an_upgrade_beside_nobody_overrides_nothing(any_store: Store, keys: Keys, tmp_path: Path) -> None:
    downgrade(any_store, OLDER)

    upgraded(any_store, keys, tmp_path / "var")

    assert recorded(any_store) == []


def test_an_upgrade_beside_others_that_cannot_be_recorded_is_none(
    older: Store, keys: Keys, tmp_path: Path
) -> None:
    bind(None)

    with pytest.raises(NotBound):
        upgraded(older, keys, tmp_path / "var")

    with older.read() as session:
        assert stands_at(session.connection()) == OLDER
