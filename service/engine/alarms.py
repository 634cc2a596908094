"""Alarms: what stays stuck is recorded once when it is noticed and once when it moves again; readers tell it.

Nothing else is kept: the open alarms are those the ledger has raised and not ended.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import structlog
from sqlalchemy import select
from sqlalchemy.orm import Session

from service.departures.departure import Departure
from service.engine.found_stuck import Stuck, StuckKind
from service.engine.kept_back import held_late, held_now, paused, thrown_late
from service.engine.kill_switch import stopped
from service.engine.overdue import overdue
from service.engine.record import ENGINE
from service.engine.stuck import Watch, batches_now
from service.ledger.entry import LedgerEntry, append
from service.ledger.event import Event
from service.people.person import Person
from service.store import Store

log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm:
    """One open alarm, as the ledger has it."""

    seq: int
    key: str
    kind: StuckKind
    said: str
    fix: str
    raised_at: datetime
    run_id: str
    departure_id: str


def open_alarms(session: Session, *, run_id: str | None = None) -> list[Alarm]:
    """What was found stuck and has not moved since; of one run, or of everything."""
    query = select(LedgerEntry).where(LedgerEntry.event.in_((Event.ALARM_RAISED, Event.ALARM_ENDED)))
    if run_id is not None:
        query = query.where(LedgerEntry.run_id == run_id)
    found: dict[str, Alarm] = {}
    for entry in session.scalars(query.order_by(LedgerEntry.seq)):
        alarm = alarm_of(entry)
        if entry.event == Event.ALARM_RAISED:
            found[alarm.key] = alarm
        else:
            found.pop(alarm.key, None)
    return list(found.values())


def told_now(session: Session, *, now: datetime) -> list[Alarm]:
    """The open alarms in today's words: what waits of a batch is counted anew, because people let a part of it go."""
    counted = [
        *held_now(session, now),
        *held_late(session, now),
        *batches_now(session, now),
        *paused(session, now),
        *overdue(session, now),
    ]
    if (thrown := stopped(session)) is not None:
        counted += thrown_late(session, thrown, now)
    today = {stuck.key: stuck.said for stuck in counted}
    return [replace(alarm, said=today.get(alarm.key, alarm.said)) for alarm in open_alarms(session)]


def alarm_of(entry: LedgerEntry) -> Alarm:
    """What an entry says."""
    body: Any = entry.content["body"]
    return Alarm(
        seq=entry.seq,
        key=str(body["alarm"]),
        kind=StuckKind(str(body["kind"])),
        said=str(body.get("said", "")),
        fix=str(body.get("fix", "")),
        raised_at=entry.at,
        run_id=entry.run_id,
        departure_id=entry.departure_id,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarms:
    """Looks for what is stuck. `look` is called by a tick of its own, so that it works while the engine does not.

    What is found once may be about to move: after a sleep, or a weekend out of work, everything lies behind until
    those who do it have had their turn. So an alarm needs two looks in a row that find the same.
    """

    store: Store
    watch: Watch
    now: Callable[[], datetime]
    _found: dict[str, datetime] = field(default_factory=dict)

    def look(self) -> None:
        """Raise an alarm for whatever stays stuck, end those of what moves again."""
        now = self.now()
        with self.store.read() as session:
            stuck = {each.key: each for each in self.watch.look(session, now=now)}
            known = {alarm.key: alarm for alarm in open_alarms(session)}
        raised, ended = self._stay(stuck, now=now) - known.keys(), known.keys() - stuck.keys()
        if not raised and not ended:
            return
        with self.store.write("alarm") as session:
            still = {alarm.key for alarm in open_alarms(session)}  # of several nodes one tells
            for key in sorted(raised - still):
                _raise(session, stuck[key], now=now)
            for key in sorted(ended & still):
                _end(session, known[key], now=now)
        for key in sorted(raised):
            log.warning("alarm.raised", kind=stuck[key].kind.value, said=stuck[key].said)

    def _stay(self, stuck: Mapping[str, Stuck], *, now: datetime) -> set[str]:
        """What the last look found as well and has been stuck since before it; what is held, at once."""
        before = dict(self._found)
        self._found.clear()
        self._found.update(dict.fromkeys(stuck, now))
        return {
            key
            for key, each in stuck.items()
            if each.kind is StuckKind.HELD or (key in before and each.since <= before[key])
        }


def _raise(session: Session, stuck: Stuck, *, now: datetime) -> None:
    body = {"alarm": stuck.key, "kind": stuck.kind.value, "said": stuck.said, "fix": stuck.fix}
    append(
        session,
        Event.ALARM_RAISED,
        actor=ENGINE,
        subject=_subject(session, stuck.departure_id),
        departure=stuck.departure_id,
        run=stuck.run_id,
        step=stuck.step,
        body=body,
        at=now,
    )


def _end(session: Session, alarm: Alarm, *, now: datetime) -> None:
    append(
        session,
        Event.ALARM_ENDED,
        actor=ENGINE,
        subject=_subject(session, alarm.departure_id),
        departure=alarm.departure_id,
        run=alarm.run_id,
        body={"alarm": alarm.key, "kind": alarm.kind.value},
        at=now,
    )


def _subject(session: Session, departure_id: str) -> str:
    query = select(Person.subject).join(Departure, Departure.person_id == Person.id)
    return session.scalar(query.where(Departure.id == departure_id)) or "" if departure_id else ""
