"""Whatever is out without a live node behind it goes back to ready. Any node does it, every two seconds.

Delivery may be lost or doubled, a node may die or freeze: the rows say what is out, and with whom.
"""

from collections.abc import Callable, Collection
from datetime import datetime
from typing import Final

from sqlalchemy import or_, select, union_all
from sqlalchemy.orm import Session

from service.engine import messages, nodes
from service.engine.admission import take_back
from service.engine.tables import OUT_OR_READ, StepRun
from service.store import table_of

EVERY_S: Final = 2.0
#: So many at once; the rest at the next look.
MOST: Final = 500

_STEPS = table_of(StepRun).c
#: Found by their indexes, and once more by themselves: what came back while this waited for the rows is not out.
_OUT_NOW = (
    select(_STEPS.id, _STEPS.attempt, _STEPS.out_with)
    .where(
        _STEPS.id.in_(union_all(*(select(_STEPS.id).where(each) for each in OUT_OR_READ))), or_(*OUT_OR_READ)
    )
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
