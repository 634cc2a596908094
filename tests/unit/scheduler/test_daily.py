"""What is done once a day for each system, and soon again where it failed."""

from collections.abc import Collection
from typing import Any

import pytest

from service.scheduler.daily import DAY_S, LOOK_S, SOON_S, Daily


class Nights:
    """A clock, systems of which some are down, and what was asked of them."""

    def __init__(self) -> None:
        self.at = 1000.0
        self.down: set[str] = set()
        self.asked: list[tuple[str, ...]] = []
        self.daily = Daily(lambda: ("crm", "directory"), self.work, ticking=lambda: self.at)

    def work(self, names: Collection[str]) -> Collection[str]:
        self.asked.append(tuple(names))
        if "disk" in self.down:
            raise OSError("full")
        return self.down & set(names)

    def after(self, seconds: float) -> list[Any]:
        """What is asked within so many seconds from now."""
        before, until = len(self.asked), self.at + seconds
        while self.at < until:
            self.at += LOOK_S
            self.daily.look()
        return self.asked[before:]


@pytest.fixture
def nights() -> Nights:
    return Nights()


def test_everything_has_its_turn_at_once_and_then_once_a_day(nights: Nights) -> None:
    nights.daily.look()

    assert nights.asked == [("crm", "directory")]
    assert nights.after(DAY_S - LOOK_S) == []
    assert nights.after(DAY_S) == [("crm", "directory")]


def test_a_system_that_was_away_has_its_turn_soon_again_and_alone(nights: Nights) -> None:
    nights.down = {"crm"}
    nights.daily.look()
    nights.down = set()

    assert nights.after(SOON_S) == [("crm",)]
    assert nights.after(DAY_S / 2) == []


def test_what_failed_altogether_is_done_soon_again(nights: Nights) -> None:
    nights.down = {"disk"}
    with pytest.raises(OSError, match="full"):
        nights.daily.look()
    nights.down = set()

    assert nights.after(SOON_S) == [("crm", "directory")]


def test_a_system_that_never_answers_is_asked_ever_more_rarely(nights: Nights) -> None:
    nights.down = {"crm"}
    nights.daily.look()

    assert len(nights.after(DAY_S)) < 20
