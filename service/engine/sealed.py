"""Before-images and receipts as they lie in the database: sealed, because they may hold password hashes."""

import json
from base64 import b64decode, b64encode
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from connectors.sdk.types import Account, AccountState, Receipt
from service.ledger.keys import Keys

BEFORE = "exeunt.before-image"
TOUCHED = "touched"
RECEIPTS = "exeunt.receipts"
#: When an image was read that does not say so.
LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


def mark_touched(keys: Keys, known: bytes | None, accounts: Iterable[str]) -> bytes | None:
    """Note of accounts with an image that a try may have changed them without our having learnt what it did."""
    images = open_before(keys, known)
    for account in images.keys() & set(accounts):
        images[account][TOUCHED] = True
    return keys.seal(json.dumps(images, sort_keys=True).encode(), BEFORE) if images else known


def touched_in(keys: Keys, blob: bytes | None) -> dict[str, bool | None]:
    """Whether that was noted, by account id; `None` of an image that is older than such notes."""
    return {account: image.get(TOUCHED) for account, image in open_before(keys, blob).items()}


def seal_before(keys: Keys, known: bytes | None, state: AccountState) -> bytes:
    """Add one account's before-image to those already kept; the first image of an account stays."""
    images = open_before(keys, known)
    image = {
        "label": state.account.label,
        "read_at": state.read_at.isoformat(),
        "attributes": dict(state.attributes),
        "sealed": _packed(state.sealed),
        TOUCHED: False,
    }
    images.setdefault(state.account.id, image)
    return keys.seal(json.dumps(images, sort_keys=True).encode(), BEFORE)


def open_before(keys: Keys, blob: bytes | None) -> dict[str, Any]:
    """The before-images by account id: `attributes` may be shown, `sealed` may not."""
    return {} if blob is None else dict(json.loads(keys.open(blob, BEFORE)))


def images_of(keys: Keys, blob: bytes | None, connector: str) -> dict[str, AccountState]:
    """The before-images whole, secrets included, by account id: for restoring alone."""
    return {
        account: AccountState(
            account=Account(connector=connector, id=account, label=image.get("label", account)),
            read_at=datetime.fromisoformat(image["read_at"]) if "read_at" in image else LONG_AGO,
            attributes=image["attributes"],
            sealed=_unpacked(image["sealed"]),
        )
        for account, image in open_before(keys, blob).items()
    }


def seal_receipts(keys: Keys, known: bytes | None, receipts: Mapping[str, Receipt]) -> bytes | None:
    """Keep what restoring needs: of each account the receipts of all attempts that changed something, in order."""
    kept = {account: list(each) for account, each in open_receipts(keys, known).items()}
    for account, receipt in receipts.items():
        told = kept.setdefault(account, [receipt])
        if not _changes(told[0]) and _changes(receipt):
            told[:] = [receipt]
        elif _changes(receipt) and receipt not in told:
            told.append(receipt)
    rows = {account: [_as_json(receipt) for receipt in told] for account, told in kept.items()}
    return keys.seal(json.dumps(rows, sort_keys=True).encode(), RECEIPTS) if rows else None


def open_receipts(keys: Keys, blob: bytes | None) -> dict[str, tuple[Receipt, ...]]:
    """The receipts by account id, the oldest first."""
    if blob is None:
        return {}
    rows = json.loads(keys.open(blob, RECEIPTS))
    return {
        account: tuple(
            Receipt(before=body["before"], sealed=_unpacked(body["sealed"]))
            for body in (told if isinstance(told, list) else [told])  # one alone, as they were kept once
        )
        for account, told in rows.items()
    }


def _changes(receipt: Receipt) -> bool:
    return receipt.before.get("changed") is not False and bool(receipt.before or receipt.sealed)


def _as_json(receipt: Receipt) -> dict[str, Any]:
    return {"before": dict(receipt.before), "sealed": _packed(receipt.sealed)}


def _packed(sealed: Mapping[str, tuple[bytes, ...]]) -> dict[str, list[str]]:
    return {name: [b64encode(value).decode() for value in values] for name, values in sealed.items()}


def _unpacked(packed: Mapping[str, list[str]]) -> dict[str, tuple[bytes, ...]]:
    return {name: tuple(b64decode(value) for value in values) for name, values in packed.items()}
