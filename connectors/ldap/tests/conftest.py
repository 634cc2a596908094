"""Directories with Mike in them, and the connector for each."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from connectors.ldap.connector import LdapConnector
from connectors.ldap.fake import FakeLdap
from connectors.ldap.password_policy import forget_policies
from connectors.sdk.context import Context
from connectors.sdk.fakes.conformance import registry_for
from connectors.sdk.ldap_pool import close_connections
from connectors.sdk.types import Account, Person

MIKE: dict[str, Any] = {
    "employee_no": "E-17", "username": "mike", "email": "mike@example.com", "display_name": "Mike Doe",
    "department": "Sales", "groups": ["vpn"], "password": "the leaver's own",
}  # fmt: skip
NORA: dict[str, Any] = {
    "employee_no": "E-18", "username": "nora", "email": "nora@example.com", "display_name": "Nora Ek",
    "department": "Sales",
}  # fmt: skip
ADA: dict[str, Any] = {
    "employee_no": "E-19", "username": "ada", "email": "ada@example.com", "display_name": "Ada Ito",
    "admin_count": "1",
}  # fmt: skip
PERSON = Person(
    display_name="Mike Doe", employee_no="E-17", emails=("mike@example.com",), usernames=("mike",)
)


@pytest.fixture(autouse=True)
def _nothing_kept_outlives_a_test() -> Iterator[None]:
    yield
    close_connections()
    forget_policies()


@pytest.fixture
def openldap() -> Iterator[FakeLdap]:
    """OpenLDAP."""
    with FakeLdap() as fake:
        fake.seed([MIKE, NORA])
        yield fake


@pytest.fixture
def ad() -> Iterator[FakeLdap]:
    """Active Directory; Ada's account is protected."""
    with FakeLdap(dialect="ad") as fake:
        fake.seed([MIKE, NORA, ADA])
        yield fake


@pytest.fixture(params=["openldap", "ad"])
def directory(request: pytest.FixtureRequest) -> FakeLdap:
    """Each of the two in turn."""
    fake: FakeLdap = request.getfixturevalue(request.param)
    return fake


Opened = Callable[..., LdapConnector]


@pytest.fixture
def opened() -> Opened:
    """The connector of a directory, with settings and circumstances changed as said."""

    def open_(fake: FakeLdap, *, context: Context | None = None, **settings: str) -> LdapConnector:
        circumstances = context or Context(now=fake.now, idempotency_key="run-1/step-1", deadline_s=5)
        registry = registry_for("ldap", {**fake.settings(), **settings})
        connector = registry.open("ldap", circumstances)
        assert isinstance(connector, LdapConnector)
        return connector

    return open_


@pytest.fixture
def mike(directory: FakeLdap, opened: Opened) -> Account:
    """Mike's login."""
    (account,) = opened(directory).find_accounts(PERSON)
    return account
