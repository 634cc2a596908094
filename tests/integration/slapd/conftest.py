"""A real slapd of our own, the fake beside it, and a client that is not ours."""

import ssl
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from ldap3 import NONE, Connection, Server, Tls

from connectors.ldap import company
from connectors.ldap.connector import LdapConnector
from connectors.ldap.fake import FakeLdap
from connectors.ldap.slapd import RealSlapd
from connectors.sdk.context import Context
from connectors.sdk.fakes.conformance import registry_for
from connectors.sdk.types import Account, Person

MIKE: dict[str, Any] = {
    "employee_no": "E-17", "username": "mike", "email": "mike@example.com", "display_name": "Mike Doe",
    "department": "Sales", "groups": ["vpn", "deal-desk"], "hired_on": "2021-03-01",
    "password": "the leaver's own",
}  # fmt: skip
NORA: dict[str, Any] = {
    "employee_no": "E-18", "username": "nora", "email": "nora@example.com", "display_name": "Nora Ek",
    "department": "Sales", "hired_on": "2019-01-01",
}  # fmt: skip
MIKE_DN = company.login_dn(MIKE)
SALES = company.group_dn("sales")
POLICY_CONTROL = "1.3.6.1.4.1.42.2.27.8.5.1"


@dataclass(frozen=True)
class Client:
    """ldap3 as anybody would use it, never through our SDK."""

    settings: dict[str, str]
    admin_password: str

    def bind(self, dn: str, password: str, *, say_why: bool = False) -> Connection:
        """A connection that tried to bind; its `result` says how that went."""
        tls = Tls(validate=ssl.CERT_NONE)
        server = Server(self.settings["url"], tls=tls, get_info=NONE, connect_timeout=30)
        connection = Connection(server, dn, password, receive_timeout=30)
        connection.bind(controls=[(POLICY_CONTROL, False, None)] if say_why else None)
        return connection

    def as_admin(self) -> Connection:
        """The directory's administrator."""
        return self.bind(company.ADMIN_DN, self.admin_password)

    def answer_to(self, dn: str, password: str) -> int:
        """The result code of a bind."""
        connection = self.bind(dn, password)
        code = int(connection.result["result"])
        connection.unbind()
        return code


@pytest.fixture
def slapd(tmp_path: Path) -> Iterator[RealSlapd]:
    """A real slapd in which Mike and Nora work. Ask for it only in tests marked `slapd`."""
    server = RealSlapd(tmp_path / "slapd")
    server.seed([MIKE, NORA])
    with server:
        yield server


@pytest.fixture(params=["fake", pytest.param("slapd", marks=pytest.mark.slapd)])
def directory(request: pytest.FixtureRequest) -> Iterator[FakeLdap | RealSlapd]:
    """The same company in the fake and in a real slapd: what one does, the other does."""
    if request.param == "slapd":
        yield request.getfixturevalue("slapd")
        return
    with FakeLdap() as fake:
        fake.seed([MIKE, NORA])
        yield fake


@pytest.fixture
def client(directory: FakeLdap | RealSlapd) -> Client:
    """A client of whichever directory the test runs against."""
    return Client(directory.settings(), directory.admin_password)


@pytest.fixture
def admin(client: Client) -> Iterator[Connection]:
    """The administrator, bound."""
    connection = client.as_admin()
    yield connection
    connection.unbind()


@pytest.fixture
def opened(directory: FakeLdap | RealSlapd) -> Callable[..., LdapConnector]:
    """Our connector, for the step of a given key."""

    def open_(key: str = "run-1/step-1", **settings: str) -> LdapConnector:
        context = Context(now=lambda: datetime.now(UTC), idempotency_key=key, deadline_s=5)
        registry = registry_for("ldap", {**directory.settings(), **settings})
        connector = registry.open("ldap", context)
        assert isinstance(connector, LdapConnector)
        return connector

    return open_


@pytest.fixture
def mike(opened: Callable[..., LdapConnector]) -> Account:
    """Mike's login."""
    person = Person(display_name="Mike Doe", employee_no="E-17", emails=("mike@example.com",))
    (account,) = opened().find_accounts(person)
    return account
