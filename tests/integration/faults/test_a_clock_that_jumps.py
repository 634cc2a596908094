"""The clock of the machine is set hours wrong and right again: nothing is missing, nothing twice, nothing early."""

import time
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import or_, select

from connectors.sdk.http import close_sessions
from service.app import create_service
from service.departures.departure import Departure
from service.engine.clock import ClockGuard
from service.ledger.bound import bind
from service.ledger.entry import LedgerEntry
from service.ledger.event import Event
from service.store import Store, utc_now
from service.store.migrate import upgrade
from tests.conftest import new_database
from tests.integration.faults import company
from tests.integration.faults.company import BASE, CHAOS, Company, TestClock
from tests.integration.faults.machine_clock import set_by, with_a_clock
from tests.integration.faults.serving import Server
from tests.integration.faults.test_outages import soon_enough, through

pytestmark = [pytest.mark.faketime, pytest.mark.timeout(300)]

TWO_HOURS_S = 7200


@pytest.fixture(autouse=True)
def _nobody_bound() -> Iterator[None]:
    yield
    close_sessions()
    bind(None)


def wrong_for_a_while(folder: Path, seconds: int, _: Server, systems: Company) -> None:
    """Meanwhile our session in the CRM ends: a sign-in that is signed with the wrong time is refused."""
    set_by(folder, seconds)
    systems.crm.state["session_tokens"].clear()
    time.sleep(5)
    set_by(folder, 0)


def wrong(folder: Path) -> list[str]:
    """Entries that are not stamped with the right time, and departures with a run whose time has not come by it."""
    now = TestClock.open(folder)() + timedelta(seconds=5)
    stamped_wrong = or_(LedgerEntry.at < BASE, LedgerEntry.at > now)
    with closing(Store(company.configured(folder).database_url)) as store, store.read() as session:
        assert session.scalar(select(LedgerEntry.seq).where(LedgerEntry.event == Event.CLOCK_JUMPED).limit(1))
        early = select(Departure.id).where(Departure.run_id.is_not(None), Departure.effective_at > now)
        stamps = session.scalars(select(LedgerEntry).where(stamped_wrong))
        return [*session.scalars(early), *(f"{entry.seq} {entry.event} {entry.at}" for entry in stamps)]


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=[pytest.mark.postgres, pytest.mark.faults])])
def database(request: Any) -> Iterator[str]:
    if request.param == "sqlite":
        yield ""
        return
    with new_database(request.getfixturevalue("postgres_server")) as url:
        with closing(Store(url)) as store:
            upgrade(store)
        yield url


@pytest.mark.parametrize("seconds", [TWO_HOURS_S, -TWO_HOURS_S], ids=["forward", "back"])
def test_a_clock_set_by_two_hours_loses_nothing_and_begins_nothing_early(
    tmp_path: Path, database: str, seconds: int
) -> None:
    folder = tmp_path / "company"

    _, back = through(
        folder, partial(wrong_for_a_while, folder, seconds), database=database, start=with_a_clock
    )

    print(f"back {back:.1f} s after the clock was put right")
    assert wrong(folder) == []
    assert back <= soon_enough()


def test_what_moves_while_the_clock_is_set_back_keeps_to_the_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_back = timedelta(0)
    monkeypatch.setattr("service.app.ClockGuard", lambda: ClockGuard(wall=lambda: utc_now() - set_back))
    folder = company.found(tmp_path / "company", leavers=4)
    clock = TestClock.open(folder)
    with company.opened(folder) as opened:
        number = opened.numbers[0]
        service = create_service(
            company.configured(folder), now=lambda: clock() - set_back, extra_connectors=(CHAOS,)
        )
        company.hire(service.store, folder)
        service.start()
        service.intake.receive("hr", *company.signed(company.message("immediate", number), number))
        [begun] = until_recorded(service.store, Event.RUN_STARTED)

        set_back = timedelta(seconds=TWO_HOURS_S)
        with service.store.write() as session:  # as if HR had named another end
            departure = session.scalars(select(Departure)).one()
            departure.timed_from = departure.effective_at - timedelta(minutes=5)
        service.engine.wake()
        [moved] = until_recorded(service.store, Event.RUN_RETIMED)
        service.close()

    assert moved.at >= begun.at


def until_recorded(store: Store, event: Event) -> list[LedgerEntry]:
    until = time.monotonic() + 30
    while time.monotonic() < until:
        with store.read() as session:
            found = session.scalars(select(LedgerEntry).where(LedgerEntry.event == event)).all()
        if found:
            return list(found)
        time.sleep(0.02)
    return []
