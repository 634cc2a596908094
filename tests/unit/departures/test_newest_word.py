"""HR's newest word stands: whatever comes late or says nothing new."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from service.departures.event import Change
from service.departures.kind import DepartureState
from tests.unit.departures.hr import Hr


@pytest.mark.parametrize("begun", [False, True])
def test_what_is_older_than_a_word_that_said_nothing_new_is_old_news(hr: Hr, begun: bool) -> None:
    hr.says(source_version="1")
    if begun:
        hr.becomes(DepartureState.REVOKING)
    hr.says(Change.CHANGED, source_version="3")  # back to the first day

    late = hr.says(Change.CHANGED, last_day=date(2026, 3, 4), source_version="2")

    (departure,) = hr.departures()
    assert (late.news, departure.civil_at) == (False, "2026-03-06")


@pytest.mark.parametrize(("day", "sealed"), [(date(2026, 3, 6), True), (date(2025, 3, 7), False)])
def test_a_corrected_day_is_sealed_by_the_day_that_it_is_corrected_to(
    hr: Hr, day: date, *, sealed: bool
) -> None:
    secret: dict[str, Any] = {"sealed": True, "sealed_for": ("E-2",)}
    hr.says(last_day=date(2025, 3, 6), **secret)  # a slip in the year

    hr.says(Change.CHANGED, last_day=day, **secret)

    (departure,) = hr.departures()
    assert departure.sealed is sealed


def test_what_a_person_cancelled_is_put_to_people_also_after_another_date(hr: Hr) -> None:
    hr.clock.now = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)
    hr.says()
    with hr.store.write() as session:
        (departure,) = session.query(type(hr.departures()[0]))
        departure.state, departure.run_id, departure.held_codes = (
            DepartureState.CLOSED,
            "a run",
            ["cancelled before"],
        )
    first = hr.says(last_day=date(2026, 3, 9))

    hr.says(Change.CHANGED, last_day=date(2026, 3, 10))

    again = hr.departures()[-1]
    assert again.id == first.departure_id
    assert (again.civil_at, again.state) == ("2026-03-10", DepartureState.HELD)
    assert again.held_codes == ["cancelled before"]
