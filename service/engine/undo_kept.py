"""Reading what is kept of a step, so that it can be undone: opened only when its undo step is out."""

from collections.abc import Mapping
from typing import NamedTuple

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from connectors.sdk.types import Account, AccountState
from service.engine import sealed
from service.engine.difference import KeptAccount
from service.engine.order import Order
from service.engine.restoring import Kept, KeptOf
from service.engine.states import AttemptOutcome, StepState
from service.engine.tables import Attempt, StepRun
from service.ledger.keys import Keys
from service.playbook.model import Grade
from service.store import Store


def kept_reader(store: Store, keys: Keys) -> KeptOf:
    """Called from the worker's thread, in a transaction of its own."""

    def kept(order: Order) -> Kept:
        with store.read() as session:
            step = session.get_one(StepRun, order.undoes)
            return kept_of(step, keys, tries=tries_of(session, step.id))

    return kept


class Tries(NamedTuple):
    """How often a step was tried, also before a person had it tried again; and how many never came back."""

    made: int
    lost: int


def tries_of(session: Session, step_run_id: str) -> Tries:
    """Counted from the attempts."""
    lost = func.sum(case((Attempt.outcome == AttemptOutcome.LOST, 1), else_=0))
    query = select(func.count(), func.coalesce(lost, 0)).where(Attempt.step_run_id == step_run_id)
    made, never_back = session.execute(query).one()
    return Tries(made, int(never_back))


def kept_of(step: StepRun, keys: Keys, *, tries: Tries) -> Kept:
    """Receipts and before-images of one step, account by account."""
    receipts = sealed.open_receipts(keys, step.receipts)
    images = sealed.images_of(keys, step.before, step.connector)
    touched = sealed.touched_in(keys, step.before)
    accounts = receipts.keys() | images.keys()
    labels = {row["target_id"]: row["target"] for row in step.evidence}
    return Kept(
        action=step.action.partition(".")[2],
        key=f"{step.run_id}/{step.step}",
        accounts=tuple(
            KeptAccount(
                account=Account(
                    connector=step.connector, id=id_, label=labels.get(id_) or _label(images, id_)
                ),
                image=images.get(id_),
                receipts=receipts.get(id_, ()),
                touched=tries.lost > 0 or _may_be_touched(touched.get(id_), tries),
            )
            for id_ in sorted(accounts)
        ),
        unknown=not accounts and may_have_acted(step),
    )


def _may_be_touched(noted: bool | None, tries: Tries) -> bool:
    """What was kept before such things were noted does not say, so every try but the first may have been one."""
    return tries.made > 1 if noted is None else noted


def may_have_acted(step: StepRun) -> bool:
    """True for a step that ended as it should, or whose last answer was lost: it may have changed something."""
    acted = step.state is StepState.DONE or step.look_first
    return acted and step.grade is not Grade.ABSENT


def _label(images: Mapping[str, AccountState], id_: str) -> str:
    return images[id_].account.label if id_ in images else id_
