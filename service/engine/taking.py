"""A node takes what a message names: dispatched becomes running, once, and nobody else carries it out.

A message may have waited for a node while the kill switch was thrown: then only readings are taken. Or while HR took
the departure back: then its steps are not. What is left lying is with nobody, so it goes back to ready, and out again
when it may.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import String, and_, any_, bindparam, case, literal, or_, select, update
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session

from service.engine import kill_switch
from service.engine.going_on import IS_NOT_HELD
from service.engine.in_hand import Slip
from service.engine.order import Order
from service.engine.outgoing import orders_of
from service.engine.states import StepState
from service.engine.tables import StepRun
from service.engine.values import VALUES, read
from service.store import Prepared, table_of

_ROWS = table_of(StepRun)
_IDS = any_(bindparam("ids", type_=ARRAY(String)))
_TO_TAKE = Prepared(
    select(*VALUES)
    .where(
        _ROWS.c.id == _IDS,
        _ROWS.c.out_with.is_(None),
        or_(and_(_ROWS.c.state == StepState.DISPATCHED, IS_NOT_HELD), _ROWS.c.checking.is_(True)),
    )
    .order_by(_ROWS.c.id)
    .with_for_update(key_share=True)
)
_TAKEN = Prepared(
    update(_ROWS)
    .where(_ROWS.c.id == _IDS)
    .values(
        out_with=bindparam("node"),
        state=case(
            (_ROWS.c.checking.is_(True), _ROWS.c.state), else_=literal(StepState.RUNNING, _ROWS.c.state.type)
        ),
    )
)


def taken(session: Session, slips: Sequence[Slip], node: str, *, now: datetime) -> list[Order]:
    """Those of the attempts that are still to be carried out, as orders; from now on the node answers for them."""
    numbers = dict(slips)
    found = read(_TO_TAKE, session, ids=list(numbers))
    steps = [step for step in found if step.attempt == numbers[step.id]]
    if kill_switch.is_thrown(session):
        steps = [step for step in steps if step.checking]
    if not steps:
        return []
    _TAKEN.run(session, ids=[step.id for step in steps], node=node)
    return orders_of(session, steps, now=now)
