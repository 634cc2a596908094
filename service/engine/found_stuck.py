"""One thing that was found stuck, whoever found it: its kind, what is said of it, and what to do."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

#: So long after its deadline a step may still be on its way, and so long one call may be out.
STEP_MARGIN: Final = timedelta(minutes=15)
#: So late a departure may begin, and so old the engine's last look may be.
BEGIN_MARGIN: Final = timedelta(minutes=2)
#: Of one kind no more are told at once.
MOST: Final = 200


class StuckKind(StrEnum):
    """What is stuck."""

    STEP = "step"
    OVERDUE = "overdue"
    RUN = "run"
    DEPARTURE = "departure"
    HELD = "held"
    SWITCH = "switch"
    ENGINE = "engine"
    READER = "reader"
    DRILL = "drill"
    INTAKE = "intake"
    NIGHT = "night"
    SLACK = "slack"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stuck:
    """One thing that does not move. `said` and `fix` are sentences without personal data; `key` stays the same."""

    kind: StuckKind
    key: str
    said: str
    fix: str
    since: datetime
    run_id: str = ""
    departure_id: str = ""
    step: str = ""
