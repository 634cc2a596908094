"""An office with people of every role, and the pages they open."""

from collections.abc import Iterator
from typing import Any

import pytest

from service.ledger.keys import Keys
from service.store import Store
from service.web.server import Server
from tests.unit.web import office as offices


@pytest.fixture
def office(store: Store, clock: Any, keys: Keys) -> Iterator[offices.Office]:
    with offices.opened(store, clock, keys) as office:
        yield office


@pytest.fixture
def server(office: Any) -> Iterator[Server]:
    with offices.running(office.app) as server:
        yield server
