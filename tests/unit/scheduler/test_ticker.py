"""The ticker: an error stops no tick, and a clock that jumps stops no job."""

import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from service.engine.clock import running
from service.scheduler import ticker as room
from service.scheduler.ticker import Ticker


@pytest.fixture
def ticker() -> Iterator[Ticker]:
    made = Ticker()
    yield made
    made.stop()


def ticks(count: int) -> tuple[threading.Event, list[float]]:
    return threading.Event(), []


def counted(times: list[float], enough: threading.Event, most: int) -> object:
    def job() -> None:
        times.append(time.monotonic())
        if len(times) >= most:
            enough.set()

    return job


def test_a_job_ticks_again_and_again(ticker: Ticker) -> None:
    enough, times = ticks(3)
    ticker.every(0.05, "job", counted(times, enough, 3))  # type: ignore[arg-type]

    ticker.start()

    assert enough.wait(10)


def test_a_job_that_fails_ticks_again_and_is_reported_without_its_values(
    ticker: Ticker, capsys: pytest.CaptureFixture[str]
) -> None:
    enough, times = ticks(2)

    def fails() -> None:
        customer = "Jane Customer"
        counted(times, enough, 2)()  # type: ignore[operator]
        raise ValueError(customer)

    ticker.every(0.05, "job", fails)
    ticker.start()

    assert enough.wait(10)
    ticker.stop()
    said = "".join(capsys.readouterr())
    assert "ValueError" in said
    assert "Jane" not in said


def test_a_failing_job_stops_no_other(ticker: Ticker) -> None:
    enough, times = ticks(2)
    ticker.every(0.05, "bad", lambda: 1 / 0)
    ticker.every(0.05, "good", counted(times, enough, 2))  # type: ignore[arg-type]

    ticker.start()

    assert enough.wait(10)


def test_a_job_that_takes_long_is_not_run_beside_itself(ticker: Ticker) -> None:
    at_once, most, again = [0], [0], threading.Event()

    def slow() -> None:
        at_once[0] += 1
        most[0] = max(most[0], at_once[0])
        time.sleep(0.2)
        at_once[0] -= 1
        if most[0] and at_once[0] == 0:
            again.set()

    ticker.every(0.03, "slow", slow)
    ticker.start()
    again.wait(5)
    time.sleep(0.3)

    assert most[0] == 1


def test_a_clock_that_jumps_arms_every_job_anew(ticker: Ticker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "LOOK_S", 0.02)
    shift = [0.0]
    real = time.time
    monkeypatch.setattr(room.time, "time", lambda: real() + shift[0])
    armed = threading.Event()
    monkeypatch.setattr(ticker, "rearm", armed.set)
    ticker.start()
    time.sleep(0.1)
    assert not armed.is_set()

    shift[0] = -7200.0

    assert armed.wait(5)


def test_a_job_that_was_being_planned_when_the_clock_was_set_back_ticks_all_the_same(
    ticker: Ticker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room, "LOOK_S", 0.02)
    enough, times = ticks(1)
    ticker.every(2.0, "job", counted(times, enough, 1))  # type: ignore[arg-type]
    ticker.start()

    by_a_time_that_is_no_more = datetime.now(UTC) + timedelta(hours=2)
    ticker._scheduler.modify_job("job", next_run_time=by_a_time_that_is_no_more)

    assert enough.wait(20)


def test_a_job_armed_anew_still_ticks(ticker: Ticker) -> None:
    enough, times = ticks(3)
    ticker.every(0.05, "job", counted(times, enough, 3))  # type: ignore[arg-type]
    ticker.start()

    ticker.rearm()

    assert enough.wait(10)


def test_a_ticker_that_never_began_ends_quietly() -> None:
    Ticker().stop()


def test_ending_twice_is_fine() -> None:
    ticker = Ticker()
    ticker.start()
    ticker.stop()

    ticker.stop()


def test_a_clock_that_is_set_again_and_again_keeps_no_job_from_its_turn(ticker: Ticker) -> None:
    enough, times = ticks(2)
    ticker.every(0.5, "job", counted(times, enough, 2))  # type: ignore[arg-type]
    ticker.start()

    for _ in range(40):
        ticker.rearm()
        if enough.wait(0.1):
            break

    assert enough.is_set()


def test_what_fell_due_while_the_machine_slept_is_done_when_it_wakes(
    ticker: Ticker, monkeypatch: pytest.MonkeyPatch
) -> None:
    enough, times = ticks(1)
    ticker.every(3600.0, "job", counted(times, enough, 1))  # type: ignore[arg-type]
    ticker.start()
    before = running()
    monkeypatch.setattr("service.scheduler.ticker.running", lambda: before + 8 * 3600)

    ticker.rearm()

    assert enough.wait(10)
