"""Steps that are just being let out, and somebody who wants the opposite in that moment."""

import threading
from collections.abc import Callable
from datetime import datetime

from service.engine.admission import Admission
from service.engine.lanes import Room
from service.store import Store


def waits_for(store: Store, work: Callable[[], object], *, now: datetime) -> bool:
    """Whether some work waits until the transaction that lets steps out is over; it has ended when this returns."""
    done = threading.Event()

    def worked() -> None:
        work()
        done.set()

    thread = threading.Thread(target=worked)
    with store.write() as session:
        Admission().admit(session, now=now, room=Room(sign_in=5, rest=5))
        thread.start()
        waited = not done.wait(0.3)
    thread.join(10)
    assert done.is_set()
    return waited
