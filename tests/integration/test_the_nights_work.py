"""The night's work beside a system that is away when its turn comes."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from connectors.sdk.http import close_sessions
from service.app import Service, create_service
from service.engine.clock import running
from service.engine.found_stuck import StuckKind
from service.ledger.bound import bind
from service.ledger.entry import LedgerEntry
from service.ledger.event import Event
from service.scheduler.daily import SOON_S, Daily
from service.watching import alarms_of
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
        rosters = Daily(service.nights.rosters, service.nights.learn_rosters, ticking=lambda: at)
        logs = Daily(service.collector.sources, service.nights.collect, ticking=lambda: at)
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


@pytest.fixture
def nightly(tmp_path: Path) -> Iterator[tuple[Service, TestClock, Path]]:
    """A service whose systems are all away."""
    folder = company.found(tmp_path / "company", leavers=2)
    clock = TestClock.open(folder)
    with company.opened(folder, clock):
        service = create_service(company.configured(folder), now=clock, extra_connectors=(CHAOS,))
    close_sessions()
    yield service, clock, folder
    service.close()
    close_sessions()
    bind(None)


def nights_alarms(service: Service) -> list[str]:
    """Two looks, as a quarter of a minute apart; what is open then of the night's work."""
    alarms = alarms_of(service.store, service.engine, service.settings, service.nights, now=service.now)
    alarms.look()
    alarms.look()
    return [alarm.said for alarm in service.desk.alarms() if alarm.kind is StuckKind.NIGHT]


def turn(service: Service) -> None:
    service.nights.learn_rosters()
    service.nights.collect()


@pytest.mark.timeout(120)
def test_a_roster_and_logs_that_fail_for_two_nights_are_an_alarm_each_until_they_come(
    nightly: tuple[Service, TestClock, Path],
) -> None:
    service, clock, folder = nightly
    turn(service)
    clock.skip(hours=30)
    turn(service)
    after_one_night = nights_alarms(service)
    clock.skip(hours=21)
    turn(service)
    after_two = nights_alarms(service)
    again = nights_alarms(service)
    with company.opened(folder, clock):
        turn(service)
        over = nights_alarms(service)

    rosters, logs = set(service.nights.rosters()), set(service.collector.sources())
    assert after_one_night == []
    assert {said.split(" ")[3] for said in after_two if said.startswith("The roster of")} == rosters
    assert {said.split(" ")[3] for said in after_two if said.startswith("The logs of")} == logs
    assert again == after_two
    assert over == []
    with service.store.read() as session:
        raised = session.scalars(select(LedgerEntry).where(LedgerEntry.event == Event.ALARM_RAISED)).all()
        ended = session.scalars(select(LedgerEntry).where(LedgerEntry.event == Event.ALARM_ENDED)).all()
    assert len(raised) == len(ended) == len(rosters) + len(logs)


class BrokenError(Exception):
    """Something that no connector says."""


@pytest.mark.timeout(120)
def test_a_roster_that_fails_by_a_fault_of_ours_is_told_too(
    nightly: tuple[Service, TestClock, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    service, clock, folder = nightly

    def breaks(*_: object, **__: object) -> None:
        raise BrokenError

    monkeypatch.setattr("service.nights.found_late.learn", breaks)
    with company.opened(folder, clock):
        for _ in range(2):
            with pytest.raises(BrokenError):
                service.nights.learn_rosters(["chaos"])
            clock.skip(hours=51)

    (said,) = nights_alarms(service)
    assert said.startswith("The roster of chaos has not been read since the first try at")
