"""What a snapshot is told of the days: of two systems that keep such a log, the one that was not seen."""

from datetime import UTC, date, datetime

from connectors.sdk.types import CoverageState
from service.snapshot import reading
from service.snapshot.tables import Coverage
from service.snapshot.view import Windows
from service.store import Store

FIRST, SECOND = date(2026, 10, 1), date(2026, 10, 2)
SPANS = Windows(baseline_from=FIRST, review_from=SECOND, review_to=SECOND)
COMPLETE, PENDING, GAP = CoverageState.COMPLETE, CoverageState.PENDING, CoverageState.GAP


def told(store: Store, day: date, connector: str, **kinds: CoverageState) -> None:
    seen_at = datetime(2026, 10, 3, tzinfo=UTC)
    with store.write() as session:
        for kind, state in kinds.items():
            session.add(
                Coverage(connector=connector, kind=kind, day=day, state=state, why="", seen_at=seen_at)
            )


def test_each_day_is_told_by_kind_and_by_the_system_that_was_not_seen(store: Store) -> None:
    told(store, FIRST, "a", Report=COMPLETE, API=GAP)
    told(store, FIRST, "b", Report=PENDING, API=COMPLETE, Login=COMPLETE)
    told(store, SECOND, "a", Report=COMPLETE)
    told(store, SECOND, "nobody asked of it", Report=GAP)

    with store.read() as session:
        seen = reading.coverage(session, ("a", "b"), SPANS)

    assert seen == {
        FIRST: {"Report": PENDING, "API": GAP, "Login": COMPLETE},
        SECOND: {"Report": COMPLETE},
    }


def test_a_day_of_which_nobody_told_is_not_there(store: Store) -> None:
    with store.read() as session:
        assert reading.coverage(session, ("a",), SPANS) == {}
