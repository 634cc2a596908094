"""A connector's settings, read once: they do not change while the service runs, and a leaver opens ten connectors."""

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import TypeVar

from connectors.sdk.context import Secret

T = TypeVar("T")
Given = Mapping[str, str | Secret]


def read_once(read: Callable[[Given], T]) -> Callable[[Given], T]:
    """The same reading, done once for the same settings. It must return what is frozen; no error is kept."""

    @lru_cache(maxsize=16)
    def kept(given: frozenset[tuple[str, str | Secret]]) -> T:
        return read(dict(given))

    return lambda given: kept(frozenset(given.items()))
