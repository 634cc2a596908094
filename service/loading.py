"""What a process of ours does without, though it is installed."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def without(name: str) -> Iterator[None]:
    """Whoever asks for this package meanwhile hears that it is not installed; for imports that can do without.

    None in `sys.modules` is Python's own way to say so, though the table's type does not know it. What somebody has
    loaded already stays.
    """
    if name in sys.modules:
        yield
        return
    sys.modules[name] = None  # type: ignore[assignment]
    try:
        yield
    finally:
        del sys.modules[name]
