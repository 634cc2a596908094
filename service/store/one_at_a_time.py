"""Work that one transaction at a time does, over all nodes: whoever counts others must not be overtaken by them.

Such a lock is taken before any departure or step, and the ledger's after all rows where that can be: whoever held the
ledger meanwhile would keep waiting whoever has something else to record, and two who hold one of them each would wait
for each other.
"""

from enum import IntEnum

from sqlalchemy import text
from sqlalchemy.orm import Session


class Only(IntEnum):
    """What it is, and the number of its lock: any will do."""

    ANNOUNCES = 0x6578616E
    BEGINS = 0x65786262
    KEEPS_LOGS = 0x65786C67


def wait_to(session: Session, only: Only) -> None:
    """Nobody else does the same until this transaction ends."""
    if not alone_anyhow(session):
        session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": only.value})


def may(session: Session, only: Only) -> bool:
    """The same where nobody is at it; else nothing is waited for, and the answer is no."""
    if alone_anyhow(session):
        return True
    return bool(session.scalar(text("SELECT pg_try_advisory_xact_lock(:key)"), {"key": only.value}))


def alone_anyhow(session: Session) -> bool:
    """On SQLite one transaction writes.

    Where several do, a question that waited for somebody's row tells it as it is then, and nothing of what they
    added: that the next question sees.
    """
    return session.get_bind().dialect.name != "postgresql"
