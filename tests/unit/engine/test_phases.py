"""A run begins with the notice where there is something to do then, and the end cuts; each step by its phase."""

import gc
import weakref
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from service.departures.announce import recompute
from service.departures.departure import Departure
from service.departures.event import Change
from service.departures.kind import DepartureKind, DepartureState
from service.engine import retiming, timing
from service.engine.start import Starter
from service.engine.states import StepState
from service.engine.tables import Run, StepRun
from service.ledger.entry import LedgerEntry
from service.ledger.event import Event
from service.playbook.catalogue import Catalogue
from service.playbook.inuse import Fixed
from service.playbook.load import parse
from tests.unit.engine.world import World

NOTICE = """
playbook: test
version: 1
summary: A test.
steps:
  - id: tell
    action: manual.confirm
    phase: notice
    minimum: attested
    instructions: Say that exports are watched.
  - id: remind
    action: manual.confirm
    phase: notice
    after: 2d
    minimum: attested
    instructions: Remind them.
  - id: shut
    action: chaos.disable_account
    deadline: 10m
  - id: archive
    action: manual.confirm
    phase: after-care
    after: 7d
    minimum: attested
    instructions: Archive it.
"""
BERLIN = "Europe/Berlin"
TOLD = datetime(2026, 10, 12, 9, 0, tzinfo=UTC)  # a Monday
ENDS = datetime(2026, 10, 20, 15, 0, tzinfo=UTC)  # 17:00 in Berlin, in summer time


@pytest.fixture
def notice(world: World) -> World:
    """Mike gave notice on the 12th, and leaves on the 20th at 17:00 in Berlin."""
    world.clock.now = TOLD
    with world.store.write() as session:
        departure = session.get_one(Departure, "d-1")
        departure.civil_at, departure.zone = "2026-10-20T17:00:00", BERLIN
        departure.effective_at, departure.announced_at = ENDS, TOLD
        departure.notice_date = date(2026, 10, 12)
    return world


def starter(world: World, playbook: str = NOTICE) -> Starter:
    loaded = parse(playbook.encode(), "test.yaml", world.registry, lint=False)
    return Starter(
        catalogue=Catalogue(world.registry),
        set_up=world.registry.configured,
        playbooks=Fixed(dict.fromkeys(DepartureKind, loaded)),
    )


def tick(world: World, playbook: str = NOTICE) -> list[str]:
    with world.store.write() as session:
        retiming.retime(session, now=world.clock())
        return starter(world, playbook).begin_due(session, now=world.clock())


def state(world: World) -> DepartureState:
    with world.store.read() as session:
        return session.get_one(Departure, "d-1").state


def test_a_run_with_something_to_do_at_notice_begins_then(notice: World) -> None:
    notice.begin(NOTICE)

    notice.drain()

    assert notice.step("tell").state is StepState.WAITING
    assert notice.step("shut").state is StepState.READY
    assert state(notice) is DepartureState.SCHEDULED
    assert notice.facts().headline == "Notice period: access ends at 2026-10-20 15:00 UTC."


def test_what_is_due_later_than_until_waits_and_what_is_written_of_it_is_of_now(notice: World) -> None:
    now = notice.clock()
    with notice.store.write() as session:
        session.get_one(Departure, "d-1").state = DepartureState.ANNOUNCED

    with notice.store.write() as session:
        assert starter(notice).begin_due(session, now=now, until=now - timedelta(days=30)) == []
    with notice.store.read() as session:
        newest = session.scalars(select(LedgerEntry).order_by(LedgerEntry.seq.desc()).limit(1)).one()
    assert (newest.event, newest.at) == (Event.DEPARTURE_SCHEDULED, now)
    assert len(tick(notice)) == 1


def test_looking_who_begins_keeps_nothing_of_the_transaction_it_looked_in(notice: World) -> None:
    with notice.store.write() as session:
        starter(notice).begin_due(session, now=notice.clock())
        kept = weakref.ref(session)
    del session

    gc.collect()

    assert kept() is None


def test_the_end_cuts_and_not_a_second_before(notice: World) -> None:
    notice.begin(NOTICE)
    notice.clock.now = ENDS - timedelta(seconds=1)
    tick(notice)
    notice.drain()
    assert notice.step("shut").attempt == 0

    notice.clock.now = ENDS
    tick(notice)
    notice.drain()

    assert notice.step("shut").state is StepState.DONE
    assert state(notice) is not DepartureState.SCHEDULED
    assert notice.events().count("departure.due") == 1


