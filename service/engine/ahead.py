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

from sqlalchemy import BindParameter, Integer, bindparam, or_, select
from sqlalchemy.orm import Session, aliased

from service.engine.executor import LOOKED_S, Looked
from service.engine.order import Order
from service.engine.outgoing import orders_of
from service.engine.progress import PASSED
from service.engine.states import StepState
from service.engine.tables import Gate, StepNeed, StepRun
from service.playbook.catalogue import SEAL

_Need = aliased(StepNeed)
_Needed = aliased(StepRun)
_SEALING: Final[BindParameter[Any]] = bindparam("sealing", expanding=True)
_NOW: Final = bindparam("now", type_=StepRun.next_at.type)
_SHUT: Final = select(Gate.connector).where(or_(Gate.open_from > _NOW, Gate.tat > _NOW))
_OTHER_NEEDS: Final = (
    select(_Need.step_run_id)
    .join(_Needed, _Needed.id == _Need.needs_id)
    .where(_Need.step_run_id == StepRun.id, _Need.needs_id.not_in(_SEALING), _Needed.state.not_in(PASSED))
)
#: What waits for these and nothing else, of systems whose gate is open.
_NEXT: Final = (
    select(StepRun)
    .join(StepNeed, StepNeed.step_run_id == StepRun.id)
    .where(
        StepNeed.needs_id.in_(_SEALING),
        StepRun.state == StepState.BLOCKED,
        StepRun.release_after <= _NOW,
        StepRun.undoes.is_(None),
        StepRun.asks_person.is_(False),
        StepRun.paused.is_(False),
        StepRun.connector.not_in(_SHUT),
        ~_OTHER_NEEDS.exists(),
    )
    .order_by(StepRun.priority, StepRun.position)
    .limit(bindparam("most", type_=Integer))
)

_SEALS: Final = select(StepRun.id).where(
    StepRun.run_id.in_(bindparam("runs", expanding=True)),
    StepRun.action == SEAL,
    StepRun.state == StepState.READY,
    StepRun.next_at <= _NOW,
)


def about_to_seal(session: Session, runs: Sequence[str], *, now: datetime) -> list[str]:
    """The step runs of these runs that will seal a snapshot as soon as they are let out."""
    return list(session.scalars(_SEALS, {"runs": runs, "now": now}))


def sealing(orders: Iterable[Order]) -> list[str]:
    """The step runs among these that seal a snapshot."""
    return [order.step_run_id for order in orders if order.action == SEAL]


def next_after(session: Session, sealing: Sequence[str], *, now: datetime, most: int) -> list[Order]:
    """What will be let out once these are done, as far as can be said: orders to look by, not to carry out."""
    steps = session.scalars(_NEXT, {"sealing": sealing, "now": now, "most": most}).unique().all()
    # a look shuts nothing: it is no business of the threads kept for the sign-in block
    return [replace(order, sign_in=False) for order in orders_of(session, steps)] if steps else []


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
