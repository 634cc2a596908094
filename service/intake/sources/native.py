"""Our own format: Standard Webhooks around an `employment.termination.…` event."""

import re
from datetime import datetime
from typing import Annotated, Any, Final, Literal, Self

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    model_validator,
)

from service.departures import zones
from service.departures.event import (
    Change,
    CivilDate,
    CivilTime,
    EmployeeNo,
    EventPerson,
    Line,
    TerminationEvent,
    Zone,
)
from service.departures.kind import LEAVING, OTHER_KIND, DepartureKind
from service.departures.times import ZoneSource, civil
from service.intake.source import Envelope, NotUnderstood
from service.people.signature import STANDARD_WEBHOOKS, Recipe, webhook_key
from service.settings import SourceSection

_MOMENT: Final = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,9})?(Z|[+-][0-9]{2}:[0-9]{2})"
)

#: More people than this see no secret.
MOST_NAMED: Final = 50

key = webhook_key


def _moment(value: Any) -> Any:
    if isinstance(value, str):
        if not _MOMENT.fullmatch(value):
            raise ValueError("a moment is written 2026-11-21T09:00:00Z")
        civil(value[:19])  # refuses years at the ends of Python's calendar, where an offset would overflow
        try:
            return datetime.fromisoformat(value)
        except ValueError as error:
            raise ValueError("no clock is so far from Greenwich: an offset is at most 23:59") from error
    return value


def _as_text(value: Any) -> Any:
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _leaving(kind: Any) -> Any:
    if kind is not None and not (isinstance(kind, str) and kind in set(LEAVING)):
        raise ValueError(OTHER_KIND)
    return kind


class NativeData(BaseModel):
    """Who leaves, why and when. A rescinded leaving needs the person only; one at once needs no time."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    person: EventPerson
    kind: Annotated[DepartureKind | None, Field(strict=False), BeforeValidator(_leaving)] = None
    last_day: CivilDate | None = None
    access_off_at: CivilTime | None = None
    timezone: Zone | None = None
    notice_date: CivilDate | None = None
    source_version: Annotated[Line | None, BeforeValidator(_as_text)] = None
    sealed: bool = False
    sealed_for: Annotated[tuple[EmployeeNo, ...], Field(strict=False, max_length=MOST_NAMED)] = ()


class NativeMessage(BaseModel):
    """The body of a webhook in our own format."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    type: Literal[
        "employment.termination.scheduled",
        "employment.termination.changed",
        "employment.termination.rescinded",
        "employment.termination.immediate",
    ]
    timestamp: Annotated[datetime | None, BeforeValidator(_moment)] = None
    data: NativeData

    @property
    def change(self) -> Change:
        """What the type says has happened."""
        return Change(self.type.rpartition(".")[2])

    @model_validator(mode="after")
    def _says_which_zone(self) -> Self:
        if self.change in {Change.SCHEDULED, Change.CHANGED} and self.data.timezone is None:
            raise ValueError("data.timezone is missing: a day ends at another instant in every zone")
        return self


def _zone(data: NativeData, section: SourceSection) -> dict[str, Any]:
    if data.timezone is not None:
        return {"timezone": data.timezone}
    if data.person.timezone is not None:
        return {"timezone": data.person.timezone, "zone_source": ZoneSource.PERSON}
    return zones.of_source(section.timezone)


def recipe(section: SourceSection) -> Recipe:  # noqa: ARG001  # every format is asked with its section
    """Standard Webhooks, whatever the section says."""
    return STANDARD_WEBHOOKS


def read(envelope: Envelope, section: SourceSection) -> TerminationEvent:
    """Turn an authentic message into an event. Raises `NotUnderstood` with every slip."""
    try:
        message = NativeMessage.model_validate(envelope.body)
    except ValidationError as error:
        raise NotUnderstood.from_validation(error) from error
    data = message.data
    try:
        return TerminationEvent(
            source=envelope.source,
            source_id=envelope.delivery_id,
            change=message.change,
            person=data.person,
            kind=data.kind,
            last_day=data.last_day,
            access_off_at=data.access_off_at,
            **_zone(data, section),
            notice_date=data.notice_date,
            source_version=data.source_version,
            sealed=data.sealed or bool(data.sealed_for),
            sealed_for=data.sealed_for,
            occurred_at=message.timestamp or envelope.received_at,
            said_at=message.timestamp or envelope.received_at,
            dated=message.timestamp is not None,
        )
    except ValidationError as error:
        raise NotUnderstood.from_validation(error, under="data") from error
