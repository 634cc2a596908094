"""Whatever is out without a live node behind it goes back to ready. Any node does it, every two seconds.

Delivery may be lost or doubled, a node may die or freeze: the rows say what is out, and with whom.
"""

from collections.abc import Callable, Collection
from datetime import datetime
from typing import Final

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from service.engine import messages, nodes
from service.engine.admission import take_back
from service.engine.states import OUT
from service.engine.tables import StepRun
from service.store import table_of

EVERY_S: Final = 2.0
#: So many at once; the rest at the next look.
MOST: Final = 500

_STEPS = table_of(StepRun).c
_OUT_NOW = (
    select(_STEPS.id, _STEPS.attempt, _STEPS.out_with)
    .where(or_(_STEPS.state.in_(OUT), _STEPS.checking.is_(True)))
    .order_by(_STEPS.id)
    .limit(MOST)
    .with_for_update(skip_locked=True, key_share=True)
)


def reconcile(
    session: Session, me: str, mine: Callable[[], Collection[tuple[str, int]]], *, now: datetime
) -> int:
    """Take back what nobody carries out; says how many.

    What is out is read, and locked, before it is asked who holds it: what a thread of this node takes in between, or
    a node that has just come, would be taken for lost and be carried out twice at once.

    Args:
        me: This node's id.
        mine: Gives the step runs and attempts that this node holds.
    """
    out = session.execute(_OUT_NOW).all()
    alive = {node.id for node in nodes.alive(session)}
    held = mine()
    named = messages.under_way(session) if any(step.out_with is None for step in out) else set()
    lost = []
    for step in out:
        slip = (step.id, step.attempt)
        if step.out_with is None:
            kept = slip in named
        elif step.out_with == me:
            kept = slip in held
        else:
            kept = step.out_with in alive
        if not kept:
            lost.append(step.id)
    if lost:
        take_back(session, session.scalars(select(StepRun).where(StepRun.id.in_(lost))), now=now)
    messages.clear_away(session)
    return len(lost)
