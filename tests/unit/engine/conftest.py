"""A run on a real store and a real (if chaotic) target system, carried out step by step."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from service.ledger.bound import bind
from service.ledger.keys import Keys
from service.store import Store
from tests.unit.engine import world as worlds


@pytest.fixture
def keys(tmp_path: Path) -> Iterator[Keys]:
    made = Keys.create(tmp_path / "keys")
    bind(made)
    yield made
    bind(None)


@pytest.fixture
def world(store: Store, clock: Any, keys: Keys) -> Iterator[worlds.World]:
    with worlds.made(store, clock, keys) as world:
        yield world
