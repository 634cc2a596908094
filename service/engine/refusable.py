"""A refusal of what an operator wants of more than one run is on record."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from service.engine.decisions import NotDecided
from service.ledger.entry import append
from service.ledger.event import Event
from service.people.person import Person
from service.store import Store

#: So much of a verb that is none is recorded.
MOST_VERB = 20


@contextmanager
def refusable(
    store: Store, person_id: str, verb: str, *, door: str, now: datetime, **of: str
) -> Iterator[None]:
    """Around a transaction: a `NotDecided` that undid it is recorded in one of its own, then raised.

    Args:
        of: What else the record says.
    """
    try:
        yield
    except NotDecided as refused:
        with store.write("intervention.refused") as session:
            person = session.get(Person, person_id)
            actor = f"person:{person.subject}" if person else "person:unknown"
            body = {"verb": verb[:MOST_VERB], "reason": refused.reason, "door": door, **of}
            append(session, Event.INTERVENTION_REFUSED, actor=actor, body=body, at=now)
        raise
