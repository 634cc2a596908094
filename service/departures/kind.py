"""The kinds and states of a departure, as published."""

from enum import StrEnum
from typing import Final


class DepartureKind(StrEnum):
    """Why someone leaves, as far as it changes what is done.

    A lost device and a return are run like a departure, and are none: who has one stays, or comes back.
    """

    VOLUNTARY = "voluntary"
    INVOLUNTARY = "involuntary"
    CONTRACTOR_END = "contractor-end"
    LAYOFF = "layoff"
    LOST_DEVICE = "lost-device"
    REHIRE = "rehire"


#: What is no departure: it stands beside one of the same person, and no HR system can announce it.
BESIDE: Final = (DepartureKind.LOST_DEVICE, DepartureKind.REHIRE)
#: What an HR system may say.
LEAVING: Final = tuple(kind for kind in DepartureKind if kind not in BESIDE)
#: What a system or a file is told that says another.
OTHER_KIND: Final = f"this is one of {', '.join(LEAVING)}; exeunt run announces {' and '.join(BESIDE)}"


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


#: Nothing more comes of it by itself.
OVER: Final = (DepartureState.CLOSED, DepartureState.WITHDRAWN)
