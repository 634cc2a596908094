"""The states of a run's parts and the grades of evidence, as published."""

from enum import StrEnum


class StepState(StrEnum):
    """Where a step run stands."""

    BLOCKED = "blocked"
    READY = "ready"
    DISPATCHED = "dispatched"
    RUNNING = "running"
    WAITING = "waiting"
    DONE = "done"
    FAILED = "failed"
    SKIPPED = "skipped"
    CANCELLED = "cancelled"


#: Nothing more happens to a step run in one of these by itself.
ENDED = frozenset({StepState.DONE, StepState.FAILED, StepState.SKIPPED, StepState.CANCELLED})


#: An attempt of a step run in one of these is with a deliverer.
OUT = (StepState.DISPATCHED, StepState.RUNNING)
#: It waits for its time, or for others of its run.
NOT_BEGUN = frozenset({StepState.READY, StepState.BLOCKED})
#: It goes on by itself.
MOVING = frozenset({StepState.READY, *OUT})


class WaitsFor(StrEnum):
    """What a waiting step run waits for."""

    PERSON = "person"
    DEVICE = "device"


class Colour(StrEnum):
    """A run is never greener than its weakest verified step."""

    GREEN = "green"
    AMBER = "amber"
    RED = "red"


class AttemptOutcome(StrEnum):
    """How one try of a step run ended. `None` in the table means it is still out, or its process died."""

    DONE = "done"
    RETRIED = "retried"
    WAITING = "waiting"
    FAILED = "failed"
    LOST = "lost"
    LATE = "late"
