"""Copies of checkpoints where we cannot rewrite them: without one, a roll-back cannot be noticed."""

import os
from datetime import datetime
from pathlib import Path
from typing import Protocol

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.ledger.checkpoint import SignedCheckpoint
from service.ledger.readers import advance, position
from service.store import Store
from service.store.failpoints import passing

FILE_NAME = "checkpoints.txt"


class Sink(Protocol):
    """A place outside the database that keeps checkpoints."""

    def publish(self, note: str) -> None:
        """Keep the note. The same note may come twice."""
        ...


class FileSink:
    """A file that only grows. Let the folder be somewhere the service's host cannot rewrite."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / FILE_NAME

    def publish(self, note: str) -> None:
        """Append the note and have the disk keep it."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        data = f"\n{note}".encode()  # the newline first: it ends whatever an earlier full disk cut short
        handle = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
        try:
            if os.write(handle, data) != len(data):
                raise OSError(f"{self._path} took only a part of the checkpoint. Is the disk full?")
            os.fsync(handle)
        finally:
            os.close(handle)


def unpublished_since(session: Session, name: str) -> datetime | None:
    """Since when the sink has not had a checkpoint; nothing when it has every one."""
    query = select(SignedCheckpoint.at).where(SignedCheckpoint.size > position(session, name))
    return session.scalar(query.order_by(SignedCheckpoint.size).limit(1))


def publish(store: Store, sink: Sink, *, name: str) -> int:
    """Hand the sink every committed checkpoint it has not had; returns how many.

    `name` is the sink's cursor, counted in sizes. A crash in between hands a checkpoint over twice.
    """
    with store.read() as session:
        query = select(SignedCheckpoint).where(SignedCheckpoint.size > position(session, name))
        waiting = list(session.scalars(query.order_by(SignedCheckpoint.size)))
    for checkpoint in waiting:
        passing("checkpoint.publish.before")
        sink.publish(checkpoint.note)
        passing("checkpoint.publish.after")
        with store.write("checkpoint.cursor") as session:
            advance(session, name, checkpoint.size)
    return len(waiting)
