"""The kinds and states of a departure, as published."""

from enum import StrEnum


class DepartureKind(StrEnum):
    """Why someone leaves, as far as it changes what is done."""

    VOLUNTARY = "voluntary"
    INVOLUNTARY = "involuntary"
    CONTRACTOR_END = "contractor-end"


class DepartureState(StrEnum):
    """Where a departure stands."""

    ANNOUNCED = "announced"
    HELD = "held"
    SCHEDULED = "scheduled"
    DUE = "due"
    REVOKING = "revoking"
    CONFIRMING = "confirming"
    RESTORING = "restoring"
    CLOSED = "closed"
    WITHDRAWN = "withdrawn"
