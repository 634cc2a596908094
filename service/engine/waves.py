"""Waves of a batch: so many at a time, and the next when somebody says so; stopped and gone on with as a whole."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session

from service.departures.batch import Batch
from service.departures.departure import Departure
from service.departures.holding import MOST_BECAUSE
from service.departures.left import roles_now
from service.departures.sealing import hides_batch, open_to
from service.engine import kill_switch
from service.engine.decisions import NOTE_LEAST, NotDecided
from service.engine.record import record_said
from service.engine.refusable import refusable
from service.engine.releases import Release
from service.ledger.event import Event
from service.people.person import Person, Role, records_of
from service.store import Store
from service.store.again import again

STEERING: Final = (Role.IT, Role.APPROVER, Role.ADMIN)


def into_waves(
    session: Session, release: Release, listed: Sequence[tuple[Departure, Person]]
) -> Mapping[str, int]:
    """The wave of each departure of a release, after those there are; empty where all may go at once."""
    if release.wave_size is None or release.batch_id is None:
        return {}
    last = session.scalar(select(func.max(Departure.wave)).where(Departure.batch_id == release.batch_id)) or 0
    batch = session.get_one(Batch, release.batch_id, with_for_update={"key_share": True})
    if batch.open_wave >= last:  # nobody waits for a wave: the first of these goes at once
        batch.open_wave = last + 1
    return {
        departure.id: last + 1 + place // release.wave_size for place, (departure, _) in enumerate(listed)
    }


def may_begin_now() -> ColumnElement[bool]:
    """For a departure beside its batch: the batch is not stopped, and its wave is open."""
    open_ = or_(Departure.wave.is_(None), Departure.wave <= Batch.open_wave)
    return or_(Batch.id.is_(None), and_(Batch.stopped_at.is_(None), open_))


@again
def steer(  # noqa: PLR0913  what a person wants of a batch, each by its name
    store: Store,
    number: int,
    verb: str,
    *,
    person_id: str,
    because: str,
    door: str,
    now: datetime,
    seen: int | None = None,
) -> None:
    """Open the next wave, stop a batch or go on with it: `next`, `stop`, `go`. Raises `NotDecided`, on record.

    Args:
        seen: The last wave that stood open before whoever asks for the next one, where they looked at them.
    """
    refused = refusable(store, person_id, verb, door=door, now=now, batch=f"B-{number}")
    with refused, store.write("batch") as session:
        if verb == "stop":  # when this returns, no node lets anything more of it out
            kill_switch.wait_for_whoever_asks(session)
        batch = session.scalar(select(Batch).where(Batch.number == number).with_for_update(key_share=True))
        if batch is None or hides_batch(session, batch.id, person_id):
            raise NotDecided("unknown", f"There is no batch B-{number}. Nothing was changed.")
        _check(session, batch, person_id)
        if verb == "next" and seen is not None and seen != batch.open_wave:
            said = (
                f"Wave {batch.open_wave} is open already: somebody opened it meanwhile. Nothing was changed."
            )
            raise NotDecided("stale", said)
        event = _steered(session, batch, verb, because, now=now)
        body = {"batch": batch.id, "wave": batch.open_wave, "door": door}
        reason = batch.stopped_because if event is Event.BATCH_STOPPED else ""
        person = session.get_one(Person, person_id)
        record_said(session, event, person, body=body, at=now, reason=reason)


def _check(session: Session, batch: Batch, person_id: str) -> None:
    if not set(STEERING) & roles_now(session, person_id):
        raise NotDecided("role", "Only IT, approvers and administrators may do this. Nothing was changed.")
    # one that is sealed to its leaver does not exist for them: a refusal would be the first they hear of it
    own = select(Departure.id).where(
        Departure.batch_id == batch.id, Departure.person_id.in_(records_of(person_id)), open_to(person_id)
    )
    if session.scalar(own.limit(1)) is not None:
        raise NotDecided("leaver", "Who leaves with this batch does not steer it. Nothing was changed.")


def _steered(session: Session, batch: Batch, verb: str, because: str, *, now: datetime) -> Event:
    match verb:
        case "next":
            last = session.scalar(select(func.max(Departure.wave)).where(Departure.batch_id == batch.id)) or 0
            if batch.open_wave >= last:
                raise NotDecided("nothing", "There is no further wave. Nothing was changed.")
            batch.open_wave += 1
            return Event.BATCH_WAVE_OPENED
        case "stop":
            if not NOTE_LEAST <= len(because.strip()) <= MOST_BECAUSE:
                said = f"Say why, in {NOTE_LEAST} to {MOST_BECAUSE} characters. Nothing was changed."
                raise NotDecided("note", said)
            if batch.stopped_at is not None:
                raise NotDecided("nothing", "The batch is stopped already. Nothing was changed.")
            batch.stopped_at, batch.stopped_because = now, because.strip()
            return Event.BATCH_STOPPED
        case "go":
            if batch.stopped_at is None:
                raise NotDecided("nothing", "The batch is not stopped. Nothing was changed.")
            batch.stopped_at = None  # the words stay: the ledger commits to them
            return Event.BATCH_RESUMED
        case _:
            raise NotDecided("unknown", f"A batch knows next, stop and go, not {verb}. Nothing was changed.")
