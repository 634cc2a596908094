"""Which runs of a person act on an account that turns out to be theirs: never one of somebody who stays."""

from typing import Final

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from service.departures.departure import Departure
from service.departures.kind import BESIDE, LEAVING, DepartureState
from service.departures.left import has_left
from service.engine.tables import Run
from service.engine.undos import Undo
from service.people.person import Person


def not_taken_back(session: Session, person_id: str) -> frozenset[str]:
    """The person's runs that nobody takes back, or took back: what waits there for an answer may go on."""
    return frozenset(session.scalars(_KEPT, {"person": person_id}))


def shut_what_is_theirs(session: Session, person_id: str) -> frozenset[str]:
    """Those of them in which what is done is done for a further account too, though it was over.

    Whoever came back, or leaves anew at another time, has accounts that an old run must not touch; and once a lost
    laptop is dealt with, its run is over for good.
    """
    under_way = set(session.scalars(_BESIDE, {"person": person_id}))
    if has_left(session, session.get_one(Person, person_id)):
        newest = session.scalar(_NEWEST, {"person": person_id})
        under_way |= set(session.scalars(_KEPT.where(Departure.id == newest), {"person": person_id}))
    return frozenset(under_way)


_KEPT: Final = (
    select(Run.id)
    .join(Departure, Departure.id == Run.departure_id)
    .outerjoin(Undo, Undo.run_id == Run.id)
    .where(Departure.person_id == bindparam("person"), Departure.state != DepartureState.WITHDRAWN)
    .where(Undo.run_id.is_(None))
)
_BESIDE: Final = _KEPT.where(Departure.kind.in_(BESIDE), Run.finished_at.is_(None))
_NEWEST: Final = (
    select(Departure.id)
    .where(Departure.person_id == bindparam("person"), Departure.kind.in_(LEAVING))
    .where(Departure.state != DepartureState.WITHDRAWN)
    .order_by(Departure.announced_at.desc())
    .limit(1)
)