def test_a_run_with_nothing_to_do_at_notice_begins_when_access_ends(notice: World) -> None:
    later = NOTICE.replace("phase: notice", "phase: last-day")

    assert tick(notice, later) == []
    notice.clock.now = ENDS
    assert len(tick(notice, later)) == 1


def test_a_notice_of_next_week_begins_with_that_day_on_the_leavers_clocks(notice: World) -> None:
    with notice.store.write() as session:
        session.get_one(Departure, "d-1").notice_date = date(2026, 10, 15)
    notice.clock.now = datetime(2026, 10, 14, 21, 59, 59, tzinfo=UTC)
    assert tick(notice) == []

    notice.clock.now += timedelta(seconds=1)

    assert len(tick(notice)) == 1


def test_days_after_notice_and_end_keep_the_time_of_day_across_a_change_of_the_clocks(notice: World) -> None:
    notice.begin(NOTICE)

    assert notice.step("remind").release_after == datetime(2026, 10, 13, 22, 0, tzinfo=UTC)
    assert notice.step("archive").release_after == datetime(2026, 10, 27, 16, 0, tzinfo=UTC)


def test_a_date_that_moves_moves_what_has_not_begun_and_leaves_the_notice_alone(notice: World) -> None:
    notice.begin(NOTICE)
    notice.drain()
    with notice.store.write() as session:
        departure = session.get_one(Departure, "d-1")
        departure.timed_from = departure.effective_at
        departure.civil_at, departure.effective_at = "2026-10-27T17:00:00", ENDS + timedelta(days=7, hours=1)

    tick(notice)

    assert notice.step("shut").release_after == ENDS + timedelta(days=7, hours=1)
    assert notice.step("archive").release_after == datetime(2026, 11, 3, 16, 0, tzinfo=UTC)
    assert notice.step("remind").release_after == datetime(2026, 10, 13, 22, 0, tzinfo=UTC)
    assert sorted(notice.bodies("run.retimed")[0]["steps"]) == ["archive", "shut"]


def test_a_dismissed_person_is_not_shut_out_before_an_end_that_moved(notice: World) -> None:
    with notice.store.write() as session:
        session.get_one(Departure, "d-1").kind = DepartureKind.INVOLUNTARY
    notice.begin(NOTICE)
    notice.drain()

    notice.says(
        Change.CHANGED,
        kind=DepartureKind.INVOLUNTARY,
        access_off_at=datetime(2026, 10, 20, 18, 0),  # noqa: DTZ001  a civil time
        timezone=BERLIN,
    )
    tick(notice)
    notice.drain()

    assert notice.step("shut").attempt == 0
    assert notice.step("shut").release_after == ENDS + timedelta(hours=1)


def test_another_day_of_notice_moves_what_is_counted_from_it_and_has_not_begun(notice: World) -> None:
    notice.begin(NOTICE)
    notice.drain()

    notice.says(
        Change.CHANGED,
        notice_date=date(2026, 10, 14),
        access_off_at=datetime(2026, 10, 20, 17, 0),  # noqa: DTZ001  a civil time
        timezone=BERLIN,
    )
    tick(notice)

    assert notice.bodies("run.retimed")[0]["steps"] == ["remind"]
    assert notice.step("remind").release_after == datetime(2026, 10, 15, 22, 0, tzinfo=UTC)
    assert notice.step("shut").release_after == ENDS
    assert notice.step("tell").state is StepState.WAITING


def test_zone_data_that_change_during_the_notice_move_the_cut(notice: World) -> None:
    notice.begin(NOTICE)
    with notice.store.write() as session:
        departure = session.get_one(Departure, "d-1")
        departure.effective_at = ENDS + timedelta(hours=1)  # as older zone data had it
        recompute(session, departure, now=notice.clock())
        assert (departure.effective_at, departure.timed_from) == (ENDS, ENDS + timedelta(hours=1))
    with notice.store.write() as session:
        for step in session.query(StepRun).filter(StepRun.step == "shut"):
            step.release_after = step.next_at = ENDS + timedelta(hours=1)

    tick(notice)

    assert notice.step("shut").next_at == ENDS


def test_new_zone_data_time_the_steps_of_open_runs_anew(notice: World) -> None:
    notice.begin(NOTICE)
    with notice.store.write() as session:
        session.query(Run).one().tzdata = "2019.1"
        archive = session.query(StepRun).filter(StepRun.step == "archive").one()
        archive.release_after = archive.next_at = datetime(2026, 10, 27, 15, 0, tzinfo=UTC)

    with notice.store.write() as session:
        assert timing.under_new_zone_data(session, now=notice.clock()) == 1
        assert timing.under_new_zone_data(session, now=notice.clock()) == 0
    tick(notice)

    assert notice.step("archive").next_at == datetime(2026, 10, 27, 16, 0, tzinfo=UTC)
    assert notice.bodies("run.retimed")[0]["steps"] == ["archive"]


