"""A step by hand changes nothing by itself and claims nothing."""

from datetime import UTC, datetime

from connectors.sdk.context import Context
from connectors.sdk.registry import Registry, discover
from connectors.sdk.types import Outcome, Person


def registry() -> Registry:
    return Registry(discover(), {})


def test_a_step_by_hand_is_there_without_any_configuration() -> None:
    assert "manual" in registry().configured


def test_a_step_by_hand_waits_for_a_person() -> None:
    action = registry().action("manual.confirm")

    assert (action.asks_person, action.changes, action.expects) == (True, True, None)


def test_calling_it_proves_nothing() -> None:
    manual = registry().open("manual", Context(now=lambda: datetime.now(UTC)))

    outcome = manual.confirm(Person(display_name="Mike Doe"))

    assert outcome == Outcome(changed=False)
