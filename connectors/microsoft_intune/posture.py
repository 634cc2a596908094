"""Read how well a device was protected when it last checked in."""

from collections.abc import Callable
from datetime import datetime
from typing import Final

from connectors.microsoft_intune.graph import Graph, Row, literal, segment
from connectors.microsoft_intune.lock import ActionState, instant
from connectors.sdk.errors import NotFound, Refused
from connectors.sdk.types import Device, Posture

DEVICE_FIELDS: Final = (
    "id",
    "operatingSystem",
    "azureADDeviceId",
    "isEncrypted",
    "lastSyncDateTime",
    "deviceActionResults",
)
PROTECTION_FIELDS: Final = ("malwareProtectionEnabled", "realTimeProtectionEnabled", "signatureUpdateOverdue")
KEY_FIELDS: Final = ("id", "deviceId")  # never `key`: selecting it would fetch the recovery key itself

DEVICE: Final = "/deviceManagement/managedDevices/{id}"
PROTECTION: Final = DEVICE + "/windowsProtectionState"
KEYS: Final = "/informationProtection/bitlocker/recoveryKeys"


def read_posture(graph: Graph, device: Device, row: Row, *, now: Callable[[], datetime]) -> Posture:
    """What Intune and Entra know of the device. Defender and BitLocker exist on Windows only.

    Args:
        row: The device as Intune shows it, with `DEVICE_FIELDS`.
    """
    windows = str(row.get("operatingSystem", "")).casefold() == "windows"
    protection = _protection(graph, device) if windows else {}
    return Posture(
        read_at=now(),
        encrypted=_flag(row, "isEncrypted"),
        recovery_key_escrowed=_escrowed(graph, row) if windows else None,
        antivirus_on=_both(
            _flag(protection, "malwareProtectionEnabled"), _flag(protection, "realTimeProtectionEnabled")
        ),
        antivirus_up_to_date=_not(_flag(protection, "signatureUpdateOverdue")),
        last_check_in=instant(row.get("lastSyncDateTime")),
        pending_action=_pending(row),
    )


def _protection(graph: Graph, device: Device) -> Row:
    try:
        return graph.row(
            PROTECTION.format(id=segment(device.id)),
            template=PROTECTION,
            needs="DeviceManagementManagedDevices.Read.All",
            select=PROTECTION_FIELDS,
        )
    except NotFound:  # Defender has never reported from this device
        return {}


def _escrowed(graph: Graph, row: Row) -> bool | None:
    entra_id = row.get("azureADDeviceId")
    if not isinstance(entra_id, str) or not entra_id:
        return None
    try:
        keys = graph.rows(
            KEYS,
            template=KEYS,
            needs="BitlockerKey.ReadBasic.All",
            select=KEY_FIELDS,
            params={"$filter": f"deviceId eq {literal(entra_id)}"},
        )
        return any(key.get("deviceId") == entra_id for key in keys)
    except Refused:  # `check` names the missing permission; the rest of the posture is still worth having
        return None


def _pending(row: Row) -> str:
    waiting = {ActionState.PENDING.value, ActionState.ACTIVE.value}
    results = row.get("deviceActionResults") or ()
    return ", ".join(
        str(result.get("actionName")) for result in results if result.get("actionState") in waiting
    )


def _flag(row: Row, name: str) -> bool | None:
    value = row.get(name)
    return value if isinstance(value, bool) else None


def _both(first: bool | None, second: bool | None) -> bool | None:
    if first is False or second is False:
        return False
    return None if first is None or second is None else True


def _not(value: bool | None) -> bool | None:
    return None if value is None else not value
