from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import quote

import pytest

from connectors.microsoft_intune.connector import IntuneConnector
from connectors.microsoft_intune.fake import FakeIntune
from connectors.microsoft_intune.lock import ActionState, newest_lock
from connectors.sdk.errors import (
    Ambiguous,
    NotFound,
    RateLimited,
    Refused,
    Unavailable,
    Unsafe,
)
from connectors.sdk.types import Account, Device, Expectation, Proof

Opened = Callable[..., IntuneConnector]

REMOTE_LOCK = r"/v1.0/deviceManagement/managedDevices/[^/]+/remoteLock"


def proof(connector: IntuneConnector, device: Device) -> Proof:
    (evidence,) = connector.verify(device, Expectation.LOCKED)
    return evidence.proof


def test_a_lock_waits_for_the_device(connector: IntuneConnector, mac: Device) -> None:
    outcome = connector.lock_device(mac)

    assert outcome.changed
    assert outcome.pending is not None
    assert [evidence.proof for evidence in outcome.evidence] == [Proof.PENDING]


def test_a_lock_is_proven_only_when_the_device_has_answered(
    intune: FakeIntune, connector: IntuneConnector, mac: Device
) -> None:
    before = proof(connector, mac)
    connector.lock_device(mac)
    waiting = proof(connector, mac)

    intune.check_in("MAC-1")

    assert (before, waiting, proof(connector, mac)) == (Proof.CONTRADICTED, Proof.PENDING, Proof.PROVEN)


def test_a_device_that_is_off_stays_unproven(
    intune: FakeIntune, connector: IntuneConnector, clock: Any, mac: Device
) -> None:
    intune.switch("MAC-1", online=False)
    connector.lock_device(mac)
    clock.turn(days=30)

    intune.check_in("MAC-1")

    assert proof(connector, mac) is Proof.PENDING


def test_locking_twice_orders_once(intune: FakeIntune, connector: IntuneConnector, mac: Device) -> None:
    connector.lock_device(mac)

    again = connector.lock_device(mac)

    assert (again.changed, again.pending is not None, len(intune.effects)) == (False, True, 1)


def test_locking_a_locked_device_orders_nothing(
    intune: FakeIntune, connector: IntuneConnector, mac: Device
) -> None:
    lock_and_hear(intune, connector, mac)

    again = connector.lock_device(mac)

    assert (again.changed, again.pending, len(intune.effects)) == (False, None, 1)
    assert [evidence.proof for evidence in again.evidence] == [Proof.PROVEN]


def test_an_order_whose_answer_was_lost_is_not_given_again(
    intune: FakeIntune, connector: IntuneConnector, mac: Device
) -> None:
    intune.faults.lose_answer_after_write = {REMOTE_LOCK: 1}
    with pytest.raises(Unavailable) as lost:
        connector.lock_device(mac)

    again = connector.lock_device(mac)

    assert (lost.value.maybe_applied, again.changed, len(intune.effects)) == (True, False, 1)


def test_an_intune_that_lies_is_contradicted(
    intune: FakeIntune, connector: IntuneConnector, mac: Device
) -> None:
    intune.faults.lie = {"remoteLock"}

    outcome = connector.lock_device(mac)

    assert [evidence.proof for evidence in outcome.evidence] == [Proof.UNPROVABLE]
    assert outcome.pending is not None
    assert proof(connector, mac) is Proof.CONTRADICTED


def test_windows_is_refused_with_what_to_do_instead(
    intune: FakeIntune, connector: IntuneConnector, pc: Device
) -> None:
    with pytest.raises(Refused) as refused:
        connector.lock_device(pc)

    assert "notSupported" in refused.value.what
    assert "Disable the device in Entra" in refused.value.hint
    assert proof(connector, pc) is Proof.CONTRADICTED


def test_a_device_that_cannot_be_locked_is_not_asked_again(
    intune: FakeIntune, connector: IntuneConnector, clock: Any, pc: Device
) -> None:
    for _ in range(2):
        with pytest.raises(Refused):
            connector.lock_device(pc)
        clock.turn(days=2)

    assert len(intune.effects) == 1


def test_a_lock_that_failed_a_moment_ago_is_refused_with_the_fix(
    intune: FakeIntune, connector: IntuneConnector, mac: Device
) -> None:
    lock_and_hear(intune, connector, mac, fails=True)

    with pytest.raises(Refused) as refused:
        connector.lock_device(mac)

    assert "passcode" in refused.value.hint
    assert (proof(connector, mac), len(intune.effects)) == (Proof.CONTRADICTED, 1)


def test_a_lock_that_failed_can_be_ordered_again_once_somebody_has_seen_to_it(
    intune: FakeIntune, connector: IntuneConnector, clock: Any, mac: Device
) -> None:
    lock_and_hear(intune, connector, mac, fails=True)
    clock.turn(minutes=11)

    outcome = connector.lock_device(mac)

    assert (outcome.changed, outcome.pending is not None, len(intune.effects)) == (True, True, 2)


