"""Readers follow the ledger: each remembers the last entry it has seen. Nothing is announced that is not recorded."""

from sqlalchemy import String, insert, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from service.ledger.entry import SEQ, LedgerEntry
from service.store import Base


class Cursor(Base):
    """How far one reader has come."""

    __tablename__ = "reader_cursors"

    name: Mapped[str] = mapped_column(String(100), primary_key=True)
    seq: Mapped[int] = mapped_column(SEQ)


def position(session: Session, name: str) -> int:
    """The last entry the reader has seen; -1 before the first."""
    seq = session.scalar(select(Cursor.seq).where(Cursor.name == name))
    return -1 if seq is None else seq


def unread(session: Session, name: str, limit: int = 500) -> list[LedgerEntry]:
    """What the reader has not seen yet, oldest first."""
    query = select(LedgerEntry).where(LedgerEntry.seq > position(session, name))
    return list(session.scalars(query.order_by(LedgerEntry.seq).limit(limit)))


def advance(session: Session, name: str, seq: int) -> None:
    """Remember that the reader has seen everything up to `seq`. A cursor never goes back."""
    moved = update(Cursor).where(Cursor.name == name, Cursor.seq < seq).values(seq=seq)
    if session.connection().execute(moved).rowcount == 0 and position(session, name) == -1 != seq:
        session.connection().execute(insert(Cursor).values(name=name, seq=seq))
