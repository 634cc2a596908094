"""Writing down what became of a departure."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from service.departures.departure import Departure
from service.ledger.entry import append
from service.ledger.event import Event
from service.people.person import Person


def record(
    session: Session,
    departure: Departure,
    event: Event,
    *,
    at: datetime,
    by: str,
    body: Mapping[str, Any] | None = None,
    subject: str = "",
) -> int:
    """Append an entry about a departure, and about its run where it has one; gives its number.

    Args:
        subject: The leaver's, where whoever calls knows it.
    """
    return append(
        session,
        event,
        actor=by,
        subject=subject or session.get_one(Person, departure.person_id).subject,
        departure=departure.id,
        run=departure.run_id or "",
        body=body,
        at=at,
    )
