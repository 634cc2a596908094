"""A protected account is never changed, whoever's it is said to be and whatever was released."""

from dataclasses import replace
from typing import Any

import pytest

from connectors.sdk.errors import Unsafe
from connectors.sdk.types import Account, Device
from service.engine.order import Ask
from service.engine.states import StepState
from service.engine.untouchable import Untouchable


@pytest.mark.parametrize("written", ["chaos:acc-1", "CHAOS:ACC-1"])
def test_a_protected_account_is_left_alone_and_the_step_says_so(world: Any, written: str) -> None:
    world.begin()
    listed = Untouchable.of((written,))
    world.executor = replace(world.executor, untouchable=listed)

    result = world.finish(world.admit()[0])

    assert isinstance(result, Ask)
    assert result.error == "Unsafe"
    assert "protected" in result.what
    assert world.fake.state["accounts"]["acc-1"]["active"]
    assert world.fake.effects == []
    assert world.step("shut").state is StepState.FAILED


def test_an_account_of_another_system_with_the_same_name_is_not_protected(world: Any) -> None:
    world.begin()
    world.executor = replace(world.executor, untouchable=Untouchable.of(("ldap:acc-1", "chaos:acc-11")))

    world.finish(world.admit()[0])

    assert not world.fake.state["accounts"]["acc-1"]["active"]


@pytest.mark.parametrize("written", ["ldap:breakglass", "ldap:BG@example.com", "ldap:cn=break glass"])
def test_an_account_is_protected_by_any_name_it_carries(written: str) -> None:
    account = Account(
        connector="ldap",
        id="5f1d",
        label="cn=Break Glass",
        identifiers={"username": "breakglass", "email": "bg@example.com"},
    )

    with pytest.raises(Unsafe, match="protected"):
        Untouchable.of((written,)).check(account)


def test_a_device_is_protected_by_its_label_too() -> None:
    listed = Untouchable.of(("intune:Reception PC",))
    kiosk = Device(connector="intune", id="d-1", label="RECEPTION PC")

    with pytest.raises(Unsafe, match="protected"):
        listed.check(kiosk)
    listed.check(Account(connector="intune", id="x", label="reception"))
