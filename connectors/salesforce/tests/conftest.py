"""An org with Mike from sales, who can do everything a leaver can, and a few others."""

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

import pytest

from connectors.salesforce.connector import SalesforceConnector
from connectors.salesforce.fake import FakeSalesforce
from connectors.sdk.context import Context
from connectors.sdk.types import Account, Person

MIKE = {
    "employee_no": "E-1001",
    "email": "mike.doe@example.com",
    "username": "mike.doe@example.com.crm",
    "display_name": "Mike Doe",
    "hired_on": "2021-04-01",
    "password": "correct horse",
    "permission_sets": ["Sales Tools", "Data Loader User"],
    "groups": ["EMEA Deals"],
    "sessions": ["UI+Content", "API"],
    "tokens": ["Data Loader", "Phone", "Phone"],
}
ANNA = {"employee_no": "E-1002", "email": "anna@example.com", "display_name": "Anna Ray", "sessions": ["UI"]}


@pytest.fixture
def org(clock: Callable[[], datetime]) -> Iterator[FakeSalesforce]:
    with FakeSalesforce(now=clock) as fake:
        fake.seed([MIKE, ANNA])
        yield fake


@pytest.fixture
def open_salesforce(clock: Callable[[], datetime]) -> Callable[..., SalesforceConnector]:
    """Open the connector to an org; keywords are the context's."""

    def open_it(fake: FakeSalesforce, **context: Any) -> SalesforceConnector:
        return SalesforceConnector.from_settings(fake.settings(), Context(now=clock, **context))

    return open_it


@pytest.fixture
def salesforce(
    org: FakeSalesforce, open_salesforce: Callable[..., SalesforceConnector]
) -> SalesforceConnector:
    return open_salesforce(org)


@pytest.fixture
def mike(salesforce: SalesforceConnector) -> Account:
    (found,) = salesforce.find_accounts(Person(display_name="Mike Doe", employee_no="E-1001"))
    return found
