"""The scale-out deliverer: any number of nodes on one PostgreSQL, with messages that Procrastinate carries.

A node lets steps out, as many as all nodes together have threads for, and hands them over in the same transaction.
Whichever node receives a message takes its attempts (each once, by its number) and makes the calls outside any
transaction. One thread a node records whatever has come back meanwhile, together, and then lets out more.
"""

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from queue import Empty, SimpleQueue

import structlog
from sqlalchemy import func, select, union_all
from sqlalchemy.orm import Session

from service.engine import messages, nodes
from service.engine.alone import OnlyEngine
from service.engine.in_hand import InHand, Slip
from service.engine.lanes import SIGN_IN, Room
from service.engine.messages import hand_over
from service.engine.nodes import Lease
from service.engine.order import Order, Returned
from service.engine.parts import Parts
from service.engine.pools import Pools
from service.engine.receiving import Receiving
from service.engine.reconcile import EVERY_S, reconcile
from service.engine.recording import Recorder
from service.engine.tables import OUT_OR_READ, StepRun
from service.engine.taking import taken
from service.engine.threads import tried
from service.store import Prepared, table_of
from service.store.one_at_a_time import Only, may

log = structlog.get_logger()

TICK_S = 0.5
#: News that comes closer together than this is begun together, in seconds.
BEGIN_S = 0.03
#: With work enough in hand, results are gathered so long and cost one transaction, in seconds.
GATHER_S = 0.02
PAUSE_S = 1.0
#: How long an end waits for what is out, in seconds.
PATIENCE_S = 30.0
#: An attempt that is over; without a result it was dropped.
_Back = tuple[Slip, Returned | None]

_STEPS = table_of(StepRun).c
#: What is out, by whether it is in the sign-in lane.
_OUT_NOW = union_all(
    *(select(_STEPS.priority.in_(SIGN_IN).label("sign_in")).where(condition) for condition in OUT_OR_READ)
).subquery()
_HOW_MANY_OUT = Prepared(select(_OUT_NOW.c.sign_in, func.count()).group_by(_OUT_NOW.c.sign_in))


