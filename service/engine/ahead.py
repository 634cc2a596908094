"""Reading a target system while the snapshot is being sealed: what the next steps read before they change anything.

Nothing is changed before the seal, and a reading changes nothing: so the accounts are looked up, and before-images
read, from the moment the run has begun and while sealing takes its time. The step that is let out afterwards goes on
with what was read for it; it reads by itself whatever was not, or is too old by then.
"""

import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from sqlalchemy import BindParameter, Integer, bindparam, exists, or_, select
from sqlalchemy.orm import Session

from service.engine.executor import LOOKED_S, Looked
from service.engine.order import Order
from service.engine.outgoing import orders_of
from service.engine.progress import PASSED
from service.engine.states import StepState
from service.engine.tables import Gate, Run, StepNeed, StepRun
from service.engine.values import VALUES, read
from service.playbook.catalogue import SEAL
from service.store import Prepared, table_of

_STEPS, _NEEDS, _GATES = table_of(StepRun).c, table_of(StepNeed).c, table_of(Gate).c
_RUNS = table_of(Run).c
_other = table_of(StepNeed).alias()
_needed = table_of(StepRun).alias()
_SEALING: Final[BindParameter[Any]] = bindparam("sealing", expanding=True)
_NOW: Final = bindparam("now", type_=_STEPS.next_at.type)
_SHUT: Final = select(_GATES.connector).where(or_(_GATES.open_from > _NOW, _GATES.tat > _NOW))
_OTHER_NEEDS: Final = (
    select(_other.c.step_run_id)
    .where(_needed.c.id == _other.c.needs_id)
    .where(_other.c.step_run_id == _STEPS.id, _other.c.needs_id.not_in(_SEALING))
    .where(_needed.c.state.not_in(PASSED))
)
#: What waits for these and nothing else, of systems whose gate is open.
_NEXT: Final = Prepared(
    select(*VALUES)
    .where(
        _STEPS.id.in_(select(_NEEDS.step_run_id).where(_NEEDS.needs_id.in_(_SEALING))),
        _STEPS.state == StepState.BLOCKED,
        _STEPS.release_after <= _NOW,
        _STEPS.undoes.is_(None),
        _STEPS.asks_person.is_(False),
        _STEPS.paused.is_(False),
        ~exists().where(_RUNS.id == _STEPS.run_id, _RUNS.paused.is_(True)),
        _STEPS.connector.not_in(_SHUT),
        ~_OTHER_NEEDS.exists(),
    )
    .order_by(_STEPS.priority, _STEPS.position)
    .limit(bindparam("most", type_=Integer))
)

_SEALS: Final = Prepared(
    select(_STEPS.id).where(
        _STEPS.run_id.in_(bindparam("runs", expanding=True)),
        _STEPS.action == SEAL,
        _STEPS.state == StepState.READY,
        _STEPS.next_at <= _NOW,
    )
)


def about_to_seal(session: Session, runs: Sequence[str], *, now: datetime) -> list[str]:
    """The step runs of these runs that will seal a snapshot as soon as they are let out."""
    return _SEALS.scalars(session, runs=runs, now=now)


def sealing(orders: Iterable[Order]) -> list[str]:
    """The step runs among these that seal a snapshot."""
    return [order.step_run_id for order in orders if order.action == SEAL]


def next_after(session: Session, sealing: Sequence[str], *, now: datetime, most: int) -> list[Order]:
    """What will be let out once these are done, as far as can be said: orders to look by, not to carry out."""
    steps = read(_NEXT, session, sealing=sealing, now=now, most=most)
    # a look shuts nothing: it is no business of the threads kept for the sign-in block
    return [replace(order, sign_in=False) for order in orders_of(session, steps, now=now)] if steps else []


class Looks:
    """The looks under way, by step run. Begun by the engine's thread, taken by those that carry steps out."""

    def __init__(self) -> None:
        self._begun: dict[str, tuple[float, Future[Looked]]] = {}
        self._seals: frozenset[str] = frozenset()

    def not_begun(self, sealing: Sequence[str]) -> list[str]:
        """Those of these seals for which nobody has looked ahead before they were let out."""
        return [seal for seal in sealing if seal not in self._seals]

    def begin(
        self, seals: Iterable[str], orders: Iterable[Order], submit: Callable[[Order], "Future[Looked]"]
    ) -> None:
        """Look for what comes after these seals; what nobody came for in time is forgotten."""
        self._seals = frozenset(seals)
        now = time.monotonic()
        for step, (at, _) in list(self._begun.items()):
            if now - at > LOOKED_S:
                self._begun.pop(step, None)
        for order in orders:
            self._begun[order.step_run_id] = now, submit(order)

    def taken(self, order: Order) -> Looked | None:
        """What was read for this step; waits while it is being read. Nothing where no look has begun."""
        _, look = self._begun.pop(order.step_run_id, (0.0, None))
        return None if look is None or look.cancel() else look.result()
