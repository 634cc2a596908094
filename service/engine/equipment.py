"""A departure whose playbook needs a target system that nobody set up is held before anything is done.

As soon as it is known, not only at its time, so that there are days to set the system up. It goes on by itself once
nothing is missing; two persons may also let it go with the hole, and then those steps ask a person.
"""

from collections.abc import Callable, Collection
from datetime import datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.departures.departure import Departure
from service.departures.holding import Doubt, hold
from service.departures.kind import DepartureState
from service.departures.record import record
from service.engine.record import ENGINE
from service.ledger.event import Event
from service.playbook.plan import Plan

CODE: Final = "not set up"


def missing(planned: Plan, set_up: Collection[str]) -> list[str]:
    """The connectors a plan needs and nobody set up."""
    return sorted({step.connector for step in planned.steps if step.connector} - set(set_up))


def held_unequipped(
    session: Session, departure: Departure, planned: Plan, set_up: Collection[str], *, now: datetime
) -> bool:
    """Hold a departure that could not be carried out whole, unless two persons have let it go so."""
    if CODE in departure.held_codes or not (lacks := missing(planned, set_up)):
        return False
    names = " and ".join(lacks)
    sections = ", ".join(f"[connectors.{name}]" for name in lacks)
    said = (
        f"The playbook {planned.playbook} needs {names}, and nobody has set that up. Nothing was done. "
        f"Add {sections} to exeunt.toml and start the service again, or put a version without these steps to use; "
        "then it goes on by itself. Released as it is, these steps fail and ask a person."
    )
    hold(session, departure, (Doubt(CODE, said),), now=now, by=ENGINE)
    return True


def go_on_equipped(session: Session, lacks: Callable[[Departure], Collection[str]], *, now: datetime) -> int:
    """Schedule what was held for this alone and lacks nothing any more.

    Called when a process begins and when another playbook is put to use: nothing else can have changed it. Whom
    somebody else decides about in this moment is passed over, and counts as well, so that there is another look.

    Returns:
        How many may go on, or might.
    """
    held = select(Departure).where(Departure.state == DepartureState.HELD, Departure.run_id.is_(None))
    all_ = [departure.id for departure in session.scalars(held) if departure.held_codes == [CODE]]
    if not all_:
        return 0
    free = held.execution_options(populate_existing=True)
    seen = session.scalars(free.with_for_update(skip_locked=True, key_share=True)).all()
    busy = set(all_) - {departure.id for departure in seen}
    found = [departure for departure in seen if departure.held_codes == [CODE] and not lacks(departure)]
    for departure in found:
        departure.state, departure.held_because, departure.held_codes = DepartureState.SCHEDULED, "", []
        record(session, departure, Event.DEPARTURE_SCHEDULED, at=now, by=ENGINE, body={"set_up": True})
    return len(found) + len(busy)
