"""What the limits are set to is on record: whoever raises one does it in the configuration, and the ledger says so.

No page, message or command sets them, so a service that starts is the one moment at which they can have changed.
"""

import json
from datetime import datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.departures.guardrails import Guardrails
from service.ledger.entry import LedgerEntry, append
from service.ledger.event import Event
from service.ledger.leaf import Json

ACTOR: Final = "system:configuration"

_LAST: Final = (
    select(LedgerEntry.leaf)
    .where(LedgerEntry.event == Event.GUARDRAILS_SET)
    .order_by(LedgerEntry.seq.desc())
    .limit(1)
)


def on_record(session: Session, guard: Guardrails, *, now: datetime) -> bool:
    """Record the limits where they are not those of the last entry about them; whether that was so."""
    told, last = _told(guard), session.scalar(_LAST)
    if last is not None and json.loads(last)["body"] == told:
        return False
    append(session, Event.GUARDRAILS_SET, actor=ACTOR, body=told, at=now)
    return True


def _told(guard: Guardrails) -> dict[str, Json]:
    """Numbers as they are, shares as they are written, and of lists how long they are: they name people."""
    return {
        "hour_people": guard.hour_people,
        "hour_percent": str(guard.hour_percent),
        "day_people": guard.day_people,
        "day_percent": str(guard.day_percent),
        "team_reports": guard.team_reports,
        "whole_teams": guard.whole_teams,
        "first_time": guard.first_time,
        "executive_titles": len(guard.executive_titles),
        "executives": len(guard.executives),
        "protected_people": len(guard.protected_people),
    }
