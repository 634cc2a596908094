"""A run, a made-up workspace, and everything between them, over real sockets."""

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from service.ledger.bound import bind
from service.ledger.keys import Keys
from service.store import Store
from tests.unit.engine import world as worlds
from tests.unit.slack import office as offices


@pytest.fixture
def office(store: Store, clock: Any, keys: Keys, tmp_path: Path) -> Iterator[offices.Office]:
    with worlds.made(store, clock, keys) as world, offices.opened(world, tmp_path) as office:
        yield office


class StillClock:
    """Stands still."""

    def __call__(self) -> datetime:
        return datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def shared_office(empty_sqlite: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[offices.Office]:
    """One office for a whole module of attacks that change nothing."""
    folder = tmp_path_factory.mktemp("office")
    shutil.copy(empty_sqlite, folder / "exeunt.db")
    store, keys = Store(f"sqlite:///{folder / 'exeunt.db'}"), Keys.create(folder / "keys")
    bind(keys)
    with worlds.made(store, StillClock(), keys) as world, offices.opened(world, folder) as office:
        yield office
    bind(None)
    store.close()
