"""The rows of one file, announced as one batch in the name of the person who brought it."""

from collections.abc import Callable
from datetime import datetime

from sqlalchemy.orm import Session

from service.departures.announce import announce
from service.departures.batch import Origin, open_batch
from service.departures.event import TerminationEvent
from service.departures.guardrails import Guardrails
from service.intake.receive import Announce, Together


def in_one_batch(title: str, *, by: str, guard: Guardrails, now: Callable[[], datetime]) -> Together:
    """What opens the batch in the transaction it is given, and announces each row as a part of it."""

    def together(session: Session) -> Announce:
        batch = open_batch(session, Origin.FILE, title, now=now(), by=by)

        def announced(session: Session, event: TerminationEvent) -> str:
            done = announce(session, event, now=now(), by=by, guard=guard, batch=batch.id)
            return done.departure_id

        return announced

    return together
