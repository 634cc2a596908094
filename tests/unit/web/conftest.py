"""An office with people of every role, and the pages they open."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from service.ledger.bound import bind
from service.ledger.keys import Keys
from service.store import Store
from tests.unit.web import office as offices


@pytest.fixture
def keys(tmp_path: Path) -> Iterator[Keys]:
    made = Keys.create(tmp_path / "keys")
    bind(made)
    yield made
    bind(None)


@pytest.fixture
def office(store: Store, clock: Any, keys: Keys) -> Iterator[offices.Office]:
    with offices.opened(store, clock, keys) as office:
        yield office
