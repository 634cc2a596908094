"""Whatever is out without a live node behind it goes back to ready. Any node does it, every two seconds.

Delivery may be lost or doubled, a node may die or freeze: the rows say what is out, and with whom.
"""

from collections.abc import Collection
from datetime import datetime
from typing import Final

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from service.engine import messages, nodes
from service.engine.admission import take_back
from service.engine.states import OUT
from service.engine.tables import StepRun

EVERY_S: Final = 2.0
#: So many at once; the rest at the next look.
MOST: Final = 500


def reconcile(session: Session, me: str, mine: Collection[tuple[str, int]], *, now: datetime) -> int:
    """Take back what nobody carries out; says how many.

    Args:
        me: This node's id.
        mine: Step runs and attempts that this node holds.
    """
    alive = {node.id for node in nodes.alive(session)}
    out = select(StepRun).where(or_(StepRun.state.in_(OUT), StepRun.checking.is_(True)))
    steps = session.scalars(out.order_by(StepRun.id).limit(MOST).with_for_update(skip_locked=True)).all()
    handed = {step.message for step in steps if step.out_with is None and step.message is not None}
    live = messages.under_way(session, handed)
    lost = []
    for step in steps:
        if step.out_with is None:
            kept = step.message in live
        elif step.out_with == me:
            kept = (step.id, step.attempt) in mine
        else:
            kept = step.out_with in alive
        if not kept:
            lost.append(step)
    take_back(session, lost, now=now)
    messages.clear_away(session)
    return len(lost)
