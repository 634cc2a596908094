"""The embedded deliverer: a loop and a thread pool in the one process that owns the database.

One thread writes everything: it collects what has finished, records it and admits more in one transaction, and
only then hands the admitted orders to the pool. A crash leaves intents without outcomes; the next start looks.
When the transaction fails, each result is recorded alone, so that one that cannot be stops none of the others.
"""

import threading
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import replace
from datetime import datetime
from functools import partial
from queue import Empty, SimpleQueue
from typing import Self

import structlog

from service.engine.admission import Admission
from service.engine.ahead import Looks, about_to_seal, next_after, sealing
from service.engine.clock import BeginDue
from service.engine.executor import Executor
from service.engine.lanes import Room
from service.engine.machine import Machine
from service.engine.order import Order, Returned, not_begun
from service.engine.parts import Parts
from service.engine.pools import Pools, Threads
from service.engine.progress import next_due
from service.engine.recording import unrecordable
from service.engine.sole import Sole
from service.engine.threads import AWAY, tried
from service.ledger.entry import gathered
from service.store import Store
from service.store.failpoints import passing
from service.store.migrate import stand_still

log = structlog.get_logger()

#: The longest sleep before looking again at what is due, in seconds.
TICK_S = 0.5
#: News that comes closer together than this is begun together, in seconds.
BEGIN_S = 0.03
#: The same while steps are out: more share what a beginning costs, and turns are taken in between, in seconds.
BEGIN_BUSY_S = 0.15
#: Where more are due than begin at once, so many turns come first: what has finished does not wait for a crowd.
TURNS_BETWEEN = 2
#: With work enough out, results are gathered so long and cost one transaction, in seconds.
GATHER_S = 0.02
#: After an error nobody foresaw, in seconds.
PAUSE_S = 1.0
#: A result that failed to be recorded so often, though the database was there, is recorded as a failure.
MOST_FAILURES = 3
#: How long an end waits for what is out, in seconds.
PATIENCE_S = 30.0

Slip = tuple[str, int]


