"""What the entrances are shown of a run, and the sentences made from it."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import event as events

from connectors.sdk.types import Proof
from service.departures.kind import DepartureKind
from service.engine.facts import ExposureFact, RunFilter
from service.engine.order import Ask, Queued
from service.engine.precautions import precautions
from service.engine.reading import run_lines
from service.engine.states import Colour, StepState, WaitsFor
from service.engine.wording import comes_later, counts, logins, span
from service.playbook.model import Grade
from service.store import driver
from tests.unit.engine.results import back, confirm, decision, ordered, queued, reading
from tests.unit.engine.world import departure, person

AT = datetime(2026, 3, 2, 17, 0, tzinfo=UTC)


def exposed(*seconds: float | None) -> tuple[ExposureFact, ...]:
    return tuple(
        ExposureFact(
            connector=f"system{n}",
            account=f"a{n}",
            seconds=s,
            verified_at=None if s is None else AT + timedelta(seconds=s),
        )
        for n, s in enumerate(seconds)
    )


def precaution(world: Any, name: str) -> Any:
    return next(fact for fact in world.facts().precautions if fact.name == name)


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0.0, "under 0.1 s"),
        (0.04, "under 0.1 s"),
        (0.4, "0.4 s"),
        (12, "12 s"),
        (119, "119 s"),
        (600, "10 min"),
        (7200, "2.0 h"),
    ],
)
def test_a_length_of_time_is_never_rounded_to_nothing(seconds: float, said: str) -> None:
    assert span(seconds) == said


def test_one_login_is_said_in_the_singular() -> None:
    assert logins(exposed(3.0), AT) == "The login was shut and read back 3.0 s after 17:00:00 UTC."


def test_of_several_logins_the_last_one_counts() -> None:
    assert logins(exposed(3.0, 62.0), AT) == "Both logins were shut and read back 62 s after 17:00:00 UTC."


def test_a_login_nobody_read_back_is_named() -> None:
    said = logins(exposed(3.0, None), AT)

    assert said == "1 of 2 logins shut and read back; not known to be shut: system1."


def test_a_playbook_that_shuts_nothing_says_so() -> None:
    assert logins((), AT) == "This playbook shuts no login."


def test_counts_say_what_waits_for_what(world: Any) -> None:
    world.begin()
    back(world, ordered(world, "shut"), queued(world))
    world.drain()

    said = counts(world.facts().steps, now=world.clock())

    assert "1 waits for a device" in said
    assert "1 waits for another step" in said


def test_what_is_held_up_by_a_failed_step_is_not_under_way(world: Any) -> None:
    world.fake.faults.lie = {"account.active"}
    world.begin()
    world.drain()

    said = counts(world.facts().steps, now=world.clock())

    assert said == "0 of 3 closed · 1 failed · 1 needs a person · 1 waits for another step"


def test_every_step_is_counted_once(world: Any) -> None:
    world.begin(extra="  - {id: later, action: manual.confirm, minimum: attested, after: 2d, owner: it}\n")

    said = counts(world.facts().steps, now=world.clock())

    assert said == "0 of 4 closed · 2 under way · 1 waits for another step · 1 comes later"


def test_a_step_whose_time_has_come_is_not_later(world: Any) -> None:
    world.begin(extra="  - {id: later, action: manual.confirm, minimum: attested, after: 2d, owner: it}\n")
    later = next(step for step in world.facts().steps if step.step == "later")

    assert comes_later(later, now=world.clock())
    assert not comes_later(later, now=world.clock() + timedelta(days=2))


def test_a_confirmed_login_counts_as_shut_only_once_it_was_read_back(world: Any) -> None:
    world.begin()
    back(world, ordered(world, "shut"), Ask(error="Refused", what="No.", hint="Give the right."))
    world.fake.state["accounts"]["acc-1"]["active"] = False
    confirm(world, "shut", note="I shut it by hand.")
    before = world.facts()

    world.clock.turn(seconds=6)
    world.drain()

    assert (before.seconds_to_last_cut, "not known to be shut" in before.headline) == (None, True)
    assert world.facts().seconds_to_last_cut == 6


def test_the_list_and_the_page_say_the_same_of_the_last_cut(world: Any) -> None:
    world.begin()
    world.clock.turn(seconds=62)
    world.drain()

    assert world.desk.lines()[0].seconds_to_last_cut == world.facts().seconds_to_last_cut == 62


def test_a_login_that_opened_again_has_no_last_cut_anywhere(world: Any) -> None:
    world.begin()
    world.drain()
    world.fake.state["accounts"]["acc-1"]["active"] = True
    world.clock.turn(seconds=61)
    world.drain()

    assert world.desk.lines()[0].seconds_to_last_cut is None
    assert world.facts().last_verified_at is None


def test_a_list_asks_the_database_as_often_for_fifty_runs_as_for_one(
    world: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.begin()
    asked: list[str] = []
    events.listen(world.store.engine, "before_cursor_execute", lambda *a: asked.append(a[2]))
    opened = driver.cursor
    monkeypatch.setattr(driver, "cursor", lambda on, sql: (asked.append(sql), opened(on, sql))[1])
    with world.store.read() as session:
        run_lines(session)
    for_one = len(asked)
    more_runs(world, 12)
    asked.clear()

    with world.store.read() as session:
        lines = run_lines(session)

    assert len(lines) == 13
    assert len(asked) == for_one > 0


def more_runs(world: Any, count: int) -> None:
    now = world.clock()
    for number in range(count):
        with world.store.write() as session:
            leaver = person(f"Leaver{number}", f"E-{100 + number}")
            session.add(leaver)
            session.flush()
            which = {"id": f"d-{100 + number}", "source_id": f"ev-{100 + number}"}
            session.add(departure(leaver.id, now, kind=DepartureKind.INVOLUNTARY, **which))
    world.begin()


def test_a_list_is_paged_and_narrowed(world: Any) -> None:
    world.begin()
    more_runs(world, 5)

    newest = world.desk.lines(limit=2)
    older = world.desk.lines(limit=2, before=int(newest[-1].number.removeprefix("R-")))
    mike = world.desk.lines(only=RunFilter(name="dalt"))
    others = world.desk.lines(only=RunFilter(reader=world.people["mike"]))

    assert [line.number for line in (*newest, *older)] == ["R-6", "R-5", "R-4", "R-3"]
    assert [line.leaver for line in mike] == ["Mike Dalton"]
    assert len(others) == 5
    assert {line.kind for line in world.desk.lines(only=RunFilter(kind="involuntary"))} == {"involuntary"}


@pytest.mark.parametrize("name", ["%", "_", "\\"], ids=["percent", "underscore", "backslash"])
def test_a_name_is_searched_as_it_is_typed(world: Any, name: str) -> None:
    world.begin()

    assert world.desk.lines(only=RunFilter(name=name)) == []


def test_a_cut_hours_later_was_not_at_once(world: Any) -> None:
    world.begin()
    world.clock.turn(hours=3)

    world.drain()

    assert (precaution(world, "Access cut at once").state, precaution(world, "Access cut at once").said) == (
        "bad",
        "3.0 h",
    )


def test_ten_precautions_are_told_and_none_is_ok_by_default() -> None:
    told = precautions((), (), None)

    assert len(told) == 10
    assert "ok" not in {fact.state for fact in told}


def test_a_refusal_tells_a_person_nothing_was_changed_and_leaves_the_step_fresh(world: Any) -> None:
    world.begin()
    world.drain()
    seen = world.step("mailbox").revision

    with pytest.raises(Exception, match="role it"):
        confirm(world, "mailbox", who="hanna", note="I want to help.")
    confirm(world, "mailbox", note="Changed in the vault.", revision=seen)

    assert world.step("mailbox").state is StepState.DONE


def test_a_stranger_is_refused_and_noted(world: Any) -> None:
    world.begin()
    world.drain()
    stranger = decision(world, "mailbox", note="It is me, really.")
    stranger = type(stranger)(
        **{**{n: getattr(stranger, n) for n in stranger.__slots__}, "person_id": "nobody"}
    )

    with pytest.raises(Exception, match="role it"):
        world.desk.confirm(stranger)

    assert world.bodies("confirmation.refused")[-1]["reason"] == "role"


def test_the_ledger_of_a_run_names_nobody_and_quotes_nothing(world: Any) -> None:
    world.begin()
    laptop = (reading(world, Proof.PENDING, "Mike's laptop"),)
    for order in world.admit():
        if order.step == "shut":
            back(world, order, Queued(why="Mike's laptop sleeps.", poll_after_s=9, readings=laptop))
        else:
            world.finish(order)
    confirm(world, "mailbox", note="Mike knew the password.")

    said = str([world.bodies(event) for event in set(world.events())])

    assert "Mike" not in said
    assert "example.com" not in said


def test_a_retried_step_that_has_not_begun_is_still_being_cut(world: Any) -> None:
    world.begin()
    world.fake.stop()

    world.drain()

    assert world.step("shut").state is StepState.READY
    assert world.facts().state == "revoking"


def test_a_waiting_device_is_in_the_headline_and_not_green(world: Any) -> None:
    world.begin()
    back(world, ordered(world, "shut"), queued(world))

    facts = world.facts()
    assert "ordered, the device has not answered" in facts.headline
    assert (facts.steps[0].waits_for, facts.steps[0].grade) == (WaitsFor.DEVICE, Grade.PENDING)
    assert facts.colour is Colour.AMBER
