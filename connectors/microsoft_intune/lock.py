"""Read what became of the order to lock a device."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from connectors.sdk.types import Evidence, Json, Proof

ACTION: Final = "remoteLock"

#: After-care looks back 30 days; a lock older than this may have been opened long before this departure.
LOCK_COUNTS_FOR: Final = timedelta(days=45)

#: A failure this young is the answer to our own order: ordering again at once only fails again.
FAILURE_IS_FRESH: Final = timedelta(minutes=10)


class ActionState(StrEnum):
    """`microsoft.graph.actionState`: how far a device has come with an order."""

    NONE = "none"
    PENDING = "pending"
    CANCELED = "canceled"
    ACTIVE = "active"
    DONE = "done"
    FAILED = "failed"
    NOT_SUPPORTED = "notSupported"


FIXES: Final = {
    ActionState.FAILED: (
        "Check that the device has a passcode; a Mac that is already locked fails until its recovery PIN was "
        "used. Then order the lock again, or collect the device."
    ),
    ActionState.NOT_SUPPORTED: (
        "Intune locks macOS, iOS, iPadOS and Android, not Windows. "
        "Disable the device in Entra, end its sessions and collect it."
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class LockOrder:
    """The newest order to lock one device, as Intune tells it.

    `unlock_pin` opens a locked Mac. It is a secret and never part of evidence.
    """

    state: ActionState
    ordered_at: datetime | None = None
    updated_at: datetime | None = None
    unlock_pin: str | None = field(default=None, repr=False)

    def is_stale(self, now: datetime) -> bool:
        """Carried out, but so long ago that nobody can say whether the device is still locked."""
        return self.state is ActionState.DONE and (
            self.ordered_at is None or now - self.ordered_at > LOCK_COUNTS_FOR
        )

    def just_failed(self, now: datetime) -> bool:
        """Failed a moment ago."""
        seen = self.updated_at or self.ordered_at
        return self.state is ActionState.FAILED and seen is not None and now - seen < FAILURE_IS_FRESH

    def evidence(self, now: datetime) -> Evidence:
        """What this order says of the claim that the device is locked."""
        return Evidence(
            kind="device lock",
            proof=self._proof(now),
            how="device action result read",
            observed_at=now,
            body=self._body(now),
        )

    def _proof(self, now: datetime) -> Proof:
        match self.state:
            case ActionState.DONE if self.is_stale(now):
                return Proof.UNPROVABLE
            case ActionState.DONE:
                return Proof.PROVEN
            case ActionState.PENDING | ActionState.ACTIVE:
                return Proof.PENDING
            case _:
                return Proof.CONTRADICTED

    def _body(self, now: datetime) -> Mapping[str, Json]:
        body: dict[str, Json] = {"action": ACTION, "state": self.state.value}
        if self.ordered_at:
            body["ordered_at"] = self.ordered_at.isoformat()
        if self.updated_at:
            body["updated_at"] = self.updated_at.isoformat()
        if self.state in FIXES:
            body["reason"] = FIXES[self.state]
        if self.is_stale(now):
            body["reason"] = (
                "The lock is older than the departure can be; the device may have been unlocked since."
            )
        return body


def newest_lock(device: Mapping[str, Any]) -> LockOrder:
    """The newest lock order among a managed device's `deviceActionResults`."""
    results = [row for row in device.get("deviceActionResults") or () if row.get("actionName") == ACTION]
    if not results:
        return LockOrder(state=ActionState.NONE)
    newest = max(
        results, key=lambda row: instant(row.get("startDateTime")) or datetime.min.replace(tzinfo=UTC)
    )
    return LockOrder(
        state=_state(newest.get("actionState")),
        ordered_at=instant(newest.get("startDateTime")),
        updated_at=instant(newest.get("lastUpdatedDateTime")),
        unlock_pin=newest.get("unlockPin") or None,
    )


def instant(text: object) -> datetime | None:
    """A time as Graph writes it; its year 1 means never."""
    if not isinstance(text, str):
        return None
    try:
        seen = datetime.fromisoformat(text)
    except ValueError:
        return None
    if seen.year == 1 or seen.tzinfo is None:
        return None
    return seen.astimezone(UTC)


def _state(text: object) -> ActionState:
    # An unknown word must not pass for a lock, nor for "nothing was ordered", which would order again.
    try:
        return ActionState(str(text))
    except ValueError:
        return ActionState.ACTIVE
