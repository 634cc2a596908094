"""How long a socket waits: as long as is left, give or take what no one would notice."""

import socket
from collections.abc import Iterator

import pytest

from connectors.sdk.wire import NEARLY_S, bound


@pytest.fixture
def opened() -> Iterator[socket.socket]:
    with socket.socket() as made:
        yield made


@pytest.mark.parametrize("before", [None, 0.0, 5.0, 30.0])
@pytest.mark.parametrize("seconds", [0.001, 0.5, 20.0])
def test_a_socket_waits_as_long_as_is_left(
    opened: socket.socket, before: float | None, seconds: float
) -> None:
    opened.settimeout(before)

    bound(opened, seconds)

    waits = opened.gettimeout()
    assert waits == pytest.approx(seconds, abs=NEARLY_S)
    assert waits


def test_a_time_out_that_is_nearly_right_stays(opened: socket.socket) -> None:
    opened.settimeout(20.0)

    bound(opened, 20.0 - NEARLY_S / 2)

    assert opened.gettimeout() == 20.0


@pytest.mark.parametrize("seconds", [0.0, -1.0])
def test_when_no_time_is_left_nothing_is_waited_for(opened: socket.socket, seconds: float) -> None:
    with pytest.raises(TimeoutError):
        bound(opened, seconds)
