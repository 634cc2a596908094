"""When the notice begins, when a step may, and until when what was done is read again."""

from datetime import UTC, date, datetime, timedelta

import pytest

from service.engine.aftercare import next_look
from service.engine.states import StepState
from service.engine.tables import StepRun
from service.engine.timing import notice_of, release_of
from service.playbook.model import Phase
from tests.unit.engine.world import departure

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("noticed", "begins"),
    [
        (date(2026, 2, 27), datetime(2026, 2, 27, tzinfo=UTC)),
        (date(2026, 3, 2), datetime(2026, 3, 2, tzinfo=UTC)),
        (date(2026, 3, 5), NOON),
        (None, NOON),
    ],
)
def test_a_notice_never_begins_after_the_end(noticed: date | None, begins: datetime) -> None:
    assert notice_of(departure("p-1", NOON, notice_date=noticed)) == begins


@pytest.mark.parametrize(
    ("now", "released"),
    [(NOON - timedelta(hours=1), NOON), (NOON + timedelta(days=3), NOON + timedelta(days=3))],
)
def test_a_step_of_a_departure_told_too_late_has_its_time_from_now_on(
    now: datetime, released: datetime
) -> None:
    assert release_of(departure("p-1", NOON), Phase.LAST_DAY, timedelta(0), now=now) == released


def done(**more: object) -> StepRun:
    given: dict[str, object] = {"state": StepState.DONE, "readable": True, "ended_at": NOON, **more}
    return StepRun(**given)


def test_what_was_shut_is_read_again_after_an_hour_a_day_a_week_and_thirty_days() -> None:
    looks, now = [], NOON
    while (look := next_look(done(), now=now)) is not None:
        looks.append(look - NOON)
        now = look

    assert looks == [timedelta(hours=1), timedelta(days=1), timedelta(days=7), timedelta(days=30)]


@pytest.mark.parametrize(
    "more", [{"undoes": "s-1"}, {"readable": False}, {"state": StepState.FAILED}, {"ended_at": None}]
)
def test_what_was_restored_or_cannot_be_read_or_is_not_done_is_not_watched(more: dict[str, object]) -> None:
    assert next_look(done(**more), now=NOON) is None
