"""What is wrong with a value that HR, or somebody here, wrote: in our words, whatever library noticed it.

The value itself, which may be personal, is never told back; what may stand in its place is.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

from pydantic_core import ErrorDetails

DATE: Final = 'this must be a date in quotation marks, "2026-12-05"'
TIME: Final = 'this must be a time in quotation marks, "2026-12-05T17:00"'
#: Of what a library says its kind is read, and never its message: those words are for programmers.
_SAID: Final[Mapping[str, str]] = {
    "missing": "this is missing",
    "extra_forbidden": "there is no such member. Take it out, or correct its name",
    "model_type": "it must be an object: names with their values, in braces",
    "model_attributes_type": "it must be an object: names with their values, in braces",
    "string_type": "this must be text, in quotation marks",
    "date_type": DATE,
    "datetime_type": TIME,
    "bool_type": "this must be true or false, without quotation marks",
    "tuple_type": "this must be a list, in brackets",
}
#: The same, where the library says what may stand there: that is ours, and tells nothing of the value.
_WITH: Final[Mapping[str, Callable[[Mapping[str, Any]], str]]] = {
    "string_too_short": lambda told: _short(told["min_length"]),
    "string_too_long": lambda told: f"this is longer than {told['max_length']} characters",
    "too_long": lambda told: f"these are more than {told['max_length']}",
    "enum": lambda told: _one_of(told["expected"]),
    "literal_error": lambda told: _one_of(told["expected"]),
}
_ELSE: Final = "this cannot stand here. docs/reference/sources.md says what can"


def in_words(slip: ErrorDetails) -> str:
    """One slip of a model. What our own checks say is told as it stands."""
    kind, told = slip["type"], slip.get("ctx", {})
    if kind == "value_error":
        return slip["msg"].removeprefix("Value error, ")
    if kind in _WITH:
        return _WITH[kind](told)
    return _SAID.get(kind, _ELSE)


def _short(least: int) -> str:
    return "this is empty" if least == 1 else f"this is shorter than {least} characters"


def _one_of(expected: str) -> str:
    return f"this must be {expected.replace(chr(39), '')}"
