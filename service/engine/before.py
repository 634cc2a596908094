"""Keeping a before-image, committed while its step is out: together with those of other steps."""

from connectors.sdk.types import AccountState
from service.engine.executor import SaveBefore
from service.engine.machine import Machine
from service.engine.order import Order
from service.store import Store


def before_saver(store: Store, machine: Machine) -> SaveBefore:
    """Called from the worker's thread, before the change is on its way."""

    def save(order: Order, state: AccountState) -> None:
        store.together("before-image", lambda session: machine.save_before(session, order, state))

    return save
