"""HR gives many of those who are being taken back another time: each way back ends, and each of them leaves anew."""

from datetime import UTC, datetime

from sqlalchemy import select

from service.departures.announce import announce
from service.departures.departure import Departure
from service.departures.event import Change, EventPerson, TerminationEvent
from service.departures.guardrails import Guardrails
from service.departures.kind import DepartureKind, DepartureState
from service.engine.undos import Undo
from tests.unit.engine.test_undo import account, sweep_and_drain, undo
from tests.unit.engine.world import World

#: One more than this has been moved today already.
FULL = Guardrails(hour_people=0, hour_percent=0, day_people=0, day_percent=0)


def moved(world: World) -> None:
    """HR corrects the date, after it corrected that of as many as the guardrails let it."""
    event = TerminationEvent(
        source="hr",
        source_id="corrected",
        change=Change.CHANGED,
        kind=DepartureKind.VOLUNTARY,
        access_off_at=datetime(2026, 9, 1, 17, 0),  # noqa: DTZ001  a civil time
        timezone="UTC",
        occurred_at=world.clock(),
        person=EventPerson(source_id="hr-E-17", name="Somebody"),
    )
    with world.store.write() as session:
        announce(session, event, now=world.clock(), guard=FULL)


def test_who_is_one_of_too_many_that_hr_moves_is_brought_back_and_leaves_at_the_new_time(
    world: World,
) -> None:
    before = account(world)
    world.begin()
    world.drain()
    undo(world)

    moved(world)
    sweep_and_drain(world)

    assert account(world) == before
    with world.store.read() as session:
        assert session.get_one(Undo, world.run_id).finished_at is not None
        old, new = session.scalars(select(Departure).order_by(Departure.announced_at))
    assert (old.state, new.state) == (DepartureState.WITHDRAWN, DepartureState.ANNOUNCED)
    assert new.effective_at == datetime(2026, 9, 1, 17, 0, tzinfo=UTC)
