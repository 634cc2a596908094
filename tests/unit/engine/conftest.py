"""A run on a real store and a real (if chaotic) target system, carried out step by step."""

from collections.abc import Iterator
from typing import Any

import pytest

from service.ledger.keys import Keys
from service.store import Store
from tests.unit.engine import world as worlds


@pytest.fixture
def world(store: Store, clock: Any, keys: Keys) -> Iterator[worlds.World]:
    with worlds.made(store, clock, keys) as world:
        yield world
