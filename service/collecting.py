"""How a process that acts for long collects what nobody refers to any more."""

import gc
from typing import Final

#: New objects before a collection, of the youngest, the middle and the oldest. By Python's own numbers (700, 10, 10)
#: a fifth of the engine's time goes into looking at rows that were let go already.
THRESHOLDS: Final = (5_000, 20, 50)


def collect_rarely() -> None:
    """Collect by our numbers from now on."""
    gc.set_threshold(*THRESHOLDS)


def keep_what_is_loaded() -> None:
    """Leave what has been loaded out of every later collection, and collect rarely. Once, before acting."""
    gc.freeze()
    collect_rarely()
