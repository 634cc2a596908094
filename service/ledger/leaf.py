"""The bytes of an entry: canonical JSON, written once and never serialised again.

Keys sorted by code point, no spaces, UTF-8, no floats, integers that every JSON reader keeps exact.
"""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from importlib import import_module
from typing import Any, Final

from service import __version__
from service.ledger.errors import EntryRefused

Json = Any  # what a caller wants recorded; looked through here before it is written

VERSION = 1
MAX_LEAF_BYTES = 64 * 1024
MAX_DEPTH = 32
MAX_INT = 2**53 - 1  # beyond it, readers that know doubles only would show another number

#: What is JSON's own as it is.
_EXACT: Final = frozenset({str, bool, type(None)})

_encode = json.JSONEncoder(
    ensure_ascii=False, allow_nan=False, sort_keys=True, separators=(",", ":"), check_circular=False
).encode


def canonical(content: Mapping[str, Json]) -> bytes:
    """The exact bytes. Raises `EntryRefused` for whatever has no single exact form."""
    try:
        leaf = _encode(_plain(content, "entry", 0)).encode("utf-8")
    except UnicodeEncodeError as error:
        raise EntryRefused(
            "An entry holds half of a surrogate pair. Refuse such text at the door."
        ) from error
    if len(leaf) > MAX_LEAF_BYTES:
        raise EntryRefused(
            f"An entry would be {len(leaf)} bytes, more than {MAX_LEAF_BYTES}. "
            "Keep the detail elsewhere and record its SHA-256."
        )
    return leaf


def stamp(at: datetime) -> str:
    """A moment as entries write it: UTC, microseconds, Z."""
    if at.tzinfo is None:
        raise EntryRefused("An entry's time has no zone.")
    return at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


def app_version() -> str:
    """The version of the service that writes."""
    return __version__


@cache
def zone_data_version() -> str:
    """The edition of the bundled time zone data (`2026f`)."""
    return str(import_module("tzdata").IANA_VERSION)


def _plain(value: Json, where: str, depth: int) -> Json:
    """The same value in JSON's own types; `where` goes into the message, never the value."""
    kind = type(value)
    if kind in _EXACT:
        return value
    if depth > MAX_DEPTH:
        raise EntryRefused(f"{where} is nested deeper than {MAX_DEPTH}.")
    if kind is int and -MAX_INT <= value <= MAX_INT:
        return value
    if kind is dict or isinstance(value, Mapping):
        return {
            key if type(key) is str else _key(key, where): item
            if type(item) in _EXACT
            else _plain(item, f"{where}.{key}", depth + 1)
            for key, item in value.items()
        }
    if isinstance(value, list | tuple):
        return [item if type(item) in _EXACT else _plain(item, f"{where}[]", depth + 1) for item in value]
    if isinstance(value, str):  # an enum
        return str.__str__(value)
    if isinstance(value, int) and abs(value) <= MAX_INT:
        return int(value)
    raise EntryRefused(
        f"{where} is a {kind.__name__} that an entry cannot hold exactly. Write it as a string or an integer."
    )


def _key(key: object, where: str) -> str:
    if not isinstance(key, str):
        raise EntryRefused(f"{where} has a key that is a {type(key).__name__}, not a string.")
    return str.__str__(key)
