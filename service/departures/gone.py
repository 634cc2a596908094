"""Who has left and did not come back: still on record, and none of those whom a guardrail counts a share of."""

from datetime import datetime

from sqlalchemy import BindParameter, Exists, or_, select

from service.departures.departure import Departure
from service.departures.kind import BESIDE, DepartureKind, DepartureState
from service.people.person import Person
from service.store import table_of

_PEOPLE = table_of(Person).c


def gone(before: BindParameter[datetime]) -> Exists:
    """For a row of people: their last departure ended before this, and they were not hired again."""
    last, later = table_of(Departure).alias(), table_of(Departure).alias()
    since = select(later.c.id).where(
        later.c.person_id == last.c.person_id,
        later.c.announced_at > last.c.announced_at,
        later.c.state != DepartureState.WITHDRAWN,
        later.c.kind != DepartureKind.LOST_DEVICE,
    )
    left = select(last.c.id).where(
        last.c.person_id == _PEOPLE.id,
        last.c.kind.not_in(BESIDE),
        last.c.state != DepartureState.WITHDRAWN,
        last.c.begun_at.is_not(None),
        last.c.effective_at < before,
        or_(_PEOPLE.hired_on.is_(None), _PEOPLE.hired_on <= last.c.effective_at),
        ~since.exists(),
    )
    return left.exists()
