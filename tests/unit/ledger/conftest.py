"""The keys of the story."""

from collections.abc import Iterator

import pytest

from service.ledger.keys import Keys
from tests.unit.ledger.story import bound_keys


@pytest.fixture
def keys() -> Iterator[Keys]:
    with bound_keys() as made:
        yield made
