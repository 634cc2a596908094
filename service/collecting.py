"""How a process that acts for long keeps small: what nobody refers to is collected, what is free is used again."""

import ctypes
import gc
import sys
from typing import Final

#: New objects before a collection, of the youngest, the middle and the oldest. By Python's own numbers (700, 10, 10)
#: a fifth of the engine's time goes into looking at rows that were let go already.
THRESHOLDS: Final = (5_000, 20, 50)
#: glibc's number, in malloc.h, for how many heaps there may be.
M_ARENA_MAX: Final = -8


def collect_rarely() -> None:
    """Collect by our numbers from now on."""
    gc.set_threshold(*THRESHOLDS)


def keep_what_is_loaded() -> None:
    """Leave what has been loaded out of every later collection, and collect rarely. Once, before acting."""
    gc.freeze()
    collect_rarely()
    share_one_heap()


def share_one_heap() -> None:
    """Let threads use what others have freed. Before there are many; only glibc needs to be told.

    It keeps a heap for each of up to eight threads a core, and every one grows to its own largest moment. Python lets
    one thread at a time allocate anyway.
    """
    _tell("mallopt", M_ARENA_MAX, 1)


def give_back() -> None:
    """Return to the machine what is free already. Once, when everything is loaded: reading modules leaves holes.

    Where each start compiles them, because it may not keep bytecode, that is 2.5 MB.
    """
    _tell("malloc_trim", 0)


def _tell(name: str, *words: int) -> None:
    """Call a function that only glibc has."""
    if sys.platform == "linux" and hasattr(libc := ctypes.CDLL(None), name):
        getattr(libc, name)(*words)
