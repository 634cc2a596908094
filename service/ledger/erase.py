"""Erasing a leaver: their key goes, the entries stay, the tree still verifies."""

from datetime import datetime

from sqlalchemy.orm import Session

from service.ledger.entry import append, head
from service.ledger.event import Event
from service.ledger.subject import destroy_key


def erase(session: Session, subject: str, *, actor: str, at: datetime) -> int:
    """Destroy the subject's key and record that; returns the entry's `seq`.

    Copies of the database made before still hold the wrapped key: they must age out too.
    """
    head(session)  # the lock first: no entry may be committing under the key meanwhile
    had_key = destroy_key(session, subject)
    return append(
        session, Event.SUBJECT_ERASED, actor=actor, subject=subject, body={"had_key": had_key}, at=at
    )
