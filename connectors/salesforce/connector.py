"""Salesforce users: found, frozen, signed out, deactivated, read back; and what was logged of them."""

from collections.abc import Iterator, Mapping
from typing import Self

from connectors.salesforce import accounts, changes, logs, proofs, revokes, rights
from connectors.salesforce.api import Api
from connectors.salesforce.config import read_config
from connectors.sdk.context import Context, Secret
from connectors.sdk.types import (
    Account,
    AccountState,
    CoverageDay,
    Difference,
    Evidence,
    Expectation,
    Health,
    Outcome,
    Person,
    RawLog,
    Receipt,
    Target,
    Window,
)


class SalesforceConnector:
    """One org. Disabling is freezing: at once, reversible, and never refused for what the user owns."""

    name = "salesforce"

    def __init__(self, api: Api) -> None:
        self._api = api

    @classmethod
    def from_settings(cls, settings: Mapping[str, str | Secret], context: Context) -> Self:
        """Make one. Raises `ConfigError` when a setting is missing or cannot be right."""
        return cls(Api(read_config(settings), context))

    def sign_in(self) -> None:
        """Have the session that all connectors of the process share."""
        self._api.sign_in()

    def find_accounts(self, person: Person) -> Iterator[Account]:
        """Every standard user on which any identifier of the person is found, whatever its status."""
        return accounts.find(self._api, person)

    def list_accounts(self) -> Iterator[Account]:
        """Every standard user."""
        return accounts.everyone(self._api)

    def read(self, account: Account) -> AccountState:
        """The user, whether it is frozen, its permission sets and groups."""
        return accounts.read(self._api, account)

    def disable_account(self, account: Account) -> Outcome:
        """Freeze the user."""
        return changes.freeze(self._api, account)

    def reads_along(self, action: str, account: Account) -> bool:
        """Freezing does where the roster knows the login's id, unless all was read when the user was looked up."""
        known = accounts.LOGIN in account.refs and not self._api.has_just_found(account)
        return known and action == "disable_account"

    def deactivate_account(self, account: Account) -> Outcome:
        """End the user for good. Refused while the org still needs it; the freeze then stays."""
        return changes.deactivate(self._api, account)

    def restore_account(self, account: Account, receipt: Receipt) -> Outcome:
        """Put back exactly what the receipt says we changed."""
        return changes.restore(self._api, account, receipt)

    def compare(self, account: Account, receipt: Receipt) -> tuple[Difference, ...]:
        """What the receipt names, beside what the records hold now."""
        return tuple(changes.compare(self._api, account, receipt))

    def receipt_of(self, action: str, image: AccountState) -> Receipt:
        """The receipt of an action whose answer was lost."""
        return changes.receipt_of(action, image)

    def changed_by_us(self, account: Account, receipt: Receipt) -> bool:
        """By who modified the records last."""
        return changes.changed_by_us(self._api, account, receipt)

    def finishes(self, action: str) -> bool:
        """These look before they change, and say what stays open."""
        return action in {"disable_account", "revoke_sessions", "revoke_tokens"}

    def revoke_sessions(self, account: Account) -> Outcome:
        """End every session."""
        return revokes.sessions(self._api, account)

    def revoke_tokens(self, account: Account) -> Outcome:
        """Revoke every OAuth token."""
        return revokes.tokens(self._api, account)

    def collect_logs(self, window: Window) -> Iterator[RawLog | CoverageDay]:
        """Event log files, login history and record counts, then their coverage."""
        return logs.collect(self._api, window)

    def verify(self, target: Target, expectation: Expectation) -> tuple[Evidence, ...]:
        """Read back by query and by login history."""
        return proofs.verify(self._api, target, expectation)

    def check(self) -> Health:
        """Our own rights, whether logs are licensed, and who may export."""
        return Health(checks=tuple(rights.checks(self._api)))
