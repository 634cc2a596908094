"""Before-images and receipts as they lie in the database: sealed, because they may hold password hashes."""

import json
from base64 import b64decode, b64encode
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from connectors.sdk.types import Account, AccountState, Receipt
from service.ledger.keys import Keys

BEFORE = "exeunt.before-image"
RECEIPTS = "exeunt.receipts"
#: When an image was read that does not say so.
LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


def seal_before(keys: Keys, known: bytes | None, state: AccountState) -> bytes:
    """Add one account's before-image to those already kept; the first image of an account stays."""
    images = open_before(keys, known)
    image = {
        "label": state.account.label,
        "read_at": state.read_at.isoformat(),
        "attributes": dict(state.attributes),
        "sealed": _packed(state.sealed),
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
    """Keep what restoring needs. The receipt of the attempt that changed something is never overwritten."""
    kept = {account: _as_json(receipt) for account, receipt in open_receipts(keys, known).items()}
    for account, receipt in receipts.items():
        if account not in kept or kept[account]["before"].get("changed") is False:
            kept[account] = _as_json(receipt)
    return keys.seal(json.dumps(kept, sort_keys=True).encode(), RECEIPTS) if kept else None


def open_receipts(keys: Keys, blob: bytes | None) -> dict[str, Receipt]:
    """The receipts by account id."""
    if blob is None:
        return {}
    return {
        account: Receipt(before=body["before"], sealed=_unpacked(body["sealed"]))
        for account, body in json.loads(keys.open(blob, RECEIPTS)).items()
    }


def _as_json(receipt: Receipt) -> dict[str, Any]:
    return {"before": dict(receipt.before), "sealed": _packed(receipt.sealed)}


def _packed(sealed: Mapping[str, tuple[bytes, ...]]) -> dict[str, list[str]]:
    return {name: [b64encode(value).decode() for value in values] for name, values in sealed.items()}


def _unpacked(packed: Mapping[str, list[str]]) -> dict[str, tuple[bytes, ...]]:
    return {name: tuple(b64decode(value) for value in values) for name, values in packed.items()}
