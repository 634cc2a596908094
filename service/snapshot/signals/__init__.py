"""One file per signal, found by folder: each looks at a leaver's activities for one pattern.

A signal module offers `ID`, `TITLE`, `WEIGHT` and `look(desk) -> Finding | None`. Its SQL is printed with its
finding, so that an expert can run it again.
"""

import importlib
import math
import pkgutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from types import ModuleType
from typing import Any

#: What `evidence` may reach at most.
MOST = 4.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What a signal found. `evidence` is 0 to 4; `points` are evidence times the signal's weight."""

    signal: str
    title: str
    evidence: float
    points: float
    said: str
    days: tuple[date, ...] = ()
    sql: str = ""


def evidence(most: float, own: float, floor: float) -> float:
    """How many doublings the review's highest stands above the leaver's own highest before, clipped to 0..4.

    `floor` is what one harmless action costs: it stops 1 against 0 from becoming infinite. Colleagues are not
    compared yet, so this is the leaver's own past only.
    """
    return min(MOST, max(0.0, math.log2((most + floor) / (own + floor))))


def counted(number: int, one: str, several: str) -> str:
    """`1 export`, `3 exports`, `20,447 records`."""
    return f"{number:,} {one if number == 1 else several}"


def every() -> Iterator[ModuleType]:
    """All signals, by name."""
    for found in sorted(pkgutil.iter_modules(__path__), key=lambda module: module.name):
        yield importlib.import_module(f"{__name__}.{found.name}")


Row = tuple[Any, ...]
