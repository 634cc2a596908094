"""Values and ids as SOQL and Salesforce's paths take them, and nothing that is not one."""

import re
import unicodedata
from collections.abc import Iterable
from datetime import UTC, datetime
from functools import lru_cache
from typing import Final

from connectors.sdk.errors import Unsafe

_ID: Final = re.compile(r"[A-Za-z0-9]{15}(?:[A-Za-z0-9]{3})?", re.ASCII)
_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,79}", re.ASCII)
_NEXT_PAGE: Final = re.compile(r"/services/data/v\d{2,3}\.0/query/[A-Za-z0-9]{15,18}-\d{1,9}", re.ASCII)
#: What means itself in a literal: printable, and no quote or backslash.
_PLAIN: Final = re.compile(r"[ !#-&(-\[\]-~]*")
_NOT_TEXT: Final = frozenset({"Cc", "Cs"})  # control characters, lone surrogates
_LONG: Final = 18
_SUFFIX: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"


def literal(value: str) -> str:
    r"""Quote a text so that nothing in it can end the literal.

    Control characters and lone surrogates become `\uXXXX`, which SOQL reads and URLs carry.
    """
    return f"'{value}'" if _PLAIN.fullmatch(value) else "'" + "".join(map(_escaped, value)) + "'"


def literals(values: Iterable[str]) -> str:
    """The list behind `IN`."""
    return "(" + ", ".join(literal(value) for value in values) + ")"


def moment(at: datetime) -> str:
    """A dateTime literal, unquoted, in UTC and whole milliseconds."""
    at = at.astimezone(UTC)
    return f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03d}Z"


@lru_cache(maxsize=4096)
def id18(text: str) -> str:
    """The 18-character form of an id.

    A 15-character id differs only by case from another; the last three letters say which are capitals.
    An 18-character id with a wrong suffix was altered on its way, so it names nobody.
    """
    if not _ID.fullmatch(text):
        raise Unsafe(
            "This is not a Salesforce id.",
            hint="Look the account up again; ids are 15 or 18 letters and digits.",
        )
    full = text[:15] + "".join(_suffix(text[start : start + 5]) for start in (0, 5, 10))
    if len(text) == _LONG and text.upper() != full.upper():
        raise Unsafe(
            "A Salesforce id does not agree with its own check letters.", hint="Look the account up again."
        )
    return full


def name(text: str) -> str:
    """An object's or field's API name, which is never quoted and so must be one."""
    if not _NAME.fullmatch(text):
        raise Unsafe(
            "This is not the API name of a Salesforce object.",
            hint="Write names as in Setup, such as Contact.",
        )
    return text


def next_page(path: str) -> str:
    """The path of the next page, which the server chooses and we follow only within the query resource."""
    if not _NEXT_PAGE.fullmatch(path):
        raise Unsafe(
            "Salesforce named a next page outside the query resource.",
            hint="Check that nothing between us and Salesforce rewrites answers.",
        )
    return path


def _escaped(char: str) -> str:
    if char in "\\'\"":
        return "\\" + char
    if unicodedata.category(char) in _NOT_TEXT:
        return f"\\u{ord(char):04x}"
    return char


def _suffix(five: str) -> str:
    return _SUFFIX[sum(1 << place for place, char in enumerate(five) if "A" <= char <= "Z")]
