"""HR, and three people, on both databases."""

import uuid
from typing import Any

import pytest

from service.ledger.keys import Keys
from service.people.person import Person
from service.store import Store
from tests.unit.departures.hr import Hr


@pytest.fixture
def hr(any_store: Store, clock: Any, keys: Keys) -> Hr:
    with any_store.write() as session:
        for number, more in (("E-1", {}), ("E-2", {}), ("E-3", {"protected": True})):
            session.add(
                Person(
                    id=f"p-{number}",
                    subject=uuid.uuid4().hex,
                    source="hr",
                    source_id=f"hr-{number}",
                    employee_no=number,
                    work_email=f"{number}@example.com",
                    display_name=f"Person {number}",
                    **more,
                )
            )
    return Hr(any_store, clock)
