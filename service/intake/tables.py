"""What HR systems sent us, kept as it came, and which employees must still be looked up."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import LargeBinary, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from service.departures.kind import DepartureKind
from service.store import Base


class WebhookState(StrEnum):
    """What became of a webhook."""

    ACCEPTED = "accepted"
    IGNORED = "ignored"
    UNREADABLE = "unreadable"


class Webhook(Base):
    """An authentic message. `body` is the raw bytes, sealed for `webhook:<id>`."""

    __tablename__ = "webhooks"
    __table_args__ = (UniqueConstraint("source", "delivery_id"),)

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    source: Mapped[str] = mapped_column(String(60))
    delivery_id: Mapped[str] = mapped_column(String(200))
    body_sha256: Mapped[str] = mapped_column(String(64))
    body: Mapped[bytes] = mapped_column(LargeBinary)
    received_at: Mapped[datetime] = mapped_column(index=True)
    state: Mapped[WebhookState] = mapped_column(index=True)
    problem: Mapped[str] = mapped_column(Text, default="")
    answer: Mapped[dict[str, Any]]
    departure_id: Mapped[str | None] = mapped_column(String(36))


class PendingLookUp(Base):
    """An employee whose record in the HR system must be read. `hint` is another with every webhook.

    `since` is when the first came that nothing was settled after: HR sends hints every few minutes.
    """

    __tablename__ = "pending_look_ups"

    source: Mapped[str] = mapped_column(String(60), primary_key=True)
    employee_id: Mapped[str] = mapped_column(String(200), primary_key=True)
    hint: Mapped[str] = mapped_column(String(36))
    due_at: Mapped[datetime] = mapped_column(index=True)
    since: Mapped[datetime]
    attempts: Mapped[int] = mapped_column(default=0)
    problem: Mapped[str] = mapped_column(Text, default="")


class Told(Base):
    """What a looked-up HR system last said of someone who leaves; gone when they stay after all."""

    __tablename__ = "told"

    source: Mapped[str] = mapped_column(String(60), primary_key=True)
    employee_id: Mapped[str] = mapped_column(String(200), primary_key=True)
    last_day: Mapped[date]
    kind: Mapped[DepartureKind]
    told_at: Mapped[datetime]
