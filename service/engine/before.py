"""Keeping a before-image, committed while its step is out: together with those of other steps."""

from connectors.sdk.types import AccountState
from service.engine.executor import SaveBefore
from service.engine.machine import Machine
from service.engine.order import Order
from service.store import Store
from service.store.combined import Combined


def before_saver(store: Store, machine: Machine) -> SaveBefore:
    """Called from the worker's thread, before the change is on its way."""
    combined = Combined(store, "before-image")

    def save(order: Order, state: AccountState) -> None:
        combined.write(lambda session: machine.save_before(session, order, state))

    return save
