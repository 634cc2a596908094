"""One file per log format, found by name: `salesforce.event_log_file` is `salesforce_event_log_file.py`.

A format module offers `read(files) -> list[Activity]` for all files of one connector, format and day, so that
lines that describe the same act can be joined.
"""

import importlib
import importlib.util
from collections.abc import Sequence
from dataclasses import dataclass

from service.snapshot.activity import Activity


@dataclass(frozen=True, slots=True, kw_only=True)
class LogFile:
    """One log as collected: the source's name of it, its bytes, and their SHA-256."""

    kind: str
    body: bytes
    sha256: str


class Unreadable(ValueError):  # noqa: N818  the word is the error
    """A log is not what its format says. The raw bytes are kept; the day is a gap."""


def read(format_name: str, files: Sequence[LogFile]) -> list[Activity]:
    """Parse a day's files of one format. Raises `Unreadable`. A format without a parser yields nothing."""
    if not has_parser(format_name):
        return []
    parsed: list[Activity] = importlib.import_module(_module(format_name)).read(files)
    return parsed


def has_parser(format_name: str) -> bool:
    """Whether activities are read from this format; some logs only count or cover."""
    return importlib.util.find_spec(_module(format_name)) is not None


def _module(format_name: str) -> str:
    return f"{__name__}.{format_name.replace('.', '_')}"
