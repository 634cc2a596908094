"""JSON from strangers: one strict reading of the bytes, and one error.

Python's own parser takes duplicate keys (the last one wins), NaN, 1e999, lone surrogates and NUL, and dies of
deep nesting with an error that is no `ValueError`. Databases refuse some of it later, which would be our 500.
"""

import json
import re
from collections.abc import Collection, Iterable
from typing import Any, Final

from connectors.sdk.types import Json

MEBIBYTE: Final = 1024 * 1024
LARGEST_INTEGER: Final = 2**63 - 1

# The closing quote is optional: a text that never ends is passed over once, not once from each quote in it.
_TOKEN: Final = re.compile(r'"(?:[^"\\]++|\\.)*+"?|[\[\]{}]', re.DOTALL)
_FORBIDDEN: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff]")
_INTEGER_DIGITS: Final = 20
_FLOAT_DIGITS: Final = 64


class BadBody(ValueError):  # noqa: N818  # the word is the error
    """The bytes are not JSON as we take it. `reason` quotes nothing of them."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def parse(raw: bytes, *, max_bytes: int = MEBIBYTE, max_depth: int = 32, max_members: int = 500) -> Json:
    """Read a JSON document. Raises `BadBody` and nothing else.

    Args:
        raw: The bytes as received.
        max_bytes: Longest document.
        max_depth: Deepest nesting, counted before the recursive parser sees the document.
        max_members: Most members of one object, and most items of one list.
    """
    if len(raw) > max_bytes:
        raise BadBody(f"it is longer than {max_bytes} bytes")
    text = _text(raw)
    _check_depth(text, max_depth)
    reading = _Reading(max_members)
    try:
        document = json.loads(
            text,
            object_pairs_hook=reading.members,
            parse_int=_integer,
            parse_float=_float,
            parse_constant=_constant,
        )
    except BadBody:
        raise
    except ValueError as error:
        where = f" at character {error.pos}" if isinstance(error, json.JSONDecodeError) else ""
        raise BadBody(f"it is not JSON{where}") from None
    reading.check(document)
    return document


def _text(raw: bytes) -> str:
    if raw.startswith((b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")):
        raise BadBody("it begins with a byte order mark")
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise BadBody(f"it is not UTF-8 at byte {error.start}") from None


def _check_depth(text: str, deepest: int) -> None:
    if text.count("[") + text.count("{") <= deepest:
        return
    depth = 0
    for token in _TOKEN.finditer(text):
        mark = token.group()
        if mark in "[{":
            depth += 1
        elif mark in "]}":
            depth -= 1
        if depth > deepest:
            raise BadBody(f"it is nested deeper than {deepest}")


class _Reading:
    """What json.loads does not look at."""

    def __init__(self, most: int) -> None:
        self._most = most

    def members(self, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        if len(pairs) > self._most:
            raise BadBody(f"an object has more than {self._most} members")
        found = dict(pairs)
        if len(found) != len(pairs):
            raise BadBody("an object has the same key twice")
        _check_strings(found)
        self._check_all(found.values())
        return found

    def check(self, value: Json) -> None:
        """Objects were checked as they closed; what is left is the outermost value, and lists in lists."""
        if isinstance(value, str):
            _check_strings([value])
        elif isinstance(value, list):
            if len(value) > self._most:
                raise BadBody(f"a list has more than {self._most} items")
            self._check_all(value)

    def _check_all(self, values: Collection[Json]) -> None:
        _check_strings(value for value in values if isinstance(value, str))
        for value in values:
            if isinstance(value, list):
                self.check(value)


def _check_strings(strings: Iterable[str]) -> None:
    if _FORBIDDEN.search("".join(strings)):
        raise BadBody("a text holds a control character or half a character")


def _integer(digits: str) -> int:
    if len(digits) > _INTEGER_DIGITS or abs(int(digits)) > LARGEST_INTEGER:
        raise BadBody("a number is too large")
    return int(digits)


def _float(digits: str) -> float:
    if len(digits) > _FLOAT_DIGITS or abs(float(digits)) == float("inf"):
        raise BadBody("a number is too large")
    return float(digits)


def _constant(_: str) -> float:
    raise BadBody("NaN and Infinity are not JSON")
