"""A configured HR source: which module reads it, and which secrets are its own."""

import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from importlib import import_module
from types import ModuleType

from pydantic import ValidationError

from connectors.sdk.context import Context, Secret
from connectors.sdk.http import Http
from connectors.sdk.types import Json
from service.departures import zones
from service.departures.event import EventPerson, TerminationEvent
from service.departures.kind import DepartureKind
from service.departures.times import BadTime, zone
from service.intake import sources
from service.intake.wording import in_words
from service.people import identifiers, signature
from service.people.identifiers import is_source
from service.people.signature import Authentic, BadRecipe, Recipe
from service.settings import SettingsError, SourceSection, reveal


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """An authentic message, parsed, with what we know about it besides."""

    source: str
    delivery_id: str
    body: Json
    received_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Ignored:
    """Authentic, and none of our business."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LookUp:
    """A hint: the HR system must be asked about these employees."""

    employee_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What the HR system says today about one employee. Without `last_day` they stay.

    It has no version: what is read later is newer, and numbers of rows are no count, as rows can be deleted.
    `back_on`: from when in the future they work here again, where that is known before they have left.
    `shown` is false where it shows nothing at all of when they were employed.
    """

    person: EventPerson
    last_day: date | None
    kind: DepartureKind | None
    back_on: date | None = None
    shown: bool = True


Understood = TerminationEvent | Ignored | LookUp


@dataclass(frozen=True, slots=True, kw_only=True)
class Slip:
    """One thing that is wrong, and where. Quotes nothing of the message."""

    where: str
    what: str

    def __str__(self) -> str:
        return f"{self.where}: {self.what}" if self.where else self.what


class NotUnderstood(Exception):  # noqa: N818  # the word is the error
    """Authentic, and not something we can act on; every slip at once."""

    def __init__(self, *slips: Slip) -> None:
        super().__init__("; ".join(map(str, slips)))
        self.slips = slips

    @classmethod
    def from_validation(cls, error: ValidationError, *, under: str = "") -> "NotUnderstood":
        """The slips of a model. Their values, which may be personal, are left out."""
        return cls(
            *(
                Slip(
                    where=".".join(part for part in (under, *map(str, slip["loc"])) if part),
                    what=in_words(slip),
                )
                for slip in error.errors(include_url=False, include_input=False)
            )
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """An HR system that may send us webhooks."""

    name: str
    section: SourceSection
    recipe: Recipe
    keys: tuple[bytes, ...]
    content_types: tuple[str, ...]
    read: Callable[[Envelope, SourceSection], Understood]
    look: Callable[[Http, str, SourceSection, date], Standing] | None
    reader: Callable[[SourceSection, Secret, Context], Http] | None
    check: Callable[[Http], None] | None

    def authentic(self, headers: Mapping[str, str], raw: bytes, *, now: datetime) -> Authentic:
        """Verify the message over its raw bytes. Raises `NotAuthentic`."""
        return signature.verify(self.recipe, self.keys, headers=headers, body=raw, now=now)

    def open_reader(self, context: Context) -> Http:
        """A way to ask the HR system itself."""
        if self.reader is None or self.section.api_key is None:
            raise SettingsError(f"sources.{self.name} has no api_key. Set it to env:NAME or file:PATH.")
        return self.reader(self.section, reveal(self.section.api_key), context)


def formats() -> dict[str, ModuleType]:
    """Every format there is, by the name of its file."""
    found = (module.name for module in pkgutil.iter_modules(sources.__path__))
    return {name: import_module(f"{sources.__name__}.{name}") for name in found}


def open_sources(sections: Mapping[str, SourceSection]) -> dict[str, Source]:
    """Open every source that can send webhooks. Raises `SettingsError` with what to write instead."""
    known = formats()
    opened = {}
    for name, section in sections.items():
        if not is_source(name):
            raise SettingsError(f"sources.{name[:60]!r}: a source is named by {identifiers.SOURCE}.")
        if section.format not in known:
            raise SettingsError(
                f"sources.{name}.format: there is no {section.format!r}. Choose: {', '.join(sorted(known))}."
            )
        if hasattr(known[section.format], "recipe"):
            opened[name] = _open(name, section, known[section.format])
    return opened


def _open(name: str, section: SourceSection, module: ModuleType) -> Source:
    if not section.secrets:
        raise SettingsError(
            f"sources.{name}.secrets is empty, so nothing it sends could be believed. Set it to [env:NAME]."
        )
    if hasattr(module, "look") and not (section.api_url and section.api_key):
        raise SettingsError(
            f"sources.{name}: its webhooks are only hints. Set api_url and api_key, so that it can be asked."
        )
    try:
        zone(section.timezone or zones.NOBODYS)
        return Source(
            name=name,
            section=section,
            recipe=module.recipe(section),
            keys=tuple(module.key(reveal(secret).reveal()) for secret in section.secrets),
            content_types=getattr(module, "CONTENT_TYPES", ("application/json",)),
            read=module.read,
            look=getattr(module, "look", None),
            reader=getattr(module, "reader", None),
            check=getattr(module, "check", None),
        )
    except (BadRecipe, BadTime) as error:
        raise SettingsError(f"sources.{name}: {error}.") from error
