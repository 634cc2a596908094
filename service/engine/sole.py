"""The hold that one engine alone has of its database, and whether it still may let anything out.

On SQLite it is the operating system's lock of a file, which a process keeps for as long as it lives. PostgreSQL's
goes with the connection that took it: a machine that slept, or a connection that was cut, lost it and does not know.
So there the engine has a row with a heartbeat besides, as nodes have. It acts only while it trusts that row itself,
and another one that begins waits until nobody else can.
"""

from collections.abc import Callable
from functools import partial

import structlog
from sqlalchemy import select

from connectors.sdk.context import always
from service.engine.alone import OnlyEngine
from service.engine.nodes import IS_ALIVE, WORKS, Lease, Node, is_gone, this_process
from service.engine.pools import Threads
from service.store import Store

log = structlog.get_logger()


class Sole:
    """One process's hold, from `take` to `release`."""

    def __init__(self, store: Store, threads: Threads) -> None:
        self._store = store
        self._only = OnlyEngine(store)
        self._lease = None if store.is_sqlite else Lease(store, this_process(), threads, self._only)
        self._seen = -1  # the epoch in which nobody else was left
        self._anew = False
        self._told: list[str] = []

    def take(self) -> None:
        """Hold it from now on. Raises `AlreadyRunning`, or `SchemaTrouble`."""
        self._only.take()
        if self._lease is not None:
            self._lease.start()

    def release(self) -> None:
        """Hold it no longer."""
        if self._lease is not None:
            self._lease.stop()
        self._only.release()

    def check(self) -> None:
        """Raises `AlreadyRunning` once another engine works in this one's place."""
        if self._lease is not None and self._lease.lost is not None:
            raise self._lease.lost

    @property
    def still(self) -> Callable[[], bool]:
        """Asked of what is let out now, later: whether it is still ours to do."""
        return always if self._lease is None else partial(self._lease.holds, self._lease.epoch)

    def may(self) -> bool:
        """Whether we may let out: we hold it, and nobody who held it before us can believe that they do."""
        epoch = 0 if self._lease is None else self._lease.epoch
        if self._lease is not None and not self._lease.holds(epoch):
            return False
        if self._seen != epoch and not self._others():
            self._seen, self._anew = epoch, True
        return self._seen == epoch

    def anew(self) -> bool:
        """Once after each time it was taken, or taken again: what is out may be with nobody."""
        anew, self._anew = self._anew, False
        return anew

    def _others(self) -> list[str]:
        """Who may believe it still; told once in the log."""
        if self._lease is None:
            return []
        with self._store.read() as session:
            alive = session.scalars(select(Node).where(IS_ALIVE, WORKS, Node.id != self._lease.id))
            others = sorted(node.name for node in alive if not is_gone(node))
        if others and others != self._told:
            log.info("engine.waits", until_they_are_gone=others)
        self._told = others
        return others
