"""How long Slack is left alone after it did not take something."""

import pytest

from connectors.sdk.errors import RateLimited, Unavailable
from service.slack.api import SlackSaidNo
from service.slack.patience import FIRST_S, SLOWEST_S, Patience
from tests.unit.slack.office import Ticks

AWAY = Unavailable("It did not answer.", hint="Wait.")


def test_each_trouble_in_a_row_is_waited_for_twice_as_long_up_to_a_minute() -> None:
    patience = Patience(Ticks())

    waits = [patience.failed(AWAY) for _ in range(12)]

    assert waits[:3] == [2 * FIRST_S, 4 * FIRST_S, 8 * FIRST_S]
    assert waits[-1] == SLOWEST_S


def test_a_trouble_after_a_success_is_a_new_one() -> None:
    patience = Patience(Ticks())
    for _ in range(9):
        patience.failed(AWAY)
    patience.went_well()

    assert patience.failed(SlackSaidNo("channel_not_found")) == 2 * FIRST_S


@pytest.mark.parametrize(
    "error",
    [
        RateLimited("Too many.", hint="Wait.", retry_after_s=90.0),
        Unavailable("Away.", hint="Wait.", retry_after_s=90.0),
    ],
)
def test_what_slack_asks_for_is_waited_for_to_the_second(error: RateLimited | Unavailable) -> None:
    ticks = Ticks()
    patience = Patience(ticks)
    patience.failed(error)
    ticks.seconds += 89.9
    before = patience.waits
    ticks.seconds += 0.2

    assert (before, patience.waits) == (True, False)
