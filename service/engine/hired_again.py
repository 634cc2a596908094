"""The last look before a change: whoever was hired again since the run began is nobody it may touch."""

from datetime import datetime

from connectors.sdk.errors import Unsafe
from service.engine.order import Order


def stays_gone(order: Order, *, now: datetime) -> None:
    """Raises `Unsafe` where the roster says that the person was hired again by now; then nothing was changed.

    A deletion ninety days later would be of the account they work with again.
    """
    hired = order.person.hired_on
    if hired is None or order.began is None or not order.began.date() < hired <= now.date():
        return
    raise Unsafe(
        f"This person was hired again on {hired}, after this run had begun. Nothing was changed.",
        hint="Say that it does not apply, or do it by hand and confirm it. To put back what was shut: exeunt rehire.",
    )
