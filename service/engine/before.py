"""Keeping a before-image in a transaction of its own, while its step is out."""

from connectors.sdk.types import AccountState
from service.engine.executor import SaveBefore
from service.engine.machine import Machine
from service.engine.order import Order
from service.store import Store


def before_saver(store: Store, machine: Machine) -> SaveBefore:
    """Called from the worker's thread, before the change is on its way."""

    def save(order: Order, state: AccountState) -> None:
        with store.write("before-image") as session:
            machine.save_before(session, order, state)

    return save
