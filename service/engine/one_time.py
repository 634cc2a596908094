"""Nodes of one database go by one time: a machine whose clock is far from the database's begins nothing.

The guard of the clock notices what changes while a process runs, and believes what it found at its start.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import func, select

from service.settings import SettingsError
from service.store import Store, utc_now

#: Further apart than drift and slow answers: an hour's zone, or a machine that was asleep.
MOST_APART: Final = timedelta(minutes=1)


class ClocksApart(SettingsError):  # noqa: N818  a refusal, not a fault
    """This machine's clock is not the database's; the message says what to do."""


def agree(store: Store, *, now: Callable[[], datetime] = utc_now) -> None:
    """Raises `ClocksApart`; SQLite has no clock of its own."""
    if store.is_sqlite:
        return
    before = now()
    with store.read() as session:
        theirs = session.scalars(select(func.clock_timestamp())).one()
    apart = before + (now() - before) / 2 - theirs
    if abs(apart) <= MOST_APART:
        return
    way = "ahead of" if apart > timedelta(0) else "behind"
    raise ClocksApart(
        f"The clock of this machine is {abs(apart).total_seconds():.0f} s {way} the database's: people would be shut "
        "out at a wrong time, so nothing was started. Set right whichever is wrong, then start again."
    )
