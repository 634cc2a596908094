"""What an HR system tells us: this person leaves, then, for that reason."""

import re
from dataclasses import replace
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Any, Final, Self

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    model_validator,
)

from service.departures import friday, times
from service.departures.kind import DepartureKind
from service.people.identifiers import LETTERS, is_address, is_identifier
from service.sections import DeparturesSection

_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")


class Change(StrEnum):
    """What happened to someone's leaving."""

    SCHEDULED = "scheduled"
    CHANGED = "changed"
    RESCINDED = "rescinded"
    IMMEDIATE = "immediate"


class Unannounceable(Exception):  # noqa: N818  # the word is the error
    """A termination event that was understood and cannot become a departure.

    Args:
        reason: What is wrong and what to do, for whoever runs the HR system. No personal data.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class NothingToWithdraw(Unannounceable):
    """HR takes back a departure of somebody of whom none is known: it may have been overtaken by this.

    Args:
        person_id: Whose it would be.
        event: What HR said.
    """

    def __init__(self, person_id: str, event: "TerminationEvent") -> None:
        super().__init__(
            "There is no departure of this person to withdraw. Nothing was changed. "
            "Look whether it was announced at all, and of whom: exeunt departures"
        )
        self.person_id, self.event = person_id, event


def _identifier(text: str) -> str:
    if not is_identifier(text):
        raise ValueError(f"an identifier is {LETTERS}")
    return text


def _one_line(text: str) -> str:
    if _CONTROL.search(text) or not text.strip():
        raise ValueError("this must be one line of text, without control characters")
    return text


def _email(text: str) -> str:
    if not is_address(text):
        raise ValueError("this is not an e-mail address")
    return text


def _civil_date(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    if not times.is_date(value):
        raise ValueError("a date is written 2026-12-05, without a time")
    return times.civil(value)


def _civil_time(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    read = times.civil(value)
    if not isinstance(read, datetime):
        raise ValueError("a time is written 2026-12-05T17:00")  # noqa: TRY004  pydantic reports ValueError
    return read


def _without_offset(value: datetime) -> datetime:
    if value.tzinfo is not None:
        raise ValueError("a civil time carries no offset")
    return value


def _known_zone(name: str) -> str:
    times.zone(name)
    return name


Identifier = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(_identifier)]
EmployeeNo = Annotated[str, Field(min_length=1, max_length=100), AfterValidator(_identifier)]
Email = Annotated[str, Field(min_length=3, max_length=320), AfterValidator(_email)]
Line = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(_one_line)]
Name = Annotated[str, Field(min_length=1, max_length=300), AfterValidator(_one_line)]
Zone = Annotated[str, Field(min_length=1, max_length=64), AfterValidator(_known_zone)]
CivilDate = Annotated[date, BeforeValidator(_civil_date)]
CivilTime = Annotated[datetime, BeforeValidator(_civil_time), AfterValidator(_without_offset)]


class EventPerson(BaseModel):
    """Who leaves, as the HR system names them. `manager` is the HR system's own id of the manager."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    source_id: Identifier
    employee_no: EmployeeNo | None = None
    work_email: Email | None = None
    name: Name
    manager: Line | None = None
    department: Line | None = None
    title: Line | None = None
    timezone: Zone | None = None


class TerminationEvent(BaseModel):
    """Someone leaves, or does so at another time, or stays after all.

    `(source, source_id)` names the event: the same webhook delivered twice is one departure.
    The civil time and the zone are kept as HR meant them; `times.instant` says which instant that is today.
    `said_at` is when HR said so where its messages may overtake each other: by HR's own clock where it is `dated`,
    else when we first heard it; nothing where what is read later is newer.
    `friday_rule` is ours, not the source's: what becomes of a departure at a week's end. A `sealed` one is seen
    by `sealed_for` only (employee numbers or HR ids) until its time.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    source: Annotated[str, Field(min_length=1, max_length=60), AfterValidator(_identifier)]
    source_id: Annotated[str, Field(min_length=1, max_length=200), AfterValidator(_one_line)]
    change: Annotated[Change, Field(strict=False)]
    person: EventPerson
    kind: Annotated[DepartureKind | None, Field(strict=False)] = None
    last_day: CivilDate | None = None
    access_off_at: CivilTime | None = None
    timezone: Zone
    zone_source: times.ZoneSource = times.ZoneSource.EVENT
    notice_date: CivilDate | None = None
    source_version: Line | None = None
    occurred_at: AwareDatetime
    said_at: AwareDatetime | None = None
    dated: bool = False
    friday_rule: str = ""
    sealed: bool = False
    sealed_for: tuple[EmployeeNo, ...] = ()

    @model_validator(mode="after")
    def _says_enough(self) -> Self:
        if self.last_day and self.access_off_at:
            raise ValueError("last_day and access_off_at exclude each other: say one of them")
        if self.change in {Change.SCHEDULED, Change.CHANGED} and self.meant is None:
            raise ValueError("last_day or access_off_at is missing")
        if self.change is not Change.RESCINDED and self.kind is None:
            raise ValueError("kind is missing")
        return self

    @property
    def meant(self) -> date | datetime | None:
        """The civil time HR gave; `None` for leaving at once, and where staying makes it pointless."""
        return self.access_off_at or self.last_day

    def interpreted(self, *, now: datetime) -> times.Interpretation:
        """From which instant access must be gone: "at once" means from the event on, never later."""
        if self.change is Change.IMMEDIATE or self.meant is None:
            begun = min(self.occurred_at, now)
            meant = times.happened(begun, self.timezone)
            found = times.instant(meant, self.timezone, zone_source=self.zone_source)
            return replace(found, warnings=())  # whatever zone it is, the instant is certain
        found = times.instant(self.meant, self.timezone, zone_source=self.zone_source)
        return friday.read(self.friday_rule).applied(found)

    def under(self, section: DeparturesSection) -> Self:
        """The same event, as the configuration has it read: the Friday rule, and who may see what is sealed."""
        named = self.sealed_for or tuple(section.sealed_for)
        return self.model_copy(update={"friday_rule": section.friday, "sealed_for": named})
