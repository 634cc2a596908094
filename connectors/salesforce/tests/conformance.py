"""The org in which the connector is held to every connector's promises."""

from collections.abc import Iterator
from contextlib import contextmanager

from connectors.salesforce.fake import FakeSalesforce
from connectors.sdk.fakes.conformance import World, registry_for
from connectors.sdk.types import Person

EXEMPT: dict[str, str] = {}

PEOPLE = [
    {
        "employee_no": "E-1",
        "email": "mike@example.com",
        "username": "mike@example.com.crm",
        "hired_on": "2021-04-01",
        "permission_sets": ["Sales Tools"],
        "groups": ["EMEA Deals"],
        "sessions": ["UI+Content", "API"],
        "tokens": ["Data Loader", "Phone"],
    },
    {"employee_no": "E-2", "email": "shared@example.com", "username": "one@example.com"},
    {"employee_no": "E-3", "email": "shared@example.com", "username": "two@example.com"},
    *({"employee_no": f"E-{n}", "email": f"p{n}@example.com"} for n in range(10, 16)),
]


@contextmanager
def world() -> Iterator[World]:
    with FakeSalesforce() as fake:
        fake.seed(PEOPLE, activity=[{"day": "2026-01-05", "employee_no": "E-1", "kind": "login"}])
        fake.page_size = 4
        yield World(
            connector="salesforce",
            registry=registry_for("salesforce", fake.settings()),
            fake=fake,
            person=Person(display_name="Mike Doe", employee_no="E-1", emails=("mike@example.com",)),
            stranger=Person(display_name="Nobody", employee_no="E-0", emails=("nobody@example.com",)),
            twins=Person(display_name="Two", emails=("shared@example.com",)),
            everybody=frozenset(fake.state["users"]),
            lies={
                "disable_account": frozenset({"UserLogin.IsFrozen"}),
                "restore_account": frozenset({"UserLogin.IsFrozen"}),
                "deactivate_account": frozenset({"User.IsActive"}),
                "revoke_sessions": frozenset({"AuthSession.delete"}),
                "revoke_tokens": frozenset({"OauthToken.revoke"}),
            },
            secrets=(
                *fake.state["session_tokens"],
                *(row["DeleteToken"] for row in fake.state["oauth_tokens"]),
            ),
        )
