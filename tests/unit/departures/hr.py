"""HR's side of the door, and what came of what it said."""

import json
import uuid
from datetime import date, datetime, timedelta
from typing import Any

from service.departures.announce import Announced, announce
from service.departures.departure import Departure
from service.departures.event import Change, EventPerson, TerminationEvent
from service.departures.kind import DepartureKind, DepartureState
from service.ledger.entry import LedgerEntry
from service.store import Store

AHEAD = (DepartureState.ANNOUNCED, DepartureState.SCHEDULED, DepartureState.HELD)


class Hr:
    """HR's side of the door."""

    def __init__(self, store: Store, clock: Any) -> None:
        self.store, self.clock = store, clock

    def says(self, change: Change = Change.SCHEDULED, *, by: str = "", **more: Any) -> Announced:
        who = {"source_id": "hr-E-1", "name": "Person E-1", **more.pop("person", {})}
        told = {
            "source": "hr",
            "source_id": str(uuid.uuid4()),
            "kind": DepartureKind.VOLUNTARY,
            "last_day": date(2026, 3, 6) if change in (Change.SCHEDULED, Change.CHANGED) else None,
            "timezone": "Europe/Stockholm",
            "occurred_at": self.clock(),
            **more,
        }
        if told.get("access_off_at"):
            told["last_day"] = None
        event = TerminationEvent(change=change, person=EventPerson(**who), **told)
        with self.store.write() as session:
            return announce(session, event, now=self.clock(), by=by)

    def departures(self) -> list[Departure]:
        with self.store.read() as session:
            return list(session.query(Departure).order_by(Departure.announced_at))

    def becomes(self, state: DepartureState) -> None:
        with self.store.write() as session:
            departure = session.query(Departure).one()
            departure.state = state
            departure.run_id = None if state in AHEAD else "a run"

    def is_cut(self, state: DepartureState = DepartureState.REVOKING) -> datetime:
        """The time came, and the run began; gives the time."""
        (departure,) = self.departures()
        self.clock.now = departure.effective_at + timedelta(minutes=1)
        self.becomes(state)
        return departure.effective_at

    def ledger(self) -> list[dict[str, Any]]:
        with self.store.read() as session:
            return [json.loads(e.leaf) for e in session.query(LedgerEntry).order_by(LedgerEntry.seq)]
