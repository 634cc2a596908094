"""What a connector can do. It has a capability when it has the method; there is no base class to inherit."""

from collections.abc import Iterator, Mapping
from typing import Protocol, Self, runtime_checkable

from connectors.sdk.context import Context, Secret
from connectors.sdk.types import (
    Account,
    AccountState,
    CoverageDay,
    Device,
    Difference,
    Evidence,
    Expectation,
    Health,
    Outcome,
    Person,
    Posture,
    RawLog,
    Receipt,
    Target,
    Window,
)


class Connector(Protocol):
    """What every connector is: a name, and a way to be made from settings without any call going out."""

    name: str

    @classmethod
    def from_settings(cls, settings: Mapping[str, str | Secret], context: Context) -> Self:
        """Make one. Raises `ConfigError` when a setting is missing or cannot be right."""
        ...


@runtime_checkable
class FindsAccounts(Protocol):
    """Finds the accounts that may be a person's; which of them is theirs is decided by matching."""

    def find_accounts(self, person: Person) -> Iterator[Account]:
        """Yield every account that holds any identifier of the person, whatever its status, once each."""
        ...


@runtime_checkable
class ListsAccounts(Protocol):
    """Lists every account, for rosters and orphans."""

    def list_accounts(self) -> Iterator[Account]:
        """Yield every account with its identifiers and creation time."""
        ...


@runtime_checkable
class ReadsState(Protocol):
    """Reads enough of an account to restore it."""

    def read(self, account: Account) -> AccountState:
        """The before-image. Raises `NotFound` when the account is gone."""
        ...


@runtime_checkable
class ReadsAlong(Protocol):
    """Reads how an account was with the very call that changes it: the target reads before it changes."""

    def reads_along(self, action: str, account: Account) -> bool:
        """Whether this action's outcome will hold the before-image. Else `read` is called before it."""
        ...


@runtime_checkable
class DisablesAccounts(Protocol):
    """Can shut a login so that it opens nothing any more."""

    def disable_account(self, account: Account) -> Outcome:
        """Shut the login, reversibly. Calling it again changes nothing."""
        ...


@runtime_checkable
class RestoresAccounts(Protocol):
    """Can undo what it changed itself, and say beforehand what that would be."""

    def restore_account(self, account: Account, receipt: Receipt) -> Outcome:
        """Put back exactly what the receipt says we changed. Never opens what was shut before us."""
        ...

    def compare(self, account: Account, receipt: Receipt) -> tuple[Difference, ...]:
        """Each thing the receipt says we changed, beside what holds now. Reads only; empty: we changed nothing."""
        ...

    def receipt_of(self, action: str, image: AccountState) -> Receipt:
        """The receipt of an action whose answer was lost, made from the before-image.

        Asked of a connector opened under the idempotency key of the step that acted.
        """
        ...


@runtime_checkable
class TellsWhoChanged(Protocol):
    """Can tell by the target system itself, such as by a mark or by who modified a record last, who changed it."""

    def changed_by_us(self, account: Account, receipt: Receipt) -> bool:
        """Whether it is certain that what a receipt names was changed by us, and by nobody else since.

        Asked where an answer was lost, of a connector opened under the idempotency key of the step that acted.
        Where it says no, or a connector does not know, the account stays as it is and a person decides.
        """
        ...


@runtime_checkable
class FinishesActions(Protocol):
    """Can be called again after a lost answer: it does what is missing, and says again what stays open."""

    def finishes(self, action: str) -> bool:
        """Whether that holds of this action. Else what reads back as it should be is taken for done."""
        ...


@runtime_checkable
class DeactivatesAccounts(Protocol):
    """Can end an account for good, after it was disabled."""

    def deactivate_account(self, account: Account) -> Outcome:
        """End the account. Calling it again changes nothing."""
        ...


@runtime_checkable
class RevokesSessions(Protocol):
    """Can end what is signed in now."""

    def revoke_sessions(self, account: Account) -> Outcome:
        """End every live session."""
        ...


@runtime_checkable
class RevokesTokens(Protocol):
    """Can end tokens and keys that work without a password."""

    def revoke_tokens(self, account: Account) -> Outcome:
        """End every token the account issued or holds."""
        ...


@runtime_checkable
class RemovesEntitlements(Protocol):
    """Can take groups and roles away, keeping their names for restoring."""

    def remove_entitlements(self, account: Account) -> Outcome:
        """Remove every removable entitlement; the receipt lists them by identifier."""
        ...


@runtime_checkable
class ManagesDevices(Protocol):
    """Knows a person's devices and can order things of them."""

    def devices(self, person: Person) -> Iterator[Device]:
        """Yield the devices assigned to the person, matched by exact identifier."""
        ...

    def posture(self, device: Device) -> Posture:
        """Encryption, antivirus, last check-in, as last reported."""
        ...

    def lock_device(self, device: Device) -> Outcome:
        """Order a lock. Pending until the device answers; an order already queued is not repeated."""
        ...


@runtime_checkable
class HandsOverLogs(Protocol):
    """Hands over activity logs of the whole tenant, raw."""

    def collect_logs(self, window: Window) -> Iterator[RawLog | CoverageDay]:
        """Yield every log of the window as it arrives, then one `CoverageDay` per kind and day."""
        ...


@runtime_checkable
class Verifies(Protocol):
    """Reads the target system back, by other calls than the write used."""

    def verify(self, target: Target, expectation: Expectation) -> tuple[Evidence, ...]:
        """Prove, contradict, or say that it cannot be known. Changes nothing."""
        ...


@runtime_checkable
class SignsIn(Protocol):
    """Signs in with a token that outlives one use, so that no leaver waits for it."""

    def sign_in(self) -> None:
        """Have a token that lasts. Calls out only when there is none."""
        ...


@runtime_checkable
class ChecksItself(Protocol):
    """Looks at its own access without changing anything."""

    def check(self) -> Health:
        """Name each missing right with the exact fix."""
        ...


#: Method names that are capabilities; a manifest's actions are held equal to the ones a connector has.
CAPABILITIES = (
    "find_accounts",
    "list_accounts",
    "read",
    "disable_account",
    "restore_account",
    "deactivate_account",
    "revoke_sessions",
    "revoke_tokens",
    "remove_entitlements",
    "devices",
    "posture",
    "lock_device",
    "collect_logs",
    "verify",
    "check",
)
