"""What Pydantic found wrong, said in the words and at the place a person can mend."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import BaseModel
from pydantic_core import ErrorDetails

from service.playbook.model import Example, Matcher, Playbook, Retry, Step
from service.playbook.problem import Code, Problem, did_you_mean, quoted
from service.playbook.tree import Path, Places

_SHAPES: Mapping[tuple[str, ...], tuple[str, type[BaseModel]]] = {
    (): ("a playbook", Playbook),
    ("steps",): ("a step", Step),
    ("steps", "when"): ("a matcher", Matcher),
    ("steps", "retry"): ("retry", Retry),
    ("applies_to",): ("a matcher", Matcher),
    ("examples",): ("an example", Example),
}

_PATTERNS = {
    "country": "two capital letters, such as NO or DE",
    "action": "connector, dot, action, such as ldap.disable_account",
}
_SLUG = "small letters, digits and dashes, beginning with a letter"

_TYPES = {
    "string_type": "text is expected here",
    "int_type": "a whole number is expected here",
    "bool_type": "true or false is expected here",
    "tuple_type": "a list is expected here, such as [Sales, Support]",
    "dict_type": "a mapping of names to values is expected here",
    "model_type": "a mapping of names to values is expected here",
    "model_attributes_type": "a mapping of names to values is expected here",
}
_IN_QUOTES = re.compile(r"'([^']*)'")


def problems_of(errors: list[ErrorDetails], places: Places) -> Iterator[Problem]:
    """One problem for each error."""
    for error in errors:
        path: Path = tuple(error["loc"])
        if error["type"] == "too_short" and error["input"]:
            continue  # Pydantic counts only items that are right; those that are not are told themselves
        if error["type"] == "extra_forbidden":
            yield _unknown_key(path, places)
        elif error["type"] == "missing":
            yield _missing_key(path, places)
        else:
            yield _wrong_value(path, error, places)


def _shape(path: Path) -> tuple[str, type[BaseModel]]:
    return _SHAPES.get(tuple(part for part in path if isinstance(part, str)), _SHAPES[()])


def _keys(model: type[BaseModel]) -> list[str]:
    return [field.alias or name for name, field in model.model_fields.items()]


def _unknown_key(path: Path, places: Places) -> Problem:
    what, model = _shape(path[:-1])
    message = f"{what} has no key {quoted(path[-1])}"
    return places.problem(
        places.key(path),
        Code.NO_SUCH_KEY,
        message,
        help=did_you_mean(str(path[-1]), _keys(model), says="its keys are"),
    )


def _missing_key(path: Path, places: Places) -> Problem:
    what, model = _shape(path[:-1])
    fields = {field.alias or name: field for name, field in model.model_fields.items()}
    about = fields[str(path[-1])].description or ""
    return places.problem(
        places.value(path[:-1]), Code.MISSING_KEY, f"{what} needs the key {quoted(path[-1])}", help=about
    )


def _wrong_value(path: Path, error: ErrorDetails, places: Places) -> Problem:
    message, hint = _said(path, error)
    place = (
        places.key(path) if error["input"] is None else places.value(path)
    )  # nothing stands where nothing is
    return places.problem(place, Code.WRONG_VALUE, message, help=hint)


def _said(path: Path, error: ErrorDetails) -> tuple[str, str]:
    """Message and help for one kind of wrong value."""
    kind, given, context = error["type"], error["input"], error.get("ctx", {})
    name = next((str(part) for part in reversed(path) if isinstance(part, str)), "playbook")
    message = f"{_shown(given)} cannot be used for {quoted(name)}"
    if given is None:
        return f"{quoted(name)} has no value", "write one, or take the key away"
    if kind == "enum":
        allowed = _IN_QUOTES.findall(str(context["expected"]))
        return f"{_shown(given)} is no {name}", did_you_mean(str(given), allowed, says="allowed are")
    match kind:
        case "string_pattern_mismatch":
            hint = _PATTERNS.get(name, _SLUG)
        case "value_error":
            hint = str(context["error"])
        case "too_short":
            hint = "write at least one"
        case "too_long" | "string_too_long":
            hint = f"it is too long: {context['max_length']} at most"
        case _:
            hint = _typed(kind, given) or error["msg"].lower()
    return message, hint


def _shown(given: Any) -> str:
    if isinstance(given, dict | list | tuple):
        return "a mapping" if isinstance(given, dict) else "a list"
    return quoted(str(given).lower() if isinstance(given, bool) else given)


def _typed(kind: str, given: Any) -> str:
    if kind == "tuple_type" and isinstance(given, str):
        return f"write a list: [{given[:40]}]"
    if kind == "string_type" and isinstance(given, int):
        return f'put it in quotes: "{str(given).lower()}"'
    return _TYPES.get(kind, "")