class Embedded:
    """The engine of one process.

    Args:
        begin_due: Starts the runs whose time has come, in a transaction of its own.
    """

    def __init__(
        self,
        store: Store,
        admission: Admission,
        machine: Machine,
        executor: Executor,
        *,
        begin_due: BeginDue,
        now: Callable[[], datetime],
        threads: Threads,
    ) -> None:
        self._store = store
        self._admission = admission
        self._machine = machine
        self._executor = executor
        self._begin_due = begin_due
        self._now = now
        self._threads = threads
        self._returned: SimpleQueue[Returned] = SimpleQueue()
        self._wake = threading.Event()
        self._stop = threading.Event()
        self._nothing = threading.Event()  # to pause by: `time.sleep` fails where tests turn our clock
        self._pools = Pools(threads)
        self._looks = Looks()
        self._thread = threading.Thread(target=self._loop, name="engine", daemon=True)
        self._sole = Sole(store, threads)
        self._out: set[Slip] = set()
        self._shutting: set[Slip] = set()  # those of them that are in the sign-in lane
        self._failures: dict[Slip, int] = {}
        self._in_doubt = False
        self._news = True  # somebody said that something may be due
        self._turns_left = 0  # until those are begun who did not fit into the last beginning
        self._begun = 0.0  # by the monotonic clock, when we had last looked who begins
        self.last_cycle_at: datetime | None = None

    @classmethod
    def of(cls, parts: Parts) -> Self:
        """The engine made of these parts."""
        return cls(
            parts.store,
            parts.admission,
            parts.machine,
            parts.executor,
            begin_due=parts.begin_due,
            now=parts.now,
            threads=parts.threads,
        )

    def start(self) -> None:
        """Take back what a dead process left out, then begin. Raises `AlreadyRunning`, or `SchemaTrouble`."""
        self._sole.take()
        alone = self._sole.may()
        with self._store.write("take-back") as session:
            stand_still(session)
            taken_back = self._admission.lose(session, now=self._now()) if alone and self._sole.anew() else 0
        if taken_back:
            log.info("engine.took_back", steps=taken_back)
        self._thread.start()

    def check(self) -> None:
        """Raises `AlreadyRunning` once another engine works in this one's place."""
        self._sole.check()

    def wake(self) -> None:
        """Something may be due now."""
        self._news = True
        self._wake.set()

    def stop(self) -> None:
        """Let what is out come back, record it, and end."""
        self._stop.set()
        self._wake.set()
        if self._thread.is_alive():
            self._thread.join(timeout=PATIENCE_S)
        self._pools.end(wait=not self._thread.is_alive())
        self._sole.release()

    def _loop(self) -> None:
        while not (self._stop.is_set() and not self._out):
            if _reported(self._cycle_and_wait) is not None:
                self._nothing.wait(PAUSE_S)

    def _cycle_and_wait(self) -> None:
        self._wake.clear()
        if not self._sole.may():
            self._stand_aside()
            return
        if self._sole.anew():
            self._in_doubt = True
        if self.cycle() and len(self._out) > self._threads.rest:
            self._stop.wait(GATHER_S)  # the pool has work enough: record several together
        # most often something comes back at once, and nobody need ask the database until when to sleep
        elif not (self._wake.wait(GATHER_S) or self._wake.wait(self._until_next())):
            self._news = True  # nobody woke us: a time has come, perhaps somebody's
        self._gather_news()

    def _stand_aside(self) -> None:
        """Another engine may be at work: what our calls did is recorded, and nothing else is done."""
        for returned in self._collect():
            self._recorded_alone(returned, now=self._now())
        self._wake.wait(TICK_S)

    def _until_next(self) -> float:
        """Seconds to sleep: to the next thing that is due, and never long, as clocks can be turned."""
        with self._store.read() as session:
            due = next_due(session)
        soon = max(0.001, self._until_begin()) if self._news else TICK_S
        if due is None or self.last_cycle_at is None or due <= self.last_cycle_at:
            return soon  # what was due already is held by a gate or a full pool: a return wakes us
        return min(soon, max(0.001, (due - self._now()).total_seconds()))

    def _until_begin(self) -> float:
        """Seconds until we look who begins: a look costs as much as a few steps, so none is taken without need."""
        soon = BEGIN_BUSY_S if self._out else BEGIN_S
        return self._begun + (soon if self._news else TICK_S) - time.monotonic()

    def _gather_news(self) -> None:
        """A webhook woke us, and nothing is out that could come back: wait for those right behind it."""
        if self._news and not self._out:
            self._stop.wait(max(0.0, self._until_begin()))

    def cycle(self) -> int:
        """Begin due runs, record what has finished and let out what is due; then hand it to the pool."""
        now = self._now()
        if self._until_begin() <= 0:
            self._news = False
            _reported(self._begin, now)
            self._begun = time.monotonic()
        executor = self._executing()
        finished = self._collect()
        with ExitStack() as cut_short:
            cut_short.callback(self._doubt, finished, now)
            orders = self._turn(finished, now=now)
            cut_short.pop_all()
        if self._turns_left == 1:
            self._news = True
        self._turns_left = max(0, self._turns_left - 1)
        self._out.difference_update(map(_slip, finished))
        self._out.update(map(_slip_of, orders))
        self._shutting.intersection_update(self._out)
        self._shutting.update(_slip_of(order) for order in orders if order.sign_in)
        self.last_cycle_at = now
        for order in orders:
            self._pools.submit(order, partial(self._work, executor))
        if new := self._looks.not_begun(sealing(orders)):
            _reported(self._look_ahead, now, new, ())
        return len(orders) + len(finished)

    def _look_ahead(self, now: datetime, sealing: Sequence[str], begun: Sequence[str]) -> None:
        """While these seal, or the runs just begun are about to, idle threads read what comes next.

        Where none is idle there is nothing to win.
        """
        idle = self._threads.rest - len(self._out) - len(begun)  # each run's seal is let out in a moment
        if idle <= 0:
            return
        with self._store.read() as session:
            seals = sealing or about_to_seal(session, begun, now=now)
            orders = next_after(session, seals, now=now, most=idle) if seals else []
        executor = self._executing()
        self._looks.begin(seals, orders, lambda order: self._pools.submit(order, executor.look))

    def _begin(self, now: datetime) -> None:
        with self._store.write("begin") as session:
            begun = self._begin_due(session, now=now)
        self._turns_left = TURNS_BETWEEN if begun else 0  # there may be more than are begun at once
        if begun:
            _reported(self._look_ahead, now, (), begun)

    def _turn(self, finished: list[Returned], *, now: datetime) -> list[Order]:
        room = self._room(finished)
        with self._store.write("turn") as session, gathered(session):
            if self._in_doubt:  # a commit that failed may have stood: what it let out is with nobody
                self._admission.lose(session, now=now, alive=self._out)
            self._machine.finish_all(session, finished, now=now)
            orders = self._admission.admit(session, now=now, room=room) if room else []
        self._in_doubt = False
        return orders

    def _doubt(self, finished: list[Returned], now: datetime) -> None:
        """The turn was not taken, or nobody knows. The calls have been made: their results must not be lost."""
        self._in_doubt = True
        for returned in finished:
            self._recorded_alone(returned, now=now)

    def _room(self, finished: list[Returned]) -> Room:
        if self._stop.is_set():
            return Room(sign_in=0, rest=0)
        out = self._out - set(map(_slip, finished))
        return self._threads.room(sign_in=len(out & self._shutting), rest=len(out - self._shutting))

    def _recorded_alone(self, returned: Returned, *, now: datetime) -> None:
        """Record one result, or put it back. One that is itself at fault becomes a failure a person sees."""
        slip = _slip(returned)
        error = _reported(self._finish, returned, now)
        if error is not None and not isinstance(error, AWAY):
            self._failures[slip] = self._failures.get(slip, 0) + 1
        if error is not None and self._failures.get(slip, 0) >= MOST_FAILURES:
            error = _reported(self._finish, unrecordable(returned, error), now)
        if error is not None:
            self._returned.put(returned)
            return
        self._failures.pop(slip, None)
        self._out.discard(slip)

    def _finish(self, returned: Returned, now: datetime) -> None:
        with self._store.write("record") as session:
            self._machine.finish(session, returned, now=now)

    def _collect(self) -> list[Returned]:
        finished = []
        while True:
            try:
                finished.append(self._returned.get_nowait())
            except Empty:
                return finished

    def _executing(self) -> Executor:
        """Who carries out what is let out now, for as long as it is ours to do."""
        return replace(self._executor, still_ours=self._sole.still)

    def _work(self, executor: Executor, order: Order) -> None:
        looked = self._looks.taken(order)
        returned = executor.carry_out(order, looked) if executor.still_ours() else not_begun(order)
        passing("step.returned")
        self._returned.put(returned)
        self._wake.set()


def _reported(work: Callable[..., None], *arguments: object) -> Exception | None:
    return tried("engine.failed", partial(work, *arguments), what=work.__name__)


def _slip(returned: Returned) -> Slip:
    return _slip_of(returned.order)


def _slip_of(order: Order) -> Slip:
    return order.step_run_id, order.n
