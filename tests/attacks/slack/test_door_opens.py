"""The request that the attacks bend, as it is."""

from typing import Any

from tests.attacks.slack.knocking import Door


def test_what_the_attacks_bend_would_have_an_effect_as_it_is(office: Any) -> None:
    door = Door(office)

    assert door.knock(door.body()) == 200
    assert not door.nothing_changed()
