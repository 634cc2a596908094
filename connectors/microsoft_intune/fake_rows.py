"""How the made-up Intune writes a user, a device, a recovery key and an order, in Graph's own names."""

import hashlib
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

Row = dict[str, Any]

NAMESPACE: Final = uuid.UUID("6f1c1c0e-8f6e-4b57-9d3c-2f9a7b0c4d11")

#: What Intune's documentation names for the remote lock. Windows is not among it.
LOCKABLE: Final = frozenset({"macos", "ios", "ipados", "android"})


def user(person: Mapping[str, Any]) -> Row:
    """A user of Entra from a person of the made-up company."""
    email = person["email"]
    return {
        "id": str(uuid.uuid5(NAMESPACE, f"user {person.get('employee_no')} {email}")),
        "displayName": person.get("display_name", email),
        "userPrincipalName": person.get("user_principal_name", email),
        "mail": email,
        "employeeId": person.get("employee_no"),
        "jobTitle": person.get("title"),
        "department": person.get("department"),
    }


def device(seed: Mapping[str, Any], owner: Row, now: datetime) -> Row:
    """What Graph shows of a device, and how the device itself behaves."""
    serial, platform = seed["serial"], seed.get("platform", "macOS")
    windows = platform.casefold() == "windows"
    entra_id = str(uuid.uuid5(NAMESPACE, f"entra {serial}"))
    row = {
        "id": str(uuid.uuid5(NAMESPACE, f"intune {serial}")),
        "deviceName": seed.get("name", serial),
        "serialNumber": serial,
        "operatingSystem": platform,
        "azureADDeviceId": entra_id,
        "isEncrypted": bool(seed.get("encrypted", True)),
        "complianceState": "compliant",
        "managementState": "managed",
        "managedDeviceOwnerType": "company",
        "enrolledDateTime": stamp(now - timedelta(days=400)),
        "lastSyncDateTime": stamp(now - timedelta(hours=2)),
        "deviceActionResults": [],
        **owned_by(owner),
    }
    escrowed = windows and seed.get("escrowed", True)
    return {
        "row": row,
        "protection": _protection_of(seed, row["id"], now) if windows else None,
        "keys": [_key(serial, entra_id, now)] if escrowed else [],
        "online": bool(seed.get("online", True)),
        "check_in_after_s": seed.get("check_in_after_s"),
        "lock": seed.get("lock", "done" if platform.casefold() in LOCKABLE else "notSupported"),
    }


def owned_by(owner: Row) -> Row:
    """What a device says of its primary user."""
    return {
        "userId": owner["id"],
        "userPrincipalName": owner["userPrincipalName"],
        "emailAddress": owner["mail"],
        "userDisplayName": owner["displayName"],
    }


def _protection_of(seed: Mapping[str, Any], row_id: str, now: datetime) -> Row:
    on = bool(seed.get("antivirus_on", True))
    return {
        "id": row_id,
        "malwareProtectionEnabled": on,
        "realTimeProtectionEnabled": on,
        "signatureUpdateOverdue": not seed.get("antivirus_up_to_date", True),
        "lastReportedDateTime": stamp(now - timedelta(hours=2)),
    }


def _key(serial: str, entra_id: str, now: datetime) -> Row:
    return {
        "id": str(uuid.uuid5(NAMESPACE, f"key {serial}")),
        "createdDateTime": stamp(now - timedelta(days=400)),
        "volumeType": "operatingSystemVolume",
        "deviceId": entra_id,
    }


def order(made: Row, now: datetime) -> None:
    """Queue a lock."""
    result: Row = {
        "actionName": "remoteLock",
        "actionState": "pending",
        "startDateTime": stamp(now),
        "lastUpdatedDateTime": stamp(now),
    }
    row = made["row"]
    if row["operatingSystem"].casefold() == "macos":
        # A Mac is opened again with a PIN that is shown for a while and then never again.
        pin = (
            int(hashlib.sha256((row["serialNumber"] + result["startDateTime"]).encode()).hexdigest()[:8], 16)
            % 1_000_000
        )
        result |= {"@odata.type": "#microsoft.graph.remoteLockActionResult", "unlockPin": f"{pin:06d}"}
    row["deviceActionResults"].append(result)


def stamp(at: datetime) -> str:
    """A time as Graph writes it."""
    return at.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
