"""How often."""

from service.slack.pace import Pace


def test_a_burst_is_free_and_then_it_must_wait() -> None:
    pace = Pace(most=2, within_s=10)
    pace.spend(0.0)
    pace.spend(1.0)

    assert [pace.is_free(tick) for tick in (2.0, 9.9, 10.0)] == [False, False, True]
