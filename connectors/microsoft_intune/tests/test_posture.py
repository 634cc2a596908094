from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from connectors.microsoft_intune.connector import IntuneConnector
from connectors.microsoft_intune.fake import FakeIntune
from connectors.sdk.errors import NotFound
from connectors.sdk.types import Device, Person

Opened = Callable[..., IntuneConnector]


def test_a_windows_laptop_tells_encryption_antivirus_escrow_and_last_check_in(
    connector: IntuneConnector, pc: Device
) -> None:
    posture = connector.posture(pc)

    assert (posture.encrypted, posture.recovery_key_escrowed) == (True, True)
    assert (posture.antivirus_on, posture.antivirus_up_to_date) == (True, False)
    assert posture.last_check_in == datetime(2026, 3, 2, 10, tzinfo=UTC)


def test_a_laptop_without_protection_says_so(connector: IntuneConnector, ann: Person) -> None:
    (laptop,) = connector.devices(ann)

    posture = connector.posture(laptop)

    told = (posture.encrypted, posture.recovery_key_escrowed, posture.antivirus_on)
    assert told == (False, False, False)


def test_what_exists_on_windows_only_is_unknown_of_a_mac(connector: IntuneConnector, mac: Device) -> None:
    posture = connector.posture(mac)

    assert posture.encrypted is True
    assert (posture.antivirus_on, posture.antivirus_up_to_date, posture.recovery_key_escrowed) == (None,) * 3


def test_antivirus_without_real_time_protection_is_not_on(
    intune: FakeIntune, connector: IntuneConnector, pc: Device
) -> None:
    intune.state["devices"][pc.id]["protection"]["realTimeProtectionEnabled"] = False

    assert connector.posture(pc).antivirus_on is False


def test_antivirus_that_never_reported_is_unknown(
    intune: FakeIntune, connector: IntuneConnector, pc: Device
) -> None:
    intune.state["devices"][pc.id]["protection"] = None

    posture = connector.posture(pc)

    assert (posture.antivirus_on, posture.antivirus_up_to_date) == (None, None)


def test_half_an_answer_about_antivirus_is_unknown(
    intune: FakeIntune, connector: IntuneConnector, pc: Device
) -> None:
    intune.state["devices"][pc.id]["protection"]["realTimeProtectionEnabled"] = None

    assert connector.posture(pc).antivirus_on is None


def test_without_the_right_to_see_keys_escrow_is_unknown_and_the_rest_is_told(
    intune: FakeIntune, opened: Opened, pc: Device
) -> None:
    intune.roles = ("User.Read.All", "DeviceManagementManagedDevices.Read.All")
    intune.expire_tokens()

    posture = opened().posture(pc)

    assert (posture.recovery_key_escrowed, posture.encrypted) == (None, True)


def test_the_recovery_key_itself_is_never_asked_for(
    intune: FakeIntune, connector: IntuneConnector, pc: Device
) -> None:
    connector.posture(pc)

    asked = [request.query for request in intune.requests if request.path.endswith("/recoveryKeys")]
    assert [query["$select"] for query in asked] == ["id,deviceId"]


def test_an_order_on_its_way_is_told(connector: IntuneConnector, mac: Device) -> None:
    connector.lock_device(mac)

    assert connector.posture(mac).pending_action == "remoteLock"


def test_a_device_that_never_checked_in_has_no_last_check_in(
    intune: FakeIntune, connector: IntuneConnector, mac: Device
) -> None:
    intune.state["devices"][mac.id]["row"]["lastSyncDateTime"] = "0001-01-01T00:00:00Z"

    assert connector.posture(mac).last_check_in is None


def test_reading_posture_changes_nothing(intune: FakeIntune, opened: Opened, pc: Device) -> None:
    opened(read_only=True).posture(pc)

    assert intune.effects == []


def test_a_device_that_is_gone_has_no_posture(connector: IntuneConnector) -> None:
    with pytest.raises(NotFound):
        connector.posture(Device(connector="microsoft_intune", id="gone", label="OLD"))


def test_the_time_of_reading_is_the_clocks(connector: IntuneConnector, clock: Any, mac: Device) -> None:
    assert connector.posture(mac).read_at == clock()