def test_what_people_are_told_names_the_time_that_holds_now(notice: World) -> None:
    naming = NOTICE.replace(
        "Say that exports are watched.", "Access ends at ${departure.effective_at}, say so."
    )
    notice.begin(naming)
    notice.drain()
    assert notice.step("tell").instructions == (
        "Access ends at 2026-10-20 17:00 Europe/Berlin (2026-10-20 15:00 UTC), say so."
    )

    with notice.store.write() as session:
        departure = session.get_one(Departure, "d-1")
        departure.timed_from, departure.zone = ENDS, "Europe/London"
        departure.effective_at = ENDS + timedelta(days=1)
    tick(notice, naming)

    assert notice.step("tell").state is StepState.WAITING
    assert notice.step("tell").instructions == (
        "Access ends at 2026-10-21 16:00 Europe/London (2026-10-21 15:00 UTC), say so."
    )


def test_what_people_are_told_names_the_last_day_that_holds_now(notice: World) -> None:
    naming = NOTICE.replace(
        "Say that exports are watched.",
        "The last day is ${departure.last_day}, until ${departure.effective_at}; ask HR about 2026-10-20.",
    )
    notice.begin(naming)
    notice.drain()
    assert notice.step("tell").instructions == (
        "The last day is Tue 2026-10-20, until 2026-10-20 17:00 Europe/Berlin (2026-10-20 15:00 UTC); "
        "ask HR about 2026-10-20."
    )

    with notice.store.write() as session:
        departure = session.get_one(Departure, "d-1")
        departure.timed_from, departure.civil_at = ENDS, "2026-10-21"
        departure.effective_at = ENDS + timedelta(days=1)
    tick(notice, naming)

    assert notice.step("tell").instructions == (
        "The last day is Wed 2026-10-21, until 2026-10-21 17:00 Europe/Berlin (2026-10-21 15:00 UTC); "
        "ask HR about 2026-10-20."
    )


def test_a_changed_playbook_is_looked_at_anew_and_an_unchanged_one_once(
    notice: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = NOTICE.replace("phase: notice", "phase: last-day")
    tick(notice, plain)
    asked: list[Any] = []
    planned = Starter.planned
    monkeypatch.setattr(Starter, "planned", lambda *given: asked.append(1) or planned(*given))

    tick(notice, plain)
    assert asked == []

    assert len(tick(notice)) == 1


def test_what_was_shut_is_read_again_after_an_hour_a_day_a_week_and_a_month(world: World) -> None:
    world.begin()
    world.drain()
    done, looks = world.clock(), []
    while (check := world.step("shut").check_at) is not None:
        looks.append(check - done)
        world.clock.now = check
        world.drain()

    hours = [round(look.total_seconds() / 3600, 1) for look in looks]
    assert hours == [0.0, 1.0, 24.0, 168.0, 720.0]


def test_looks_that_a_downtime_swallowed_are_made_up_for_by_one(world: World) -> None:
    world.begin()
    world.drain()
    done = world.clock()
    world.clock.turn(days=2)

    world.drain()

    assert world.step("shut").check_at == done + timedelta(days=7)


def test_an_account_that_is_open_again_after_a_week_opens_the_run(world: World) -> None:
    world.begin()
    world.drain()
    world.clock.turn(days=1, hours=1)
    world.drain()
    assert world.step("shut").state is StepState.DONE
    world.fake.state["accounts"]["acc-1"]["active"] = True

    world.clock.turn(days=6)
    world.drain()

    assert world.step("shut").contradicted


def test_what_hr_moved_at_the_last_moment_is_not_shut_at_the_old_time(notice: World) -> None:
    (notice.run_id,) = tick(notice)
    notice.clock.now = ENDS - timedelta(milliseconds=5)
    notice.says(Change.CHANGED, access_off_at=datetime(2026, 11, 20, 17, 0), timezone=BERLIN)  # noqa: DTZ001

    notice.clock.now = ENDS
    let_out = [order.step for order in notice.admit()]  # before anybody has looked at what HR said

    assert "shut" not in let_out
    tick(notice)
    assert notice.step("shut").release_after == datetime(2026, 11, 20, 16, 0, tzinfo=UTC)
