"""What a node answers for, lane by lane."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from service.engine.in_hand import InHand
from service.engine.pools import Threads

ONE, TWO, THREE = ("a", 1), ("b", 1), ("c", 1)


@pytest.fixture
def in_hand() -> InHand:
    return InHand(Threads(rest=2, sign_in=1))


def test_a_message_that_comes_twice_brings_nothing_new(in_hand: InHand) -> None:
    assert in_hand.take([ONE, TWO], sign_in=False) == [ONE, TWO]

    assert in_hand.take([ONE, TWO, THREE], sign_in=False) == [THREE]


def test_another_attempt_of_a_step_is_something_new(in_hand: InHand) -> None:
    in_hand.take([ONE], sign_in=False)

    assert in_hand.take([("a", 2)], sign_in=False) == [("a", 2)]


def test_what_is_let_go_is_answered_for_no_more(in_hand: InHand) -> None:
    in_hand.take([ONE], sign_in=True)
    in_hand.take([TWO], sign_in=False)

    in_hand.let_go([ONE])

    assert in_hand.slips == {TWO}


def test_more_is_brought_when_a_thread_is_free(in_hand: InHand) -> None:
    in_hand.take([ONE, TWO], sign_in=False)
    with ThreadPoolExecutor(1) as pool:
        waits = pool.submit(in_hand.until_a_thread_is_free, sign_in=False)
        with pytest.raises(TimeoutError):
            waits.result(timeout=0.1)

        in_hand.let_go([ONE])

        waits.result(timeout=10)


def test_a_full_lane_keeps_the_other_from_nothing(in_hand: InHand) -> None:
    in_hand.take([ONE, TWO], sign_in=False)

    in_hand.until_a_thread_is_free(sign_in=True)


def test_at_the_end_nobody_waits(in_hand: InHand) -> None:
    in_hand.take([ONE], sign_in=True)

    in_hand.end()

    in_hand.until_a_thread_is_free(sign_in=True)
