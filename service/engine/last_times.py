"""When what is done over and over was last done well: a roster read, logs fetched, a connection that stands.

Rows, so that it is known after a restart and by the node that raises alarms, which may be another.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta

from sqlalchemy import String, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from service.store import Base, insert_for


class LastTime(Base):
    """One thing that is done over and over. `since` is when it was first tried; a success ends `failed_at`."""

    __tablename__ = "last_times"

    key: Mapped[str] = mapped_column(String(80), primary_key=True)
    since: Mapped[datetime]
    well_at: Mapped[datetime | None]
    failed_at: Mapped[datetime | None]


def note(session: Session, key: str, *, well: bool, at: datetime) -> None:
    """Write down how it went this time. Another node may write of the same at the same moment."""
    session.execute(insert_for(session)(LastTime).values(key=key, since=at).on_conflict_do_nothing())
    row = session.get_one(LastTime, key, with_for_update={"key_share": True}, populate_existing=True)
    if well:
        row.well_at, row.failed_at = at, None
    else:
        row.failed_at = at


def missed(
    session: Session, keys: Mapping[str, str], *, after: timedelta, now: datetime
) -> Iterator[tuple[str, datetime, bool]]:
    """Of these what has failed since its last success, or since it was first tried, for so long.

    Gives what the keys stand for, since when, and whether it ever went well. A key nobody tries any more is not
    asked for, and one that was not tried since its last success, as nobody worked, has not failed.
    """
    query = select(LastTime).where(LastTime.key.in_(keys), LastTime.failed_at.is_not(None))
    for row in session.scalars(query.order_by(LastTime.key)):
        since = row.well_at or row.since
        if now - since > after:
            yield keys[row.key], since, row.well_at is not None
