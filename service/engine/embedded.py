"""The embedded deliverer: a loop and a thread pool in the one process that owns the database.

One thread writes everything: it collects what has finished, records it and admits more in one transaction, and
only then hands the admitted orders to the pool. A crash leaves intents without outcomes; the next start looks.
"""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from queue import Empty, SimpleQueue
from typing import Protocol

import structlog
from sqlalchemy.orm import Session

from service.engine.executor import Executor
from service.engine.machine import Machine
from service.engine.order import Order, Returned
from service.engine.progress import next_due
from service.store import Store

log = structlog.get_logger()

#: The longest sleep before looking again at what is due, in seconds.
TICK_S = 0.5
#: Orders out at once are bounded to this many per thread, so that an urgent one never waits long.
BACKLOG = 2


class BeginDue(Protocol):
    """Starts the runs whose time has come, in the given transaction."""

    def __call__(self, session: Session, *, now: datetime) -> object: ...


class Embedded:
    """The engine of one process.

    Args:
        begin_due: Starts the runs whose time has come; called inside every cycle's transaction.
    """

    def __init__(
        self,
        store: Store,
        machine: Machine,
        executor: Executor,
        *,
        begin_due: BeginDue,
        now: Callable[[], datetime],
        threads: int,
    ) -> None:
        self._store = store
        self._machine = machine
        self._executor = executor
        self._begin_due = begin_due
        self._now = now
        self._threads = threads
        self._returned: SimpleQueue[Returned] = SimpleQueue()
        self._wake = threading.Event()
        self._stop = threading.Event()
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="step")
        self._thread = threading.Thread(target=self._loop, name="engine", daemon=True)
        self._out = 0
        self.last_cycle_at: datetime | None = None

    def start(self) -> None:
        """Take back what a dead process left out, then begin."""
        with self._store.write() as session:
            taken_back = self._machine.lose(session, now=self._now())
        if taken_back:
            log.info("engine.took_back", steps=taken_back)
        self._thread.start()

    def wake(self) -> None:
        """Something may be due now."""
        self._wake.set()

    def stop(self) -> None:
        """Let what is out come back, record it, and end."""
        self._stop.set()
        self._wake.set()
        if self._thread.is_alive():
            self._thread.join(timeout=30)
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _loop(self) -> None:
        while not (self._stop.is_set() and self._out == 0):
            self._wake.clear()
            try:
                admitted = self.cycle()
            except Exception as error:
                log.exception("engine.cycle_failed", error=type(error).__name__)
                self._stop.wait(1.0)
                continue
            if not admitted:
                self._wake.wait(self._until_next())

    def _until_next(self) -> float:
        """Seconds to sleep: to the next thing that is due, and never long, as clocks can be turned."""
        with self._store.read() as session:
            due = next_due(session)
        if due is None or self.last_cycle_at is None or due <= self.last_cycle_at:
            return TICK_S  # what was due already is held by a gate or a full pool: a return wakes us
        return min(TICK_S, max(0.001, (due - self._now()).total_seconds()))

    def cycle(self) -> int:
        """Record what has finished and let out what is due, in one transaction; then hand it to the pool."""
        finished = self._collect()
        now = self._now()
        room = 0 if self._stop.is_set() else self._threads * BACKLOG - (self._out - len(finished))
        try:
            with self._store.write() as session:
                for returned in finished:
                    self._machine.finish(session, returned, now=now)
                self._begin_due(session, now=now)
                orders = self._machine.admit(session, now=now, room=room) if room > 0 else []
        except BaseException:
            for returned in finished:  # the calls have been made: their results must not be lost
                self._returned.put(returned)
            raise
        self._out += len(orders) - len(finished)
        self.last_cycle_at = now
        for order in orders:
            self._pool.submit(self._work, order)
        return len(orders) + len(finished)

    def _collect(self) -> list[Returned]:
        finished = []
        while True:
            try:
                finished.append(self._returned.get_nowait())
            except Empty:
                return finished

    def _work(self, order: Order) -> None:
        self._returned.put(self._executor.carry_out(order))
        self._wake.set()
