"""What restoring needs, kept over several tries of one step."""

import json
from datetime import UTC, datetime

from connectors.sdk.types import Account, AccountState, Receipt
from service.engine import sealed
from service.ledger.keys import Keys

ACCOUNT = Account(connector="chaos", id="acc-1", label="mike")
CHANGED = Receipt(before={"changed": True, "active": True})
NOTHING_CHANGED = Receipt(before={"changed": False})


def state(*, active: bool) -> AccountState:
    read_at = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
    return AccountState(account=ACCOUNT, read_at=read_at, attributes={"active": active})


def kept(keys: Keys, *receipts: Receipt) -> tuple[Receipt, ...]:
    blob: bytes | None = None
    for receipt in receipts:
        blob = sealed.seal_receipts(keys, blob, {ACCOUNT.id: receipt})
    return sealed.open_receipts(keys, blob)[ACCOUNT.id]


def test_of_an_account_the_first_image_stays_whatever_is_read_later(keys: Keys) -> None:
    first = sealed.seal_before(keys, None, state(active=True))

    both = sealed.seal_before(keys, first, state(active=False))

    assert sealed.images_of(keys, both, "chaos")[ACCOUNT.id].attributes == {"active": True}


def test_the_receipt_of_the_attempt_that_changed_something_stays(keys: Keys) -> None:
    assert kept(keys, CHANGED, NOTHING_CHANGED) == (CHANGED,)
    assert kept(keys, NOTHING_CHANGED, CHANGED) == (CHANGED,)


def test_of_two_attempts_that_each_did_a_part_both_receipts_stay(keys: Keys) -> None:
    rest = Receipt(before={"changed": True, "group": "vpn"})

    assert kept(keys, CHANGED, rest, CHANGED) == (CHANGED, rest)


def test_a_receipt_that_was_kept_when_there_was_one_alone_is_still_read(keys: Keys) -> None:
    older = json.dumps({ACCOUNT.id: {"before": {"active": True}, "sealed": {}}}).encode()

    assert sealed.open_receipts(keys, keys.seal(older, sealed.RECEIPTS)) == {
        ACCOUNT.id: (Receipt(before={"active": True}),)
    }
