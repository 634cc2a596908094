"""The keys of the story, bound as the service binds them."""

from collections.abc import Iterator

import pytest

from service.ledger.bound import bind
from service.ledger.keys import Keys
from tests.unit.ledger.story import fixed_keys


@pytest.fixture
def keys() -> Iterator[Keys]:
    made = fixed_keys()
    bind(made)
    yield made
    bind(None)
