"""Tokens are there before a leaver needs them."""

from collections.abc import Iterator
from typing import Any

import pytest

from connectors.microsoft_intune.fake import FakeIntune
from connectors.salesforce.fake import FakeSalesforce
from connectors.sdk.context import Context, Secret
from connectors.sdk.fakes.server import HttpFake
from connectors.sdk.registry import Registry, discover
from connectors.sdk.types import Person

NAMES = ("microsoft_intune", "salesforce")
MIKE = {"employee_no": "E-17", "email": "mike@example.com", "display_name": "Mike Dalton"}


@pytest.fixture
def systems(clock: Any) -> Iterator[dict[str, HttpFake]]:
    with FakeIntune(now=clock) as mdm, FakeSalesforce(now=clock) as crm:
        mdm.seed([MIKE])
        crm.seed([MIKE])
        yield {"microsoft_intune": mdm, "salesforce": crm}


@pytest.fixture
def registry(systems: dict[str, Any]) -> Registry:
    manifests = discover()
    settings = {name: _revealed(manifests[name], fake.settings()) for name, fake in systems.items()}
    return Registry(manifests, settings)


def _revealed(manifest: Any, given: dict[str, str]) -> dict[str, str | Secret]:
    return {name: Secret(value) if manifest.settings[name].secret else value for name, value in given.items()}


def tokens_asked(fake: HttpFake) -> int:
    return sum(request.path.endswith("/token") for request in fake.requests)


def use(registry: Registry, clock: Any) -> None:
    mike = Person(display_name="Mike Dalton", employee_no="E-17", emails=("mike@example.com",))
    mdm: Any = registry.open("microsoft_intune", Context(now=clock))
    crm: Any = registry.open("salesforce", Context(now=clock))
    assert list(crm.find_accounts(mike))
    list(mdm.devices(mike))


def test_whoever_comes_after_the_sign_in_asks_for_no_token(
    systems: dict[str, HttpFake], registry: Registry, clock: Any
) -> None:
    registry.sign_in(clock)
    assert [tokens_asked(systems[name]) for name in NAMES] == [1, 1]

    registry.sign_in(clock)
    use(registry, clock)

    assert [tokens_asked(systems[name]) for name in NAMES] == [1, 1]


def test_a_system_that_does_not_answer_keeps_no_other_from_being_signed_in_to(
    systems: dict[str, HttpFake], registry: Registry, clock: Any
) -> None:
    systems["microsoft_intune"].stop()

    registry.sign_in(clock)

    assert tokens_asked(systems["salesforce"]) == 1
