"""What a figure says to whoever watches, and a database that can be cut off."""

from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any

import pytest
from sqlalchemy import make_url

from service.store import Store
from service.store.migrate import upgrade
from tests.conftest import new_database
from tests.integration.faults.wire import Wire


@pytest.fixture
def tell(capfd: Any) -> Callable[[str], None]:
    """Print a line past what pytest keeps to itself."""

    def told(said: str) -> None:
        with capfd.disabled():
            print(f"\n{said}", flush=True)

    return told


@pytest.fixture
def wire(postgres_server: Any) -> Iterator[tuple[Wire, str]]:
    """A database with the schema, at the other end of a wire that can be cut: the wire, and its URL."""
    with new_database(postgres_server) as url, Wire(postgres_server.port) as wire:
        with closing(Store(url)) as store:
            upgrade(store)
        yield wire, make_url(url).set(port=wire.port).render_as_string(hide_password=False)
