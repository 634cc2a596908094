"""What is done over and over and fails for long is known, after a restart and on every node."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from service.engine.last_times import missed, note
from service.store import Store
from tests.conftest import Clock

AFTER = timedelta(hours=50)


def went(store: Store, clock: Clock, *, well: bool, key: str = "roster:crm") -> datetime:
    with store.write("test") as session:
        note(session, key, well=well, at=clock())
    return clock()


def missing(store: Store, clock: Clock) -> list[tuple[str, datetime, bool]]:
    with store.read() as session:
        return list(missed(session, {"roster:crm": "crm", "logs:crm": "the logs"}, after=AFTER, now=clock()))


def test_what_fails_since_its_last_success_for_long_enough_is_missed(any_store: Store, clock: Clock) -> None:
    well_at = went(any_store, clock, well=True)
    clock.turn(hours=24)
    went(any_store, clock, well=False)
    clock.turn(hours=25)
    one_night = missing(any_store, clock)
    clock.turn(hours=2)

    assert one_night == []
    assert missing(any_store, clock) == [("crm", well_at, True)]


def test_what_never_went_well_is_missed_since_it_was_first_tried(any_store: Store, clock: Clock) -> None:
    first = went(any_store, clock, well=False)
    clock.turn(hours=51)
    went(any_store, clock, well=False)

    assert missing(any_store, clock) == [("crm", first, False)]


def test_a_success_ends_it(any_store: Store, clock: Clock) -> None:
    went(any_store, clock, well=False)
    clock.turn(hours=60)
    went(any_store, clock, well=True)

    assert missing(any_store, clock) == []


def test_what_was_not_tried_because_nobody_worked_has_not_failed(any_store: Store, clock: Clock) -> None:
    went(any_store, clock, well=True)
    clock.turn(days=9)

    assert missing(any_store, clock) == []


@pytest.mark.parametrize("key", ["roster:gone", "roster:CRM"])
def test_what_is_not_set_up_any_more_is_not_missed(any_store: Store, clock: Any, key: str) -> None:
    went(any_store, clock, well=False, key=key)
    clock.turn(days=9)

    assert missing(any_store, clock) == []
