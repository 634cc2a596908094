"""Departures that belong together, announced in one file or held by one guardrail: decided about as one."""

import uuid
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from sqlalchemy import String, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from service.ledger.entry import append
from service.ledger.event import Event
from service.store import Base

#: What a guardrail holds later than this belongs to a new batch.
STILL_THE_SAME: Final = timedelta(hours=24)


class Origin(StrEnum):
    """Who put departures together."""

    GUARDRAIL = "guardrail"
    FILE = "file"


class Batch(Base):
    """Departures that people decide about together.

    A stopped batch begins nothing and lets no step out. Its waves up to `open_wave` may begin.
    """

    __tablename__ = "batches"

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    number: Mapped[int] = mapped_column(unique=True)
    origin: Mapped[Origin]
    title: Mapped[str] = mapped_column(String(200))
    opened_at: Mapped[datetime]
    opened_by: Mapped[str] = mapped_column(String(200))
    open_wave: Mapped[int] = mapped_column(default=1)
    stopped_at: Mapped[datetime | None]
    stopped_because: Mapped[str] = mapped_column(String(500), default="")


def open_batch(session: Session, origin: Origin, title: str, *, now: datetime, by: str) -> Batch:
    """A new batch, recorded."""
    number = (session.scalar(select(func.max(Batch.number))) or 0) + 1
    batch = Batch(
        id=str(uuid.uuid4()), number=number, origin=origin, title=title[:200], opened_at=now, opened_by=by
    )
    session.add(batch)
    session.flush()
    body = {"batch": batch.id, "number": number, "origin": origin.value}
    append(session, Event.BATCH_OPENED, actor=by, body=body, at=now)
    return batch


def guardrails_batch(session: Session, title: str, *, now: datetime, by: str) -> Batch:
    """The batch of what a guardrail holds now: five thousand are one, however they arrive."""
    newest = session.scalar(
        select(Batch)
        .where(Batch.origin == Origin.GUARDRAIL, Batch.title == title, Batch.opened_at > now - STILL_THE_SAME)
        .order_by(Batch.number.desc())
        .limit(1)
    )
    return newest or open_batch(session, Origin.GUARDRAIL, title, now=now, by=by)
