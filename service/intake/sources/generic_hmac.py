"""Any HR system that signs its webhooks with an HMAC, described in the settings and not in code.

`fields` says where in the body each of our names stands (`person.id`, `items.0.id`), or gives a fixed value
(`=voluntary`). `kinds` says what the vendor's words mean: one of our changes, one of our kinds, or `ignore`.
"""

import re
from typing import Any, Final

from pydantic import ValidationError

from connectors.sdk.types import Json
from service.departures import zones
from service.departures.event import Change, EventPerson, TerminationEvent
from service.departures.kind import LEAVING, DepartureKind
from service.intake.source import Envelope, Ignored, NotUnderstood, Slip
from service.people.signature import Algorithm, BadRecipe, Encoding, Recipe, Timestamps, text_key
from service.settings import SourceSection

PERSON: Final = frozenset(
    {"source_id", "employee_no", "work_email", "name", "manager", "department", "title"}
)
DAYS: Final = frozenset({"last_day", "notice_date"})
NAMES: Final = PERSON | DAYS | {"change", "kind", "access_off_at", "timezone", "source_version"}
NEEDED: Final = frozenset({"change", "source_id", "name"})
IGNORE: Final = "ignore"
MEANINGS: Final = frozenset({*map(str, Change), *map(str, LEAVING), IGNORE})

_MIDNIGHT: Final = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})T00:00:00(\.0+)?(Z|[+-]00:?00)?")

key = text_key


def recipe(section: SourceSection) -> Recipe:
    """The recipe in the settings. Raises `BadRecipe`."""
    if unknown := sorted(set(section.fields) - NAMES):
        raise BadRecipe(f"fields has {', '.join(unknown)}; it may have {', '.join(sorted(NAMES))}")
    if missing := sorted(NEEDED - set(section.fields)):
        raise BadRecipe(f"fields does not say where {', '.join(missing)} stands")
    if unknown := sorted(set(section.kinds.values()) - MEANINGS):
        raise BadRecipe(f"kinds has {', '.join(unknown)}; it may have {', '.join(sorted(MEANINGS))}")
    return Recipe(
        signature_header=section.signature_header,
        signed=section.signed.replace("{timestamp}", "{ts}"),
        algorithm=Algorithm(section.algorithm),
        encoding=Encoding(section.encoding),
        prefix=section.prefix,
        timestamp_header=section.timestamp_header,
        timestamps=Timestamps.UNIX if section.tolerance_s else Timestamps.OPAQUE,
        id_header=section.id_header,
        tolerance_s=section.tolerance_s,
    )


def read(envelope: Envelope, section: SourceSection) -> TerminationEvent | Ignored:
    """Pick our names out of the vendor's body; what else it holds is nothing to us. Raises `NotUnderstood`."""
    said = {name: _find(envelope.body, path) for name, path in section.fields.items()}
    change = _meaning("change", said.pop("change"), section)
    if change == IGNORE:
        return Ignored(reason="the settings say to ignore this type")
    if change not in set(Change):
        raise NotUnderstood(Slip(where="change", what="kinds does not say which change this type means"))
    zone = _text(said.pop("timezone", None))
    kind = _text(said.pop("kind", None))
    try:
        return TerminationEvent(
            source=envelope.source,
            source_id=envelope.delivery_id,
            change=Change(change),
            person=EventPerson.model_validate({name: _text(said.get(name)) for name in PERSON}),
            kind=None if kind is None else _kind(kind, section),
            **(zones.of_source(section.timezone) if zone is None else {"timezone": zone}),
            access_off_at=_text(said.get("access_off_at")),
            source_version=_text(said.get("source_version")),
            occurred_at=envelope.received_at,
            said_at=envelope.received_at,
            **{name: _day(said.get(name)) for name in DAYS},
        )
    except ValidationError as error:
        raise NotUnderstood.from_validation(error) from error


def _find(body: Json, path: str) -> Json:
    """Walk a dotted path; `None` where it leads nowhere."""
    if path.startswith("="):
        return path[1:]
    found = body
    for step in path.split("."):
        if isinstance(found, dict):
            found = found.get(step)
        elif isinstance(found, list) and step.isascii() and step.isdigit() and int(step) < len(found):
            found = found[int(step)]
        else:
            return None
    return found


def _meaning(name: str, word: Json, section: SourceSection) -> str:
    if not isinstance(word, str):
        raise NotUnderstood(Slip(where=name, what=f"nothing stands at {section.fields[name]}"))
    return section.kinds.get(word, word)


def _kind(word: Json, section: SourceSection) -> DepartureKind:
    kind = _meaning("kind", word, section)
    if kind not in set(LEAVING):
        raise NotUnderstood(Slip(where="kind", what="kinds does not say which of our kinds this is"))
    return DepartureKind(kind)


def _text(value: Json) -> Any:
    """Numbers of vendors are names for us; an empty text is none."""
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return None if value == "" else value


def _day(value: Json) -> Any:
    """A midnight stands for the day that it begins: some vendors know no bare dates."""
    midnight = _MIDNIGHT.fullmatch(value) if isinstance(value, str) else None
    return midnight.group(1) if midnight else _text(value)
