"""The last look before a change: whoever was hired again since they left, or since the run began, is not touched."""

from datetime import date, datetime

from connectors.sdk.errors import Unsafe
from service.departures import times
from service.engine.order import Order


def gone_since(began: datetime, ends: datetime, announced: datetime, zone: str) -> date:
    """The day on which somebody left, on their own calendar: with their last day, or with their run if it began then.

    Whose contract ends with a month is often hired on the first of the next, which is when the run begins. What HR
    said after the end it said of who works here now.
    """
    run = times.civil_of(began, zone).date()
    return min(run, times.last_day(ends, zone)) if announced < ends else run


def stays_gone(order: Order, *, now: datetime) -> None:
    """Raises `Unsafe` where the roster says that the person was hired again by now; then nothing was changed.

    A deletion ninety days later would be of the account they work with again.
    """
    hired, gone = order.person.hired_on, order.gone_since
    if hired is None or gone is None or not gone < hired <= times.civil_of(now, order.zone).date():
        return
    raise Unsafe(
        f"This person was hired again on {hired}, after they had left. Nothing was changed.",
        hint="Say that it does not apply, or do it by hand and confirm it. To put back what was shut: exeunt rehire.",
    )
