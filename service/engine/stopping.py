"""Throwing the kill switch and taking it back: who may, and what is on record."""

from datetime import datetime
from typing import Final

from sqlalchemy.orm import Session

from service.departures.left import roles_now
from service.engine.decisions import NOTE_LEAST, NOTE_MOST, NotDecided
from service.engine.kill_switch import THE_ONE, KillSwitch
from service.engine.record import record_said
from service.engine.refusable import refusable
from service.ledger.event import Event
from service.people.person import Person, Role
from service.store import Store
from service.store.again import again

MAY_THROW: Final = (Role.IT, Role.ADMIN)


@again
def throw(store: Store, person_id: str, *, because: str, door: str, now: datetime) -> None:
    """Stop everything: when this returns, no node lets anything more out. Raises `NotDecided`, on record."""
    with refusable(store, person_id, "stop", door=door, now=now), store.write("kill-switch") as session:
        person = _may(session, person_id)
        if len(because.strip()) < NOTE_LEAST or len(because) > NOTE_MOST:
            raise NotDecided(
                "note", f"Say why, in {NOTE_LEAST} to {NOTE_MOST} characters. Nothing was changed."
            )
        row = _row(session)
        if row.stopped_at is not None:
            raise NotDecided("nothing", "The kill switch is thrown already. Nothing was changed.")
        row.stopped_at, row.stopped_by, row.because = now, person.id, because.strip()
        record_said(session, Event.ENGINE_STOPPED, person, body={"door": door}, at=now, reason=row.because)


@again
def take_back(store: Store, person_id: str, *, door: str, now: datetime) -> None:
    """Go on. Raises `NotDecided`, on record."""
    with refusable(store, person_id, "go", door=door, now=now), store.write("kill-switch") as session:
        person = _may(session, person_id)
        row = _row(session)
        if row.stopped_at is None:
            raise NotDecided("nothing", "The kill switch is not thrown. Nothing was changed.")
        row.stopped_at, row.stopped_by = None, None  # the words stay: the ledger commits to them
        record_said(session, Event.ENGINE_RESUMED, person, body={"door": door}, at=now)


def _may(session: Session, person_id: str) -> Person:
    if not set(MAY_THROW) & roles_now(session, person_id):
        raise NotDecided("role", "Only IT and administrators may do this. Nothing was changed.")
    return session.get_one(Person, person_id)


def _row(session: Session) -> KillSwitch:
    row = session.get(KillSwitch, THE_ONE, with_for_update={"key_share": True})
    if row is None:
        row = KillSwitch(id=THE_ONE)
        session.add(row)
    return row
