"""What was collected, what could be seen, and what was sealed for whom."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from service.store import Base


class RawFile(Base):
    """One log exactly as received, hashed before it was parsed. The bytes lie encrypted beneath the data folder."""

    __tablename__ = "raw_files"
    __table_args__ = (UniqueConstraint("connector", "name", "sha256"),)

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    connector: Mapped[str] = mapped_column(String(60), index=True)
    name: Mapped[str] = mapped_column(String(300))
    kind: Mapped[str] = mapped_column(String(80))
    format: Mapped[str] = mapped_column(String(80))
    day: Mapped[date] = mapped_column(index=True)
    sha256: Mapped[str] = mapped_column(String(64))
    size: Mapped[int]
    request: Mapped[dict[str, Any]]
    received_at: Mapped[datetime]


class Coverage(Base):
    """How complete one day of one log is, as last seen, and why not."""

    __tablename__ = "coverage"

    connector: Mapped[str] = mapped_column(String(60), primary_key=True)
    kind: Mapped[str] = mapped_column(String(80), primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    state: Mapped[str] = mapped_column(String(20))
    why: Mapped[str] = mapped_column(String(500), default="")
    seen_at: Mapped[datetime]


class Snapshot(Base):
    """One reading of a leaver's activity, sealed into the ledger. A later reading is a further version.

    `sealed` holds the findings and the leaver's activities, encrypted under a data key of this snapshot's own;
    `wrapped_key` is that key under the key-encryption key: without it the snapshot is gone for good.
    """

    __tablename__ = "snapshots"
    __table_args__ = (UniqueConstraint("departure_id", "version"),)

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    departure_id: Mapped[str] = mapped_column(ForeignKey("departures.id"), index=True)
    version: Mapped[int]
    sealed_at: Mapped[datetime]
    sealed_seq: Mapped[int]
    manifest_sha256: Mapped[str] = mapped_column(String(64))
    destroy_after: Mapped[datetime]
    wrapped_key: Mapped[bytes | None] = mapped_column(LargeBinary)
    sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