class Cluster:
    """One node's engine.

    Args:
        name: How the node is called in its row, such as host and process id.
    """

    def __init__(self, parts: Parts, *, name: str) -> None:
        parts = parts.handing_over()
        self._parts, self._store, self._now = parts, parts.store, parts.now
        self._only = OnlyEngine(parts.store)
        self._lease = Lease(parts.store, name, parts.threads, self._only)
        self._pools = Pools(parts.threads)
        self._recorder = Recorder(parts.store, parts.machine, parts.now, self._patient)
        self._sender = messages.sender()
        self._receiving = Receiving(parts.store.url, self._attempts, self.wake)
        self._in_hand = InHand(parts.threads)
        self._returned: SimpleQueue[_Back] = SimpleQueue()
        self._news = True  # somebody said that something may be due
        self._began = 0.0  # when we last looked at what is due, by the monotonic clock
        self._wake, self._stop = threading.Event(), threading.Event()
        self._stopped_at = 0.0
        self._thread = threading.Thread(target=self._loop, name="engine", daemon=True)
        self.last_cycle_at: datetime | None = None

    @property
    def id(self) -> str:
        """Of this node's row."""
        return self._lease.id

    def start(self) -> None:
        """Join the others. Raises `AlreadyRunning` where an engine works alone on this database."""
        self._only.share()
        self._lease.start()
        self._thread.start()
        self._receiving.start()

    def wake(self) -> None:
        """Something may be due now."""
        self._news = True
        self._wake.set()

    def stop(self) -> None:
        """Let what is here come back, record it, and leave."""
        self._stopped_at = time.monotonic()
        self._stop.set()
        self._in_hand.end()
        self._receiving.stop(PATIENCE_S)
        self._wake.set()
        if self._thread.is_alive():
            self._thread.join(timeout=PATIENCE_S)
        self._pools.end(wait=False)
        self._lease.stop()
        self._only.release()

    def check(self) -> None:
        """Raises `AlreadyRunning` once an engine works alone, which took this node's lock after it was lost."""
        if self._lease.lost is not None:
            raise self._lease.lost

    def _patient(self) -> bool:
        return not self._stop.is_set() or time.monotonic() - self._stopped_at < PATIENCE_S

    def _loop(self) -> None:
        judged = 0.0
        while not self._stop.is_set() or (self._in_hand and self._patient()):
            self._wake.clear()
            moved = self._reported(self.cycle)
            if time.monotonic() - judged > EVERY_S:
                judged = time.monotonic()
                self._reported(self.reconcile)
            if not moved:
                self._wake.wait(TICK_S)
            elif self._in_hand.busy:
                self._stop.wait(GATHER_S)

    def _reported(self, work: Callable[[], int]) -> int:
        """What moved; where it failed, nothing has, and there is a pause."""
        moved = tried("engine.failed", work, what=work.__name__)
        if isinstance(moved, Exception):
            self._stop.wait(PAUSE_S)
            return 0
        return moved

    def cycle(self) -> int:
        """Record what came back, begin what is due and let out what there is room for; says how many steps."""
        recorded = self._record()
        if self._stop.is_set():
            return recorded
        now = self._now()
        self._begin(now)
        with self._store.write("turn") as session:
            room = _room(session)
            steps = self._parts.admission.let_out(session, now=now, room=room) if room else []
            hand_over(session, self._sender, steps, self._parts.threads)
        self.last_cycle_at = now
        return recorded + len(steps)

    def _record(self) -> int:
        """Write down what has come back, together; says how many."""
        back = self._collect()
        finished = [returned for _, returned in back if returned is not None]
        if len(finished) < len(back):
            dropped = len(back) - len(finished)
            log.warning("engine.dropped", steps=dropped, because="this node was taken for dead")
        if finished:
            self._recorder.record(finished)
        self._in_hand.let_go([slip for slip, _ in back])
        return len(back)

    def _begin(self, now: datetime) -> None:
        """Begin runs where there was news, and every moment without; one node at a time."""
        since = time.monotonic() - self._began
        if since < (BEGIN_S if self._news else TICK_S):
            return
        self._news, self._began = False, time.monotonic()
        with self._store.write("begin") as session:
            if may(session, Only.BEGINS):
                begun = self._parts.begin_due(session, now=now)
                if begun:  # there may be more than are begun at once
                    self._news = True

    def reconcile(self) -> int:
        """Take back what is out with nobody, if we have seen the database long enough to say so."""
        if not self._lease.may_judge():
            return 0
        with self._store.write("take-back") as session:
            taken_back = reconcile(session, self._lease.id, lambda: self._in_hand.slips, now=self._now())
        if taken_back:
            log.warning("engine.took_back", steps=taken_back)
            self._wake.set()
        return taken_back

    def _attempts(self, slips: Sequence[Slip], *, sign_in: bool) -> None:
        """Take the attempts of one message. Returns when there are threads for those of another."""
        epoch = self._lease.epoch
        mine = self._in_hand.take(slips, sign_in=sign_in)
        orders: list[Order] = []
        try:
            orders = self._taken(mine)
        finally:
            self._in_hand.let_go(set(mine) - {_slip(order) for order in orders})
        for order in orders:
            self._pools.submit(order, partial(self._carry_out, epoch))
        self._in_hand.until_a_thread_is_free(sign_in=sign_in)

    def _taken(self, slips: Sequence[Slip]) -> list[Order]:
        with self._store.write("take") as session:
            return taken(session, slips, self._lease.id, now=self._now())

    def _carry_out(self, epoch: int, order: Order) -> None:
        held = partial(self._lease.holds, epoch)
        executor = replace(self._parts.executor, still_ours=held)
        self._returned.put((_slip(order), executor.carry_out(order) if held() else None))
        self._wake.set()

    def _collect(self) -> list[_Back]:
        back = []
        while True:
            try:
                back.append(self._returned.get_nowait())
            except Empty:
                return back


def _slip(order: Order) -> Slip:
    return order.step_run_id, order.n


def _room(session: Session) -> Room:
    """What all nodes together have threads for, less what is out."""
    out = {bool(sign_in): steps for sign_in, steps in _HOW_MANY_OUT.rows(session)}
    return nodes.together(session).room(sign_in=out.get(True, 0), rest=out.get(False, 0))
