"""A run, a made-up workspace, and everything between them, over real sockets."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from service.ledger.keys import Keys
from service.slack import homes
from service.store import Store
from tests.unit.engine import world as worlds
from tests.unit.slack import office as offices


@pytest.fixture
def office(store: Store, clock: Any, keys: Keys, tmp_path: Path) -> Iterator[offices.Office]:
    with worlds.made(store, clock, keys) as world, offices.opened(world, tmp_path) as office:
        yield office


@pytest.fixture
def three_are_many(monkeypatch: pytest.MonkeyPatch) -> None:
    """A batch of four has one message."""
    monkeypatch.setattr(homes, "FEW", 3)
