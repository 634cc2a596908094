"""The last look before a change: whoever was hired again since they left, or since the run began, is not touched."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from datetime import date, datetime
from typing import Final, NamedTuple

from sqlalchemy import Date, bindparam, select
from sqlalchemy.orm import Session

from connectors.sdk.errors import Unsafe
from service.departures import times
from service.engine.order import Order
from service.people.person import Person, known_by
from service.store import Prepared, table_of

_PEOPLE: Final = table_of(Person).c
_HIRED: Final = Prepared(
    select(_PEOPLE.id, _PEOPLE.employee_no, _PEOPLE.work_email, _PEOPLE.hired_on)
    .where(_PEOPLE.hired_on > bindparam("since", type_=Date()))
    .order_by(_PEOPLE.hired_on)
)


class Left(NamedTuple):
    """Somebody who left on a day, by the record of theirs that a run is of."""

    run_id: str
    person_id: str
    employee_no: str | None
    work_email: str | None
    gone: date


def by_another_record(session: Session, left: Collection[Left]) -> Mapping[str, date]:
    """By run: the day on which its leaver was hired by another record, the first after they had left.

    Whoever returns, or moves to another company of the group, is somebody new to many an HR system.
    """
    if not left:
        return {}
    hired: dict[tuple[str, str], list[tuple[date, str]]] = defaultdict(list)
    for person_id, number, address, day in _HIRED.rows(session, since=min(one.gone for one in left)):
        for name in known_by(number, address):
            hired[name].append((day, person_id))
    found = {}
    for one in left:
        records = (each for name in known_by(one.employee_no, one.work_email) for each in hired.get(name, ()))
        days = [day for day, person_id in records if person_id != one.person_id and day > one.gone]
        if days:
            found[one.run_id] = min(days)
    return found


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
    gone, today = order.gone_since, times.civil_of(now, order.zone).date()
    days = {order.person.hired_on: "", order.hired_too: " by another record of theirs"}
    hired = [day for day in days if day is not None and gone is not None and gone < day <= today]
    if not hired:
        return
    raise Unsafe(
        f"This person was hired again on {hired[0]}{days[hired[0]]}, after they had left. Nothing was changed.",
        hint="Say that it does not apply, or do it by hand and confirm it. To put back what was shut: exeunt rehire.",
    )
