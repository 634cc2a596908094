"""The dotted names a playbook may refer to, `${leaver.email}`. No expressions: anything else in braces stays text."""

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

from service.departures import times

#: Every name there is, and what stands in its place.
REFERENCES: Mapping[str, str] = {
    "leaver.name": "the leaver's name, as HR writes it",
    "leaver.email": "the leaver's work address",
    "leaver.employee_no": "the leaver's employee number",
    "leaver.username": "the leaver's user name",
    "leaver.title": "the leaver's job title",
    "leaver.department": "the leaver's department",
    "leaver.country": "the leaver's country, two letters",
    "leaver.manager": "the name of the leaver's manager",
    "departure.kind": "its kind, such as voluntary",
    "departure.effective_at": "the moment from which access must be gone, in UTC; "
    "in words for people on the leaver's clocks as well",
    "departure.last_day": "the leaver's last day where they work; for people with its weekday",
    "run.number": "the number of the run",
}

NOT_KNOWN = "(not known)"
WEEKDAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
#: How many days a last day lies from its instant's in UTC: a zone off, or brought forward to the Friday.
AROUND: Final = range(-1, 4)

_REFERENCE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)*)\}")


class UnresolvedError(ValueError):
    """Something a step must hand to a connector is not known of this leaver.

    Args:
        name: The reference.
    """

    def __init__(self, name: str) -> None:
        super().__init__(f"{name} is not known for this departure. Add it in the HR system, then plan again.")
        self.name = name


def for_people(effective_at: datetime, zone: str, civil_at: str) -> dict[str, str]:
    """What of a departure's time is written differently where people read it: on the leaver's clocks, and in UTC."""
    local, utc = effective_at.astimezone(times.zone(zone)), effective_at.astimezone(UTC)
    return {
        "departure.effective_at": f"{local:%Y-%m-%d %H:%M} {zone} ({utc:%Y-%m-%d %H:%M} UTC)",
        "departure.last_day": _weekday(times.civil(civil_at)),
    }


def told_anew(text: str, was: datetime, effective_at: datetime, zone: str, civil_at: str) -> str:
    """The same words for people, with the time and the last day that hold now wherever they name those that were.

    Only the instant that was is known: the last day that belonged to it is looked for around it, in any zone.
    """
    now = for_people(effective_at, zone, civil_at)
    named = rf"\d{{4}}-\d\d-\d\d \d\d:\d\d \S+ \({was.astimezone(UTC):%Y-%m-%d %H:%M} UTC\)"
    days = "|".join(_weekday(was.astimezone(UTC) + timedelta(days=n)) for n in AROUND)
    text = re.sub(named, now["departure.effective_at"], text)
    return re.sub(rf"\b(?:{days})(?![\w-])", now["departure.last_day"], text)


def _weekday(day: date) -> str:
    """`Sat 2026-12-05`: no text that a playbook brings along is taken for it by chance."""
    return f"{WEEKDAYS[day.weekday()]} {day:%Y-%m-%d}"


def names_in(value: Any) -> Iterator[str]:
    """Every reference in a text, or in a list of texts."""
    if isinstance(value, str):
        yield from _REFERENCE.findall(value)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from names_in(item)


def fill(text: str, values: Mapping[str, str]) -> str:
    """Words for people: what is not known says so. What a value itself contains is never looked at again."""
    return _REFERENCE.sub(lambda found: values.get(found[1], "") or NOT_KNOWN, text)


def resolve(arguments: Mapping[str, Any], values: Mapping[str, str]) -> dict[str, Any]:
    """Arguments for a connector. Raises `UnresolvedError` rather than hand over an empty text."""
    return {name: _resolved(value, values) for name, value in arguments.items()}


def _resolved(value: Any, values: Mapping[str, str]) -> Any:
    if isinstance(value, str):
        return _REFERENCE.sub(lambda found: _known(found[1], values), value)
    if isinstance(value, list | tuple):
        return [_resolved(item, values) for item in value]
    return value


def _known(name: str, values: Mapping[str, str]) -> str:
    if not values.get(name):
        raise UnresolvedError(name)
    return values[name]
