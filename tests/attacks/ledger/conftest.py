"""The keys of the story, and an auditor."""

from collections.abc import Iterator

import pytest

from service.ledger.keys import Keys
from tests.unit.ledger.story import Office, bound_keys


@pytest.fixture
def keys() -> Iterator[Keys]:
    with bound_keys() as made:
        yield made


@pytest.fixture(scope="session")
def office() -> Iterator[Office]:
    made = Office()
    yield made
    made.close()