def test_the_last_failure_is_not_taken_for_the_answer_to_a_new_order(
    intune: FakeIntune, connector: IntuneConnector, clock: Any, mac: Device
) -> None:
    lock_and_hear(intune, connector, mac, fails=True)
    clock.turn(minutes=11)
    intune.faults.lie = {"remoteLock"}  # as when Graph does not list the new order yet

    outcome = connector.lock_device(mac)

    assert outcome.pending is not None


def test_a_lock_from_long_before_the_departure_proves_nothing(
    intune: FakeIntune, connector: IntuneConnector, clock: Any, mac: Device
) -> None:
    lock_and_hear(intune, connector, mac)
    clock.turn(days=46)

    assert proof(connector, mac) is Proof.UNPROVABLE


def test_a_lock_from_long_before_the_departure_is_ordered_again(
    intune: FakeIntune, connector: IntuneConnector, clock: Any, mac: Device
) -> None:
    lock_and_hear(intune, connector, mac)
    clock.turn(days=46)

    outcome = connector.lock_device(mac)

    assert (outcome.changed, outcome.pending is not None, len(intune.effects)) == (True, True, 2)


def test_a_lock_still_counts_when_after_care_looks_a_last_time(
    intune: FakeIntune, connector: IntuneConnector, clock: Any, mac: Device
) -> None:
    lock_and_hear(intune, connector, mac)

    clock.turn(days=31)

    assert proof(connector, mac) is Proof.PROVEN


def test_a_laptop_handed_to_a_colleague_is_not_locked(
    intune: FakeIntune, connector: IntuneConnector, mac: Device
) -> None:
    intune.hand_over("MAC-1", email="ann@example.com")

    with pytest.raises(Ambiguous) as stopped:
        connector.lock_device(mac)

    assert (stopped.value.candidates, intune.effects) == (("ann@example.com",), [])


def test_a_device_intune_no_longer_knows_cannot_be_locked(connector: IntuneConnector) -> None:
    with pytest.raises(NotFound):
        connector.lock_device(Device(connector="microsoft_intune", id="gone", label="OLD"))


def test_a_device_intune_no_longer_knows_cannot_be_proven_locked(connector: IntuneConnector) -> None:
    assert proof(connector, Device(connector="microsoft_intune", id="gone", label="OLD")) is Proof.UNPROVABLE


@pytest.mark.parametrize(
    "hostile", ["../users", "..", "a/../../b", "a?$expand=users", "a#b", "%2e%2e", "a/wipe"]
)
def test_a_hostile_device_id_stays_one_segment_and_changes_nothing(
    intune: FakeIntune, connector: IntuneConnector, hostile: str
) -> None:
    with pytest.raises((NotFound, Unsafe)):
        connector.lock_device(Device(connector="microsoft_intune", id=hostile, label="X"))

    devices = "/v1.0/deviceManagement/managedDevices/"
    asked = {request.path for request in intune.requests if request.method == "GET"}
    assert asked <= {devices + quote(hostile, safe="")}
    assert intune.effects == []


def test_planning_orders_nothing(intune: FakeIntune, opened: Opened, mac: Device) -> None:
    with pytest.raises(Unsafe):
        opened(read_only=True).lock_device(mac)

    assert [request.method for request in intune.requests if "remoteLock" in request.path] == []


def test_the_pin_that_opens_a_mac_is_kept_sealed_and_shown_nowhere(
    intune: FakeIntune, connector: IntuneConnector, mac: Device
) -> None:
    outcome = connector.lock_device(mac)
    pin = intune.state["devices"][mac.id]["row"]["deviceActionResults"][0]["unlockPin"]

    assert outcome.receipt is not None
    assert outcome.receipt.sealed == {"unlock_pin": (pin.encode(),)}
    assert pin not in repr((outcome.evidence, outcome.pending, outcome.residual, outcome.receipt.before))
    assert pin not in repr(connector.verify(mac, Expectation.LOCKED))
    assert pin not in repr(newest_lock(intune.state["devices"][mac.id]["row"]))


def test_a_locked_phone_says_that_its_passcode_still_opens_it(
    intune: FakeIntune, connector: IntuneConnector, phone: Device
) -> None:
    connector.lock_device(phone)
    intune.check_in("PHONE-1")

    outcome = connector.lock_device(phone)

    assert [residual.what for residual in outcome.residual] == [
        "Whoever knows the passcode of MIKE-PHONE can open it again."
    ]


def test_an_order_without_the_permission_names_the_permission(
    intune: FakeIntune, opened: Opened, mac: Device
) -> None:
    intune.roles = ("User.Read.All", "DeviceManagementManagedDevices.Read.All")
    intune.expire_tokens()

    with pytest.raises(Refused) as refused:
        opened().lock_device(mac)

    assert "DeviceManagementManagedDevices.PrivilegedOperations.All" in refused.value.hint


