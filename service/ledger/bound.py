"""The keys this process appends with. Bound once at start; without them nothing may be done."""

from service.ledger.errors import NotBound
from service.ledger.keys import Keys

_KEYS: list[Keys] = []


def bind(keys: Keys | None) -> None:
    """Hand the keys to this process; `None` takes them away again."""
    _KEYS[:] = [keys] if keys else []


def bound() -> Keys:
    """The keys. Raises `NotBound` without: no ledger, no effect."""
    if not _KEYS:
        raise NotBound(
            "No keys are bound, so nothing can be recorded and nothing may be done. Run: exeunt init"
        )
    return _KEYS[0]
