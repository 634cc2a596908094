"""A company on both databases."""

from typing import Any

import pytest

from service.departures.guardrails import Guardrails
from service.ledger.keys import Keys
from service.store import Store
from tests.attacks.departures.company import Company


@pytest.fixture
def company(any_store: Store, clock: Any, keys: Keys) -> Company:
    """Nobody works here yet."""
    return Company(any_store, clock, Guardrails(first_time=False))


@pytest.fixture
def large_company(store: Store, clock: Any, keys: Keys) -> Company:
    """The same on SQLite, for what takes long."""
    return Company(store, clock, Guardrails(first_time=False))


@pytest.fixture
def held(company: Company) -> list[str]:
    """Six departures held by the mass guard, of a company of sixty with three approvers."""
    numbers = company.hire(60)
    ids = [company.says(number) for number in numbers[:6]]
    assert company.states() == {"held": 6}
    return ids
