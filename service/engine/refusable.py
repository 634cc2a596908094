"""A refusal of what an operator wants is on record: by the verb, or by the guard before it."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select

from service.engine.decisions import NotDecided
from service.ledger.entry import LedgerEntry, append
from service.ledger.event import Event
from service.people.person import Person
from service.store import Store
from service.store.again import again

#: So much of a verb that is none is recorded.
MOST_VERB = 20
#: Whoever presses the same button once more within this time is on record already.
ONCE_WITHIN: Final = timedelta(minutes=1)
#: Among so many refusals of this time the same one is looked for.
LOOKED_AT_MOST: Final = 200

RELEASE, CANCEL_HELD, UNDO, APPROVE_PLAYBOOK = "release", "cancel held", "undo", "approve playbook"
CONFIRM, TAKE, ANSWER, ANNOUNCE, IMPORT = "confirm", "take", "answer", "announce", "import"
#: The entry that the verb itself would have written; of every other verb it is `intervention.refused`.
_RECORDED_AS: Final[Mapping[str, Event]] = {
    RELEASE: Event.APPROVAL_REFUSED,
    CANCEL_HELD: Event.APPROVAL_REFUSED,
    UNDO: Event.UNDO_REFUSED,
    APPROVE_PLAYBOOK: Event.PLAYBOOK_REFUSED,
    CONFIRM: Event.CONFIRMATION_REFUSED,
    TAKE: Event.CONFIRMATION_REFUSED,
    ANSWER: Event.CONFIRMATION_REFUSED,
    ANNOUNCE: Event.DEPARTURE_REFUSED,
    IMPORT: Event.BATCH_REFUSED,
}


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
            body = {"verb": verb[:MOST_VERB], "reason": refused.reason, "door": door, **of}
            append(session, Event.INTERVENTION_REFUSED, actor=_actor(person), body=body, at=now)
        raise


@again
def turned_away(store: Store, person_id: str, verb: str, *, door: str, now: datetime, **of: str) -> None:
    """Record that a door's own guard stopped whoever has not the role, before the verb could refuse it.

    Args:
        person_id: Who it was; empty for somebody whom nobody here knows.
        of: What else the record says.
    """
    event = _RECORDED_AS.get(verb, Event.INTERVENTION_REFUSED)
    body = {"verb": verb, "reason": "role" if person_id else "stranger", "door": door, **of}
    lately = (
        select(LedgerEntry)
        .where(LedgerEntry.event == event, LedgerEntry.at > now - ONCE_WITHIN)
        .order_by(LedgerEntry.seq.desc())
        .limit(LOOKED_AT_MOST)
    )
    with store.write("intervention.refused") as session:
        actor = _actor(session.get(Person, person_id))
        said = [(entry.content["actor"], entry.content["body"]) for entry in session.scalars(lately)]
        if (actor, body) not in said:
            append(session, event, actor=actor, body=body, at=now)


def _actor(person: Person | None) -> str:
    return f"person:{person.subject}" if person else "person:unknown"
