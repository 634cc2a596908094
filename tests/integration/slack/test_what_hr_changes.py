"""What HR changes of a run that has begun stands in its thread: once, and not while it is sealed."""

from datetime import UTC, date, datetime
from typing import Any

from service.departures.departure import Departure
from service.departures.event import Change
from service.departures.kind import DepartureKind
from service.engine.retiming import retime
from tests.unit.slack.office import Office

LATER = "  - {id: archive, action: manual.confirm, after: 5d, phase: after-care, minimum: attested}\n"


def changes(office: Office, **more: Any) -> list[str]:
    """HR says something else; gives the lines of the thread that it brought."""
    office.publish()
    before = office.threads()
    told = {"access_off_at": datetime(2026, 3, 2, 12, 0), **more}  # noqa: DTZ001  a civil time
    office.world.says(Change.CHANGED, **told)
    for _ in range(3):
        with office.world.store.write() as session:
            retime(session, now=office.world.clock())
        office.publish()
    return office.threads()[len(before) :]


def test_an_earlier_end_is_told_once_with_what_goes_by_it(office: Any) -> None:
    office.begin(extra=LATER)

    (line,) = changes(office, access_off_at=datetime(2026, 3, 1, 12, 0))  # noqa: DTZ001  a civil time

    assert line.startswith(
        ":calendar: *hr* (HR system) moves the end: *2026-03-02 12:00* → *2026-03-01 12:00"
    )
    assert line.endswith("1 step that has not begun goes by it.")


def test_another_day_of_notice_is_told_once(office: Any) -> None:
    office.begin()
    changes(office)

    (line,) = changes(office, notice_date=date(2026, 2, 26))

    assert line == (":calendar: *hr* (HR system) gives another day of notice: *2026-03-02* → *2026-02-26*.")


def test_a_change_that_is_held_is_told_once_and_one_that_undoes_it_says_that_it_goes_on(office: Any) -> None:
    office.begin(extra=LATER)
    changes(office)

    (held,) = changes(office, access_off_at=datetime(2026, 4, 1, 12, 0))  # noqa: DTZ001  a civil time
    (back,) = changes(office)

    assert "HR says now: access ends 2026-04-01" in held
    assert back.startswith(":calendar: *hr* (HR system) says once more that access ends *2026-03-02 12:00")
    assert back.endswith("What was held for it goes on.")


def test_a_dismissal_is_told_in_words(office: Any) -> None:
    office.begin(extra=LATER)
    changes(office)

    (line,) = changes(office, kind=DepartureKind.INVOLUNTARY)

    assert "says *involuntary* now, no longer *voluntary*." in line


def test_what_is_sealed_is_told_to_nobody_until_its_time(office: Any) -> None:
    office.begin()
    with office.world.store.write() as session:
        departure = session.get_one(Departure, "d-1")
        departure.sealed, departure.effective_at = True, datetime(2026, 3, 9, 12, 0, tzinfo=UTC)

    assert changes(office, notice_date=date(2026, 2, 26)) == []

    office.world.clock.turn(days=7)
    with office.world.store.write() as session:
        session.get_one(Departure, "d-1").sealed = False
    office.publish()
    assert sum("another day of notice" in line for line in office.threads()) == 1