@pytest.mark.parametrize("status", [400, 409, 412])
def test_an_order_graph_does_not_take_is_a_persons_business(
    intune: FakeIntune, connector: IntuneConnector, mac: Device, status: int
) -> None:
    intune.faults.status_once = {("POST", REMOTE_LOCK): [(status, {})]}

    with pytest.raises(Refused):
        connector.lock_device(mac)


@pytest.mark.parametrize(
    ("status", "headers", "after_s"), [(423, {}, None), (409, {"Retry-After": "5"}, 5), (408, {}, None)]
)
def test_an_order_that_met_another_is_given_again(
    intune: FakeIntune,
    connector: IntuneConnector,
    mac: Device,
    status: int,
    headers: dict[str, str],
    after_s: float | None,
) -> None:
    intune.faults.status_once = {("POST", REMOTE_LOCK): [(status, headers)]}

    with pytest.raises(Unavailable) as met:
        connector.lock_device(mac)

    assert met.value.retry_after_s == after_s
    assert connector.lock_device(mac).changed


@pytest.mark.parametrize("status", [429, 500, 503])
def test_an_order_that_was_taken_is_not_given_again_because_it_cannot_be_read_just_now(
    intune: FakeIntune, connector: IntuneConnector, mac: Device, status: int
) -> None:
    connector.posture(mac)  # the reading before the order is at hand
    intune.faults.status_once = {
        ("GET", r"/v1.0/deviceManagement/managedDevices/[^/]+"): [(status, {})],
    }

    outcome = connector.lock_device(mac)

    assert outcome.changed
    assert outcome.pending is not None
    assert [evidence.proof for evidence in outcome.evidence] == [Proof.UNPROVABLE]
    assert len(intune.effects) == 1


def test_a_busy_graph_is_asked_again_when_it_says(
    intune: FakeIntune, connector: IntuneConnector, mac: Device
) -> None:
    intune.faults.status_once = {("POST", REMOTE_LOCK): [(429, {"Retry-After": "7"})]}

    with pytest.raises(RateLimited) as limited:
        connector.lock_device(mac)

    assert limited.value.retry_after_s == 7


@pytest.mark.parametrize("expectation", [each for each in Expectation if each is not Expectation.LOCKED])
def test_only_a_lock_can_be_proven(connector: IntuneConnector, mac: Device, expectation: Expectation) -> None:
    (evidence,) = connector.verify(mac, expectation)

    assert evidence.proof is Proof.UNPROVABLE


def test_an_account_cannot_be_proven_locked(connector: IntuneConnector) -> None:
    account = Account(connector="microsoft_intune", id="1", label="mike")

    (evidence,) = connector.verify(account, Expectation.LOCKED)

    assert evidence.proof is Proof.UNPROVABLE


def result(state: str, **more: str) -> dict[str, str]:
    return {"actionName": "remoteLock", "actionState": state, "startDateTime": "2026-03-02T12:00:00Z", **more}


def test_the_newest_of_several_orders_is_the_one_that_counts() -> None:
    older = result("done", startDateTime="2025-01-01T00:00:00.0000000Z")

    assert newest_lock({"deviceActionResults": [result("failed"), older]}).state is ActionState.FAILED


def test_other_actions_of_the_device_are_no_lock() -> None:
    rows = [{"actionName": "syncDevice", "actionState": "done"}]

    assert newest_lock({"deviceActionResults": rows}).state is ActionState.NONE


@pytest.mark.parametrize("word", ["Done", "locked", "", None])
def test_a_state_graph_invents_later_is_neither_a_lock_nor_a_reason_to_order_again(word: Any) -> None:
    order = newest_lock({"deviceActionResults": [result(word)]})

    assert order.state is ActionState.ACTIVE


def test_a_lock_without_a_date_proves_nothing(clock: Any) -> None:
    order = newest_lock({"deviceActionResults": [result("done", startDateTime="0001-01-01T00:00:00Z")]})

    assert order.evidence(clock() + timedelta(0)).proof is Proof.UNPROVABLE


def test_a_cancelled_order_is_given_again(
    intune: FakeIntune, connector: IntuneConnector, mac: Device
) -> None:
    connector.lock_device(mac)
    intune.state["devices"][mac.id]["row"]["deviceActionResults"][0]["actionState"] = "canceled"

    outcome = connector.lock_device(mac)

    assert (outcome.changed, len(intune.effects)) == (True, 2)


def lock_and_hear(
    intune: FakeIntune, connector: IntuneConnector, mac: Device, *, fails: bool = False
) -> None:
    """Order the lock; the device answers, by failing if said so."""
    if fails:
        intune._by_serial("MAC-1")["lock"] = "failed"
    connector.lock_device(mac)
    intune.check_in("MAC-1")
