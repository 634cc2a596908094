"""Whether somebody has left: from the beginning of their departure's run they decide nothing here, at no door.

Of a sealed departure no door knows before its time: a role that is gone would be the first its leaver hears of it.
"""

from collections.abc import Collection
from typing import Final

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from service.departures.departure import Departure
from service.departures.kind import BESIDE, LEAVING, OVER, DepartureKind, DepartureState
from service.departures.times import last_day
from service.people.person import Person, Role, roles_of

#: In one of these nobody is leaving any more.
STAYS: Final = (DepartureState.WITHDRAWN, DepartureState.RESTORING)


def has_left(session: Session, person: Person) -> bool:
    """True once the run of a person's departure has begun, unless they were hired again or came back since.

    Whose laptop is lost has not left. What is done to accounts goes by this; what people may do, by `is_out`.
    """
    return _left(session, person)


def is_out(session: Session, person: Person) -> bool:
    """Whether the doors are shut to somebody: they have left, and it is no secret from them."""
    return _left(session, person, Departure.sealed.is_(False))


def is_gone(session: Session, person: Person) -> bool:
    """Whether somebody has left, and whatever was to be done about it is done; as far as that is no secret."""
    going_on = select(Departure.id).where(Departure.person_id == person.id, Departure.state.not_in(OVER))
    return is_out(session, person) and session.scalar(going_on.limit(1)) is None


def who_leave(session: Session, people: Collection[str], which: ColumnElement[bool]) -> frozenset[str]:
    """Who of these is leaving, or has left: who came back since is here, whatever shut them out before.

    Args:
        which: Of their departures only these count, and none that is sealed: it would tell of it.
    """
    query = select(Departure.person_id, Departure.run_id).where(
        Departure.person_id.in_(people),
        which,
        Departure.state.not_in(STAYS),
        Departure.kind.not_in(BESIDE),
        Departure.sealed.is_(False),
    )
    found = session.execute(query).all() if people else ()
    ahead = {person_id for person_id, run_id in found if run_id is None}
    begun = {person_id for person_id, _ in found} - ahead
    return frozenset(ahead | {one for one in begun if is_out(session, session.get_one(Person, one))})


def _left(session: Session, person: Person, *where: ColumnElement[bool]) -> bool:
    begun = select(Departure.effective_at, Departure.zone, Departure.begun_at, Departure.kind).where(
        Departure.person_id == person.id,
        Departure.run_id.is_not(None),
        Departure.state != DepartureState.WITHDRAWN,
        *where,
    )
    rows = session.execute(begun).all()
    back = [at for _, _, at, kind in rows if kind is DepartureKind.REHIRE and at is not None]
    return any(
        (person.hired_on is None or person.hired_on <= last_day(effective, zone))
        and not any(at is not None and at <= came for came in back)
        for effective, zone, at, kind in rows
        if kind in LEAVING
    )


def roles_now(session: Session, person_id: str) -> frozenset[Role]:
    """What a person may do here today: nothing once the doors are shut to them."""
    roles = roles_of(session, person_id)
    person = session.get(Person, person_id) if roles else None
    return frozenset() if person is not None and is_out(session, person) else roles
