"""What a playbook says, once read. Files are read by `load`, judged by `lint`, planned by `plan`."""

import re
from datetime import timedelta
from enum import StrEnum
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from service.departures.kind import DepartureKind


class Grade(StrEnum):
    """How well a step's result is known, worst first; `WAIVED` stands outside the order."""

    UNKNOWN = "unknown"
    ABSENT = "absent"
    PENDING = "pending"
    ACKNOWLEDGED = "acknowledged"
    ATTESTED = "attested"
    OBSERVED = "observed"
    CORROBORATED = "corroborated"
    WAIVED = "waived"

    @property
    def rank(self) -> int:
        """0 is worst. A waiver is a decision, not knowledge: it never satisfies a minimum."""
        return -1 if self is Grade.WAIVED else list(Grade).index(self)


class Phase(StrEnum):
    """When a step may run."""

    NOTICE = "notice"
    LAST_DAY = "last-day"
    AFTER_CARE = "after-care"
    DESTRUCTIVE = "destructive"


class OnFailure(StrEnum):
    """What happens to the steps that need a failed one."""

    STOP = "stop"
    CONTINUE = "continue"


DURATION = re.compile(r"^([1-9][0-9]*)(s|m|h|d)$")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


def duration(value: object) -> timedelta:
    """Read `30s`, `5m`, `4h`, `7d`."""
    if isinstance(value, timedelta):
        return value
    found = DURATION.match(value) if isinstance(value, str) else None
    if found is None:
        raise ValueError("a duration is a whole number and a unit, such as 30s, 5m, 4h or 7d")
    return timedelta(**{_UNITS[found[2]]: int(found[1])})


Duration = Annotated[timedelta, BeforeValidator(duration, json_schema_input_type=str)]
Slug = Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,60}$")]
ActionName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*$")]


class Strict(BaseModel):
    """Base of the models: a misspelt key is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Matcher(Strict):
    """A plain match on departure fields: every named field must hold one of the listed values."""

    department: tuple[str, ...] = ()
    kind: tuple[DepartureKind, ...] = ()
    country: tuple[str, ...] = ()


class Retry(Strict):
    """How often and how far apart a step is tried; the last word has `retry_until`."""

    first: Duration = timedelta(seconds=2)
    most: Duration = timedelta(minutes=15)


class Step(Strict):
    """One line of a playbook: an action, its arguments, its deadline."""

    id: Slug
    title: str = ""
    action: ActionName
    with_: dict[str, Any] = Field(default_factory=dict, alias="with")
    needs: tuple[Slug, ...] = ()
    when: Matcher = Matcher()
    phase: Phase = Phase.LAST_DAY
    after: Duration = timedelta(0)
    minimum: Grade = Grade.OBSERVED
    deadline: Duration = timedelta(hours=4)
    retry: Retry = Retry()
    on_failure: OnFailure = OnFailure.STOP
    owner: str = "it"
    critical: bool = False
    instructions: str = ""


class Example(Strict):
    """A departure written inside a playbook together with the plan it must lead to."""

    name: str
    department: str = ""
    kind: DepartureKind = DepartureKind.VOLUNTARY
    country: str = ""
    plan: tuple[Slug, ...]


class Playbook(Strict):
    """One YAML file of `playbooks/`."""

    playbook: Slug
    version: int = Field(ge=1)
    summary: str
    applies_to: Matcher = Matcher()
    steps: tuple[Step, ...] = Field(min_length=1)
    examples: tuple[Example, ...] = ()
