"""Steps that are just being let out, and somebody who wants the opposite in that moment."""

import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime

from sqlalchemy import text

from service.engine.admission import Admission
from service.engine.lanes import Room
from service.store import Store

#: How many wait for somebody else's lock in this PostgreSQL database.
WAITING = """
    SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()
"""


def waits_for(store: Store, work: Callable[[], object], *, now: datetime) -> bool:
    """Whether some work waits until the transaction that lets steps out is over; it has ended when this returns."""
    with ThreadPoolExecutor(1) as pool:
        with store.write() as session:
            Admission().admit(session, now=now, room=Room(sign_in=5, rest=5))
            working = pool.submit(work)
            waited = _stands_still(store, working)
        working.result(timeout=30)
    return waited


def _stands_still(store: Store, working: Future[object]) -> bool:
    """As PostgreSQL says so: on a busy machine what only takes long would pass for it."""
    until = time.monotonic() + 30
    while not working.done() and time.monotonic() < until:
        with store.read() as session:
            if session.scalar(text(WAITING)):
                return True
        time.sleep(0.01)
    return False
