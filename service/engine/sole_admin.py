"""The last look before a step that would leave a target system without anybody who administers it.

A roster may be a night old; the system itself is asked, and only where the account is said to administer it.
"""

from collections.abc import Callable
from typing import Final

from connectors.sdk.capabilities import ListsAccounts
from connectors.sdk.errors import Unsafe
from connectors.sdk.manifest import ActionSpec
from connectors.sdk.types import Account, AccountStatus, Expectation, Target
from service.engine.order import Order

#: What an account administers nothing after.
TAKES_AWAY: Final = (Expectation.DISABLED, Expectation.DEACTIVATED, Expectation.NO_ENTITLEMENTS)


def stays_administered(order: Order, spec: ActionSpec, target: Target, opened: Callable[[], object]) -> None:
    """Raises `Unsafe` where nobody else could administer the target system; then nothing was changed.

    Args:
        opened: Gives the connector for reading only.
    """
    if not (isinstance(target, Account) and target.admin and spec.expects in TAKES_AWAY):
        return
    reader = opened()
    if not isinstance(reader, ListsAccounts):
        return
    mine = {account.id for account in order.links} | {target.id}
    held = False
    for account in reader.list_accounts():
        administers = account.admin and account.status is not AccountStatus.DISABLED
        if administers and account.id not in mine | order.also_leaving:
            return
        held |= account.id == target.id and (
            account.admin is False or account.status is AccountStatus.DISABLED
        )
    if held:  # it administers nothing any more: there is nothing to take away
        return
    raise Unsafe(
        f"{target.label} is the last account that administers {order.connector}, as the system itself says. "
        "It was not changed.",
        hint="Give somebody else the rights there and try again, or shut it by hand and confirm that.",
    )
