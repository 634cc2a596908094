"""The small world in which Intune is held to the promises of every connector."""

from collections.abc import Iterator
from contextlib import contextmanager

from connectors.microsoft_intune.fake import FakeIntune
from connectors.sdk.fakes.conformance import World, registry_for
from connectors.sdk.types import Person

#: Promises that cannot apply, each with its reason.
EXEMPT: dict[str, str] = {}

PEOPLE = [
    {
        "employee_no": "E-17",
        "email": "mike@example.com",
        "display_name": "Mike Doe",
        "devices": [{"serial": "C02X1", "name": "MIKE-MAC"}],
    },
    {"employee_no": "E-18", "email": "ann@example.com", "devices": [{"serial": "C02X2"}]},
]


@contextmanager
def world() -> Iterator[World]:
    with FakeIntune() as fake:
        fake.seed(PEOPLE)
        yield World(
            connector="microsoft_intune",
            registry=registry_for("microsoft_intune", fake.settings()),
            fake=fake,
            person=Person(display_name="Mike Doe", employee_no="E-17", emails=("mike@example.com",)),
            stranger=Person(display_name="Nobody", employee_no="E-0", emails=("nobody@example.com",)),
            twins=Person(display_name="Two", employee_no="E-17", emails=("ann@example.com",)),
            lies={"lock_device": frozenset({"remoteLock"})},
        )
