"""The night's work beside a system that is away when its turn comes."""

from pathlib import Path

import pytest

from connectors.sdk.http import close_sessions
from service.app import create_service
from service.engine.clock import running
from service.ledger.bound import bind
from service.scheduler.daily import SOON_S, Daily
from tests.integration.faults import company
from tests.integration.faults.company import CHAOS, TestClock


@pytest.mark.timeout(60)
def test_a_system_that_comes_up_after_us_is_asked_within_minutes_and_not_the_next_night(
    tmp_path: Path,
) -> None:
    folder = company.found(tmp_path / "company", leavers=2)
    clock = TestClock.open(folder)
    with company.opened(folder, clock):
        service = create_service(company.configured(folder), now=clock, extra_connectors=(CHAOS,))
        at = running()
        rosters = Daily(service.rosters, service.learn_rosters, ticking=lambda: at)
        logs = Daily(service.collector.sources, service.collect, ticking=lambda: at)
    close_sessions()
    rosters.look()  # nothing listens yet
    logs.look()
    assert not service.collector.holds_logs()

    with company.opened(folder, clock) as opened:
        at += SOON_S
        rosters.look()
        logs.look()

        assert opened.chaos.requests
        assert service.collector.holds_logs()
    service.close()
    close_sessions()
    bind(None)
