"""What a step of ours changed, beside what holds now; and who changed it, where an answer was lost.

A receipt says what we changed. Of a try that may have taken effect and whose answer was lost there is none: the
before-image says how it was, and the target system itself has to say who changed it since. Where it does not,
somebody else may have shut the account in between, so it stays as it is and a person decides. What no try of ours can
have changed is somebody else's, whatever the image says.

So it is with a login that an earlier try of the way back may have opened: found shut, somebody else may have shut it.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final, NamedTuple

from connectors.sdk.capabilities import RestoresAccounts, TellsWhoChanged
from connectors.sdk.types import Account, AccountState, Difference, Receipt, Since

#: What shuts a login. Who took somebody out of a group, or a right away, target systems do not say.
SHUTS: Final = frozenset({"disable_account", "deactivate_account"})


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptAccount:
    """What is kept of one account: the receipts of changes, the oldest first, and the before-image.

    `touched`: a try may have changed it, and what that was nobody answered.
    """

    account: Account
    image: AccountState | None
    receipts: tuple[Receipt, ...] = ()
    touched: bool = False


class Differs(NamedTuple):
    """What is to be put back, the newest change first, and each thing of it as it was, as we left it, as it is."""

    receipts: tuple[Receipt, ...]
    found: tuple[Difference, ...]


def difference(reader: RestoresAccounts, action: str, one: KeptAccount) -> Differs:
    """What we changed of an account, beside what holds now.

    Args:
        reader: Opened under the idempotency key of the step that acted; writing is switched off.
        action: What that step did.
    """
    receipts, found = compared(reader, one.account, reversed(one.receipts))
    if not one.touched or one.image is None:
        return Differs(receipts, found)
    made = reader.receipt_of(action, one.image)
    known = {each.what for each in found}
    more = tuple(each for each in reader.compare(one.account, made) if each.what not in known)
    if not more:
        return Differs(receipts, found)
    if any(each.since is Since.AS_LEFT for each in more) and not _is_ours(reader, one.account, made):
        more = _unknown(more)
    return Differs((*receipts, made), (*found, *more))


def doubted(reader: RestoresAccounts, action: str, account: Account, known: Differs) -> Differs:
    """What is found after an earlier try to put it back: a login may have been opened by it, and shut again since."""
    is_shut = action in SHUTS and any(each.since is Since.AS_LEFT for each in known.found)
    if not is_shut or all(_is_ours(reader, account, receipt) for receipt in known.receipts):
        return known
    return Differs(known.receipts, _unknown(known.found))


def _unknown(found: Iterable[Difference]) -> tuple[Difference, ...]:
    """Nobody can say whether what is as we left it is so because of us."""
    return tuple(
        replace(each, since=Since.UNKNOWN) if each.since is Since.AS_LEFT else each for each in found
    )


def compared(reader: RestoresAccounts, account: Account, receipts: Iterable[Receipt]) -> Differs:
    """What receipts name, each thing once: as the first of them that names it says."""
    telling: list[Receipt] = []
    found: dict[str, Difference] = {}
    for receipt in receipts:
        told = {each.what: each for each in reader.compare(account, receipt)}
        if told.keys() - found.keys():
            telling.append(receipt)
            found = told | found
    return Differs(tuple(telling), tuple(found.values()))


def _is_ours(reader: RestoresAccounts, account: Account, made: Receipt) -> bool:
    return isinstance(reader, TellsWhoChanged) and reader.changed_by_us(account, made)
