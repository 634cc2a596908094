"""What a playbook says, once read. Files are read by `load`, judged by `lint`, planned by `plan`."""

import re
from datetime import timedelta
from enum import StrEnum
from typing import Annotated

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    PlainValidator,
    StrictBool,
    StrictInt,
    WithJsonSchema,
)

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
        return _RANKS[self]


_RANKS = {grade: -1 if grade is Grade.WAIVED else rank for rank, grade in enumerate(Grade)}


class Phase(StrEnum):
    """When a step may run."""

    NOTICE = "notice"
    LAST_DAY = "last-day"
    AFTER_CARE = "after-care"
    DESTRUCTIVE = "destructive"


class OnFailure(StrEnum):
    """What happens to the steps that need a failed one: held back, or let go on without it."""

    STOP = "stop"
    CONTINUE = "continue"


_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
_SECONDS = {"d": 86400, "h": 3600, "m": 60, "s": 1}
DURATION = re.compile(r"([1-9][0-9]{0,5})([smhd])")


def duration(value: object) -> timedelta:
    """Read `30s`, `5m`, `4h`, `7d`."""
    if isinstance(value, timedelta):
        return value
    found = DURATION.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        raise ValueError("a duration is a whole number and a unit, such as 30s, 5m, 4h or 7d")
    return timedelta(**{_UNITS[found[2]]: int(found[1])})


def spelt(value: timedelta) -> str:
    """The shortest way to write a duration: `4h`, not `240m`."""
    seconds = int(value.total_seconds())
    unit = next((unit for unit, size in _SECONDS.items() if seconds and seconds % size == 0), "s")
    return f"{seconds // _SECONDS[unit]}{unit}"


Argument = str | int | bool | tuple[str, ...]


def argument(value: object) -> Argument:
    """What may stand under `with:`. No mappings, so that an action's arguments stay a flat list of names."""
    if isinstance(value, str | int):  # bool is an int
        return value
    if isinstance(value, list | tuple) and all(isinstance(item, str) for item in value):
        return tuple(value)
    raise ValueError("an argument is text, a whole number, true or false, or a list of texts")


_ARGUMENT_SCHEMA = {"type": ["string", "integer", "boolean", "array"], "items": {"type": "string"}}

Duration = Annotated[
    timedelta,
    BeforeValidator(duration),
    PlainSerializer(spelt, return_type=str),
    WithJsonSchema({"type": "string", "pattern": f"^{DURATION.pattern}$"}),
]
Slug = Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,60}$")]
ACTION_NAME = re.compile(r"[a-z][a-z0-9_]{0,40}(\.[a-z][a-z0-9_]{0,60})?")
ActionName = Annotated[str, Field(pattern=f"^{ACTION_NAME.pattern}$")]
Country = Annotated[str, Field(pattern=r"^[A-Z]{2}$")]
Line = Annotated[str, Field(max_length=120)]
With = dict[str, Annotated[Argument, PlainValidator(argument), WithJsonSchema(_ARGUMENT_SCHEMA)]]

MOST_STEPS = 100


class Strict(BaseModel):
    """Base of the models: a misspelt key is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Matcher(Strict):
    """A plain match on departure fields: every named field must hold one of the listed values."""

    department: tuple[str, ...] = Field(
        (), description="Departments, as HR writes them; case does not matter."
    )
    kind: tuple[DepartureKind, ...] = Field((), description="Why someone leaves.")
    country: tuple[Country, ...] = Field((), description="Countries, two capital letters (ISO 3166).")


class Retry(Strict):
    """How far apart a step is tried again; how long is said by its deadline."""

    first: Duration = Field(timedelta(seconds=2), description="Wait before the second try; doubles after.")
    most: Duration = Field(
        timedelta(minutes=15), description="Never wait longer than this between two tries."
    )


class Step(Strict):
    """One line of a playbook: an action, its arguments, its deadline."""

    id: Slug = Field(description="Its name in this playbook; other steps need it by this name.")
    title: Line = Field(
        "", description="What people read in Slack and on the page: target system, colon, what."
    )
    action: ActionName = Field(description="What is done: connector, dot, action; or a built-in.")
    with_: With = Field(default_factory=dict, alias="with", description="The action's arguments.")
    needs: tuple[Slug, ...] = Field(
        (), description="Steps that must have ended first; all others run beside it."
    )
    when: Matcher = Field(Matcher(), description="The step is left out of departures that do not match.")
    phase: Phase = Field(Phase.LAST_DAY, description="When the step may run.")
    after: Duration = Field(
        timedelta(0), description="How long after access must be gone the step may start."
    )
    minimum: Grade = Field(Grade.OBSERVED, description="The worst evidence that still makes the step green.")
    deadline: Duration = Field(timedelta(hours=4), description="Late after this long; somebody is told.")
    retry: Retry = Field(Retry(), description="How far apart it is tried.")
    on_failure: OnFailure = Field(OnFailure.STOP, description="Whether the steps that need it wait or go on.")
    owner: Line = Field("it", description="The role that is asked when a person is needed.")
    critical: StrictBool = Field(
        default=False, description="Cuts the leaver off: goes first, and is late first."
    )
    instructions: str = Field(
        "", max_length=4000, description="What a person has to do, and how they can tell."
    )


class Example(Strict):
    """A departure written inside a playbook together with the plan it must lead to."""

    name: Line = Field(description="What the example shows.")
    department: str = Field("", description="The leaver's department.")
    kind: DepartureKind = Field(DepartureKind.VOLUNTARY, description="Why they leave.")
    country: Country | None = Field(None, description="The leaver's country.")
    plan: tuple[Slug, ...] = Field(
        description="The steps of the plan, in order; empty: not for this playbook."
    )


class Playbook(Strict):
    """One YAML file of `playbooks/`."""

    playbook: Slug = Field(description="Its name, the same as the file's.")
    version: StrictInt = Field(
        ge=1, lt=1_000_000, description="Raise it with every change that is put to use."
    )
    summary: str = Field(max_length=500, description="One sentence: for whom, and what it does.")
    applies_to: Matcher = Field(Matcher(), description="The departures it is for.")
    steps: tuple[Step, ...] = Field(min_length=1, max_length=MOST_STEPS, description="What is done.")
    examples: tuple[Example, ...] = Field(
        (), max_length=MOST_STEPS, description="Departures and their plans, run as tests."
    )
