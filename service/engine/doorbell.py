"""The engine of a node that only answers: it rings, and a node that carries steps out looks at what is due."""

import threading
from datetime import datetime
from typing import Final

from sqlalchemy import func, select

from service.engine import messages
from service.engine.nodes import IS_ALIVE, WORKS, Lease, Node
from service.engine.pools import Threads
from service.engine.threads import tried
from service.store import Store

#: However many webhooks come, nobody is called more often, in seconds.
PAUSE_S: Final = 0.05


class Doorbell:
    """Rings where `wake` was called.

    Args:
        name: How the node is called in its row, such as host and process id.
    """

    def __init__(self, store: Store, *, name: str) -> None:
        self._store = store
        self._lease = Lease(store, name, Threads(rest=0, sign_in=0))
        self._app = messages.sender()
        self._wake, self._stop = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._loop, name="doorbell", daemon=True)

    def start(self) -> None:
        """Begin to ring, and be seen by whoever would change the schema."""
        self._lease.start()
        self._thread.start()

    def wake(self) -> None:
        """Something may be due now."""
        self._wake.set()

    def stop(self) -> None:
        """Ring no more."""
        self._stop.set()
        self._wake.set()
        if self._thread.is_alive():
            self._thread.join(timeout=5)
        self._lease.stop()

    def check(self) -> None:
        """Whoever works may: this one carries nothing out."""

    @property
    def last_cycle_at(self) -> datetime | None:
        """When the latest of the nodes that carry steps out was heard; nothing where none lives."""
        with self._store.read() as session:
            return session.scalar(select(func.max(Node.beat_at)).where(IS_ALIVE, WORKS))

    def ring(self) -> None:
        """Put a message where a node hears it at once, unless one lies there."""
        from procrastinate.exceptions import AlreadyEnqueued

        try:
            with self._store.write("doorbell") as session:
                connection = messages.reached(session)
                task = self._app.configure_task(
                    messages.LOOK, queue=messages.LOOK, queueing_lock=messages.LOOK, connection=connection
                )
                task.defer()
        except AlreadyEnqueued:
            return

    def _loop(self) -> None:
        while not self._stop.is_set():
            self._wake.wait()
            self._wake.clear()
            if self._stop.wait(PAUSE_S):
                return
            tried("doorbell.failed", self.ring)  # a node looks by itself every moment
