"""The small world in which even chaos keeps its promises, while it is well."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from connectors.sdk.fakes.conformance import World, registry_for
from connectors.sdk.registry import discover, fake_class
from connectors.sdk.types import Person

EXEMPT: dict[str, str] = {}

HOME = Path(__file__).parents[2]
PEOPLE = [
    {"employee_no": "E-1", "email": "mike@example.com", "username": "mike"},
    {"employee_no": "E-2", "email": "ann@example.com", "username": "ann"},
    {"employee_no": "E-3", "email": "shared@example.com", "username": "bob"},
    {"employee_no": "E-4", "email": "shared@example.com", "username": "eve"},
    {"employee_no": "E-5", "email": "kim@example.com", "username": "kim"},
]


@contextmanager
def world() -> Iterator[World]:
    with fake_class(discover(HOME)["chaos"])() as fake:
        fake.seed(PEOPLE)
        yield World(
            connector="chaos",
            registry=registry_for("chaos", fake.settings(), HOME),
            fake=fake,
            person=Person(display_name="Mike Doe", employee_no="E-1", emails=("mike@example.com",)),
            stranger=Person(display_name="Nobody", employee_no="E-0", emails=("nobody@example.com",)),
            twins=Person(display_name="Two", emails=("shared@example.com",)),
            everybody=frozenset(fake.state["accounts"]),
            lies={
                "disable_account": frozenset({"account.active"}),
                "revoke_sessions": frozenset({"session.end"}),
            },
        )
