"""A process that stands still for a while: nothing acknowledged is missing, nothing happens twice."""

import http.client
import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from connectors.sdk.http import close_sessions
from service.ledger.bound import bind
from tests.integration.faults import company
from tests.integration.faults.history import violations
from tests.integration.faults.serving import Server
from tests.integration.faults.storm import Storm, told

pytestmark = pytest.mark.timeout(600)

LEAVERS, CLIENTS = 24, 4
BACK_WITHIN_S = 5.0


@pytest.fixture(autouse=True)
def _nobody_bound() -> Iterator[None]:
    yield
    close_sessions()
    bind(None)


def through(
    folder: Path, trouble: Callable[[Server], None], *, database: str = "", calm_s: float = 3.0
) -> tuple[Storm, float]:
    """A storm with trouble in the middle, then peace; gives it, and how soon after the repair a webhook was taken."""
    company.found(folder, leavers=LEAVERS, database=database)
    with company.opened(folder) as opened:
        server = Server.forked(folder)
        storm = Storm(folder, server, 7, opened.numbers)
        server.ready()
        with storm.blowing(clients=CLIENTS):
            time.sleep(calm_s)
            trouble(server)
            back = _until_taken(server)
            time.sleep(calm_s)
        server.until_quiet()
        server.kill()
        history = told(storm, opened)
    assert violations(history) == {}
    assert history.effects
    return storm, back


def _until_taken(server: Server) -> float:
    """Seconds until a webhook is acknowledged again."""
    began = time.monotonic()
    while time.monotonic() - began < 60:
        body = company.message("scheduled", "E-1000", access_off_at="2027-03-02T12:00:00")
        headers, raw = company.signed(body, f"back-{time.monotonic_ns()}")
        try:
            if server.call("POST", "/hooks/hr", headers=headers, body=raw)[0] in (200, 202):
                return time.monotonic() - began
        except (OSError, http.client.HTTPException):
            pass
        time.sleep(0.05)
    raise TimeoutError("no webhook was taken any more")


@pytest.mark.faults
def test_a_process_that_stood_still_goes_on_and_repeats_nothing(tmp_path: Path) -> None:
    def stands_still(server: Server) -> None:
        os.kill(server.pid, signal.SIGSTOP)
        time.sleep(12)
        os.kill(server.pid, signal.SIGCONT)

    _, back = through(tmp_path / "company", stands_still)

    print(f"back {back:.1f} s after it went on")
    assert back <= BACK_WITHIN_S
