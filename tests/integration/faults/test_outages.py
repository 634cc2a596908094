"""A full disk, a database that is cut off, a process that stands still: nothing is missing, nothing twice."""

import http.client
import os
import resource
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from connectors.sdk.http import close_sessions
from service.ledger.bound import bind
from tests.integration.faults import company
from tests.integration.faults.company import Company
from tests.integration.faults.history import violations
from tests.integration.faults.serving import Server
from tests.integration.faults.storm import Storm, told
from tests.integration.faults.wire import Wire

pytestmark = pytest.mark.timeout(600)

LEAVERS, CLIENTS = 24, 4
BACK_WITHIN_S = 5.0


def soon_enough() -> float:
    """Seconds within which it must be back; a machine with more to do than it has processors takes longer."""
    return BACK_WITHIN_S * max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1))


@pytest.fixture(autouse=True)
def _nobody_bound() -> Iterator[None]:
    yield
    close_sessions()
    bind(None)


def through(
    folder: Path,
    trouble: Callable[[Server, Company], None],
    *,
    database: str = "",
    calm_s: float = 1.5,
    start: Callable[[Path], Server] = Server.forked,
) -> tuple[Storm, float]:
    """A storm with trouble in the middle, then peace; gives it, and how soon after the repair a webhook was taken."""
    company.found(folder, leavers=LEAVERS + 1, database=database)
    with company.opened(folder) as opened:
        *people, asked_after = opened.numbers  # whoever asks whether it is back says nothing of the others
        server = start(folder)
        try:
            storm = Storm(folder, server, 7, tuple(people))
            server.ready()
            with storm.blowing(clients=CLIENTS):
                time.sleep(calm_s)
                trouble(server, opened)
                back = _until_taken(server, asked_after)
                time.sleep(calm_s)
            server.until_quiet()
        finally:
            server.kill()
        history = told(storm, opened)
    assert violations(history) == {}
    assert history.effects
    return storm, back


def _until_taken(server: Server, of: str) -> float:
    """Seconds until a webhook of somebody is acknowledged again."""
    began = time.monotonic()
    while time.monotonic() - began < 60:
        body = company.message("scheduled", of, access_off_at="2027-03-02T12:00:00")
        headers, raw = company.signed(body, f"back-{time.monotonic_ns()}")
        try:
            if server.call("POST", "/hooks/hr", headers=headers, body=raw)[0] in (200, 202):
                return time.monotonic() - began
        except (OSError, http.client.HTTPException):
            pass
        time.sleep(0.05)
    raise TimeoutError("no webhook was taken any more")


def test_a_full_disk_loses_nothing_and_is_over_when_there_is_room(tmp_path: Path) -> None:
    """The files of the process may grow no further for a while, as on a full disk."""
    folder = tmp_path / "company"

    def full(server: Server, _: Company) -> None:
        sizes = [path.stat().st_size for path in folder.glob("exeunt.db*")]
        before = resource.prlimit(server.pid, resource.RLIMIT_FSIZE)
        resource.prlimit(server.pid, resource.RLIMIT_FSIZE, (min(sizes) // 4096 * 4096, before[1]))
        time.sleep(2)
        resource.prlimit(server.pid, resource.RLIMIT_FSIZE, before)

    storm, back = through(folder, full)

    print(f"back {back:.1f} s after there was room")
    assert any(op.status is not None and op.status >= 500 for op in storm.ops)
    assert {op.status for op in storm.ops if op.kind == "immediate"} <= {
        200,
        202,
        409,
        422,
        500,
        503,
        507,
        None,
    }
    assert back <= soon_enough()


@pytest.mark.parametrize("still_s", [3, pytest.param(12, marks=pytest.mark.faults)])
def test_a_process_that_stood_still_goes_on_and_repeats_nothing(tmp_path: Path, still_s: float) -> None:
    def stands_still(server: Server, _: Company) -> None:
        os.kill(server.pid, signal.SIGSTOP)
        time.sleep(still_s)
        os.kill(server.pid, signal.SIGCONT)

    _, back = through(tmp_path / "company", stands_still)

    print(f"back {back:.1f} s after it went on")
    assert back <= soon_enough()


@pytest.mark.postgres
@pytest.mark.parametrize(
    ("breaks", "for_s"),
    [
        pytest.param(Wire.cut, 2, id="cut off"),
        pytest.param(Wire.stop, 8, id="silent", marks=pytest.mark.faults),
    ],
)
def test_a_database_that_cannot_be_reached_any_more_loses_nothing(
    tmp_path: Path, wire: tuple[Wire, str], breaks: Callable[[Wire], None], for_s: int
) -> None:
    cable, url = wire

    def broken(_: Server, __: Company) -> None:
        breaks(cable)
        time.sleep(for_s)
        cable.mend()

    _, back = through(tmp_path / "company", broken, database=url)

    print(f"back {back:.1f} s after the wire was mended")
    assert back <= soon_enough()


@pytest.mark.faults
@pytest.mark.postgres
def test_a_wire_that_breaks_at_commits_loses_nothing_and_repeats_nothing(
    tmp_path: Path, wire: tuple[Wire, str]
) -> None:
    """Whether the commit stood is not known to whoever asked for it."""
    cable, url = wire

    def at_commits(_: Server, __: Company) -> None:
        cable.cut_at_commit = 12
        time.sleep(6)
        assert cable.cut_at_commit < 12
        cable.cut_at_commit = 0

    _, back = through(tmp_path / "company", at_commits, database=url)

    print(f"back {back:.1f} s after the last cut")
    assert back <= soon_enough()
