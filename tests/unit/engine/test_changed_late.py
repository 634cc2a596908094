"""HR changes its mind while a run is under way: what can follow does, and the rest is asked."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from service.cli.rehire import told
from service.departures.departure import Departure
from service.departures.event import Change
from service.departures.guardrails import DEFAULT, Guardrails
from service.departures.kind import DepartureKind, DepartureState
from service.engine.decisions import Decision
from service.engine.interventions import Verb, Wish
from service.engine.retiming import retime
from service.engine.start import Starter
from service.engine.states import StepState
from service.engine.undo_compare import Comparer, record_look
from service.engine.undos import Because
from service.people.person import Person
from service.playbook.catalogue import Catalogue
from service.playbook.inuse import Fixed
from service.playbook.load import parse
from tests.unit.engine.test_undo import ACCOUNT, account, events, states, sweep_and_drain, undo
from tests.unit.engine.world import MANY, PLAYBOOK, World
from tests.unit.engine.world import departure as departure_of

LATER = """
  - {id: after, action: manual.confirm, needs: [mailbox], after: 5d, phase: after-care, minimum: attested}
  - {id: still, title: Still, action: manual.confirm, after: 3d, minimum: attested}
  - {id: wipe, title: Wipe, action: manual.confirm, after: 9d, phase: destructive, minimum: attested}
"""


def follow(world: World) -> None:
    with world.store.write() as session:
        retime(session, now=world.clock())


def departures(world: World) -> list[Departure]:
    with world.store.read() as session:
        return list(session.scalars(select(Departure).order_by(Departure.announced_at, Departure.source_id)))


def said(world: World, name: str) -> None:
    """Ivan says that it is done."""
    step, note = world.step(name), "Changed it in the console."
    world.desk.confirm(
        Decision(
            step_run_id=step.id,
            revision=step.revision,
            person_id=world.people["ivan"],
            door="web",
            note=note,
        )
    )


def test_an_earlier_time_brings_forward_what_has_not_begun_but_nothing_that_cannot_be_undone(
    world: World,
) -> None:
    world.begin(extra=LATER)
    world.drain()
    before = {name: world.step(name).release_after for name in ("after", "still", "wipe")}

    world.says(Change.CHANGED, access_off_at=datetime(2026, 3, 1, 12, 0))  # noqa: DTZ001  a civil time
    follow(world)

    moved = {name: world.step(name).release_after - at for name, at in before.items()}
    assert moved == {"after": timedelta(days=-1), "still": timedelta(days=-1), "wipe": timedelta()}
    assert world.step("shut").state is StepState.DONE
    assert world.bodies("run.retimed")[-1]["steps"] == ["after", "still"]


def test_a_dismissal_brings_the_last_day_to_now(world: World) -> None:
    world.begin(extra=LATER)
    world.drain()

    world.says(
        Change.CHANGED,
        kind=DepartureKind.INVOLUNTARY,
        access_off_at=datetime(2026, 3, 2, 12, 0),  # noqa: DTZ001  a civil time
    )
    follow(world)

    assert world.step("still").release_after == world.clock()
    assert world.step("after").release_after > world.clock()
    assert departures(world)[0].state is not DepartureState.HELD


def test_following_twice_moves_once(world: World) -> None:
    world.begin(extra=LATER)
    world.says(Change.CHANGED, access_off_at=datetime(2026, 3, 1, 12, 0))  # noqa: DTZ001  a civil time
    follow(world)
    at = world.step("still").release_after

    follow(world)

    assert world.step("still").release_after == at
    assert events(world).count("run.retimed") == 1


def test_an_earlier_time_after_hr_took_it_back_does_not_pass_for_a_change(world: World) -> None:
    world.begin(extra=LATER)
    world.drain()
    world.says(Change.RESCINDED)
    (held,) = departures(world)
    when, still = held.effective_at, world.step("still").release_after

    world.says(
        Change.CHANGED,
        kind=DepartureKind.INVOLUNTARY,
        access_off_at=datetime(2026, 3, 1, 12, 0),  # noqa: DTZ001  a civil time
    )
    follow(world)

    (asked,) = departures(world)
    assert (asked.state, asked.kind, asked.effective_at) == (
        DepartureState.HELD,
        DepartureKind.VOLUNTARY,
        when,
    )
    assert asked.changed_to is not None
    assert world.step("still").release_after == still


def test_two_changes_that_the_engine_sees_at_once_are_told_from_what_held_first(world: World) -> None:
    world.begin(extra=LATER)
    first = departures(world)[0].effective_at.isoformat()

    world.says(Change.CHANGED, access_off_at=datetime(2026, 3, 1, 12, 0))  # noqa: DTZ001  a civil time
    world.says(Change.CHANGED, access_off_at=datetime(2026, 2, 28, 12, 0))  # noqa: DTZ001  a civil time
    follow(world)

    (moved,) = world.bodies("run.retimed")
    assert (moved["from"], moved["to"]) == (first, "2026-02-28T12:00:00+00:00")


def test_a_later_time_after_the_cut_is_asked_and_taking_it_back_schedules_it_anew(world: World) -> None:
    before = account(world)
    world.begin()
    world.drain()
    world.says(Change.CHANGED, access_off_at=datetime(2026, 5, 1, 17, 0))  # noqa: DTZ001  a civil time
    assert departures(world)[0].state is DepartureState.HELD

    undo(world)
    sweep_and_drain(world)

    old, new = departures(world)
    assert account(world) == before
    assert (old.state, new.state) == (DepartureState.WITHDRAWN, DepartureState.ANNOUNCED)
    look(world)
    assert departures(world)[1].state is DepartureState.SCHEDULED
    assert new.effective_at == datetime(2026, 5, 1, 17, 0, tzinfo=UTC)
    assert world.facts().undo.because == "moved"


def look(world: World, guard: Guardrails = DEFAULT) -> list[str]:
    """The engine looks at who is due, with what the configuration says of guardrails."""
    loaded = parse(PLAYBOOK.encode(), "test.yaml", world.registry, lint=False)
    playbooks = Fixed(dict.fromkeys(DepartureKind, loaded))
    starter = Starter(
        catalogue=Catalogue(world.registry),
        set_up=world.registry.configured,
        playbooks=playbooks,
        guard=guard,
    )
    with world.store.write() as session:
        return starter.begin_due(session, now=world.clock())


def test_what_stands_anew_because_hr_moved_it_is_held_by_the_guardrails_that_are_set(world: World) -> None:
    world.begin()
    world.drain()
    world.says(Change.CHANGED, access_off_at=datetime(2026, 5, 1, 17, 0))  # noqa: DTZ001  a civil time
    undo(world)
    sweep_and_drain(world)

    look(world, Guardrails(protected_people=("E-17",)))

    held = departures(world)[1]
    assert held.state is DepartureState.HELD
    assert held.held_codes == ["protected"]


@pytest.mark.parametrize(("newer", "contradicted"), [(True, False), (False, True)])
def test_who_leaves_anew_does_not_contradict_that_they_were_restored(
    world: World, newer: bool, contradicted: bool
) -> None:
    world.begin()
    world.drain()
    undo(world)
    sweep_and_drain(world)
    world.clock.turn(seconds=50)
    if newer:
        with world.store.write() as session:
            at = world.clock()
            session.add(departure_of(world.people["mike"], at, id="d-2", source_id="ev-2", begun_at=at))
    world.fake.state["accounts"][ACCOUNT]["active"] = False  # the newer run, or somebody

    world.clock.turn(seconds=15)
    sweep_and_drain(world)

    assert (states(world)["undo.shut"] is StepState.FAILED) is contradicted
    assert world.step("undo.shut").check_at is None


@pytest.mark.parametrize(("came_back_days", "contradicted"), [(-30, True), (0, False)])
def test_who_came_back_is_not_watched_and_who_came_back_and_left_again_is(
    world: World, came_back_days: int, contradicted: bool
) -> None:
    world.begin()
    world.drain()
    with world.store.write() as session:
        at = world.clock() + timedelta(days=came_back_days, seconds=1)
        back = departure_of(
            world.people["mike"], at, id="d-2", source_id="ev-2", begun_at=at, kind=DepartureKind.REHIRE
        )
        session.add(back)
    world.fake.state["accounts"][ACCOUNT]["active"] = True  # the way back, or somebody

    world.clock.turn(seconds=90)
    sweep_and_drain(world)

    assert world.step("shut").contradicted is contradicted


def test_who_leaves_after_all_is_not_restored_any_further_once_that_time_has_come(world: World) -> None:
    world.begin()
    world.drain()
    world.fake.state["accounts"][ACCOUNT]["blocked_by"] = "security"
    undo(world)
    sweep_and_drain(world)
    assert states(world)["undo.shut"] is StepState.FAILED

    world.says(Change.IMMEDIATE, kind=DepartureKind.INVOLUNTARY)
    sweep_and_drain(world)

    old, new = departures(world)
    assert states(world)["undo.shut"] is StepState.CANCELLED
    assert (old.state, new.state) == (DepartureState.WITHDRAWN, DepartureState.ANNOUNCED)
    assert new.effective_at <= world.clock()


def test_who_leaves_on_the_first_date_after_all_is_shut_out_again(world: World) -> None:
    world.begin()
    world.drain()
    meant = departures(world)[0].effective_at.replace(tzinfo=None)
    with world.store.write() as session:
        session.get_one(Departure, "d-1").civil_at = meant.isoformat()  # as HR's own word is kept
    world.says(Change.RESCINDED)
    undo(world)

    world.says(Change.SCHEDULED, access_off_at=meant)
    sweep_and_drain(world)
    look(world, MANY)

    old, new = departures(world)
    assert (old.state, new.state) == (DepartureState.WITHDRAWN, DepartureState.REVOKING)


def test_somebody_who_comes_back_and_is_to_leave_anew_meanwhile_is_not_forgotten(world: World) -> None:
    world.begin()
    world.drain()
    said(world, "mailbox")
    assert departures(world)[0].state is DepartureState.CLOSED
    undo(world, because=Because.REHIRE)

    world.says(Change.SCHEDULED, access_off_at=datetime(2026, 9, 1, 17, 0))  # noqa: DTZ001  a civil time
    sweep_and_drain(world)
    said(world, "undo.mailbox")

    old, *new = departures(world)
    assert old.state is DepartureState.CLOSED
    assert [one.effective_at for one in new] == [datetime(2026, 9, 1, 17, 0, tzinfo=UTC)]


def test_an_undo_that_ends_twice_schedules_a_moved_departure_once(world: World) -> None:
    world.begin()
    world.drain()
    world.says(Change.CHANGED, access_off_at=datetime(2026, 5, 1, 17, 0))  # noqa: DTZ001  a civil time
    undo(world)
    sweep_and_drain(world)
    world.fake.state["accounts"][ACCOUNT]["active"] = False  # somebody shuts it again
    world.clock.turn(seconds=65)
    sweep_and_drain(world)
    assert departures(world)[0].state is DepartureState.RESTORING

    world.fake.state["accounts"][ACCOUNT]["active"] = True
    world.desk.intervene(
        Wish(verb=Verb.RETRY, run_id=world.run_id, person_id=world.people["ivan"], door="cli")
    )
    sweep_and_drain(world)

    assert [one.state for one in departures(world)] == [DepartureState.WITHDRAWN, DepartureState.ANNOUNCED]


@pytest.mark.parametrize("first", ["hr", "engine"])
def test_whether_hr_or_the_engine_is_first_nothing_is_done_to_who_stays(world: World, first: str) -> None:
    before = account(world)
    loaded = parse(PLAYBOOK.encode(), "test.yaml", world.registry, lint=False)
    starter = Starter(
        catalogue=Catalogue(world.registry),
        set_up=world.registry.configured,
        playbooks=Fixed(dict.fromkeys(DepartureKind, loaded)),
    )

    def begin() -> None:
        with world.store.write() as session:
            world.run_id = next(iter(starter.begin_due(session, now=world.clock())), "")

    for act in (
        (begin, lambda: world.says(Change.RESCINDED))
        if first == "engine"
        else (
            lambda: world.says(Change.RESCINDED),
            begin,
        )
    ):
        act()
    world.drain()

    assert account(world) == before
    (only,) = departures(world)
    assert only.state is (DepartureState.WITHDRAWN if first == "hr" else DepartureState.HELD)


def comparer_of(world: World) -> Comparer:
    return Comparer(
        store=world.store,
        keys=world.keys,
        registry=world.registry,
        specs=world.desk.specs,
        now=world.clock,
    )


def test_a_rehire_sees_what_would_be_put_back_and_what_somebody_changed(world: World) -> None:
    world.begin()
    world.drain()
    comparer = comparer_of(world)

    effects = len(world.fake.effects)
    said = list(told(comparer.lines(world.run_id), world.desk.way_back(world.run_id)))
    left = {line.what: line.says for line in comparer.lines(world.run_id)}
    world.fake.state["accounts"][ACCOUNT]["blocked_by"] = "security"
    after = {line.what: line.says for line in comparer.lines(world.run_id)}

    assert left == {"active": "would be put back", "blocked_by": "would be put back"}
    assert said[:2] == [
        "Chaos: Shut the login: mike@example.com: active: before True, now False; would be put back",
        "Chaos: Shut the login: mike@example.com: blocked_by: before , now exeunt; would be put back",
    ]
    assert said[2].startswith("Chaos: End every session: cannot be put back.")
    assert after["blocked_by"] == "somebody else was there since: a person decides"
    assert len(world.fake.effects) == effects


def test_that_somebody_looked_is_on_record_with_how_things_stood_and_without_names(world: World) -> None:
    world.begin()
    world.drain()
    comparer = comparer_of(world)
    world.fake.state["accounts"][ACCOUNT]["blocked_by"] = "security"
    lines = comparer.lines(world.run_id)

    with world.store.write() as session:
        by = session.get_one(Person, world.people["ivan"])
        record_look(session, world.run_id, lines, by, at=world.clock())

    (said,) = world.bodies("run.compared")
    assert said == {"as_before": 0, "as_left": 1, "changed": 1, "unknown": 0, "unread": 0}


def test_what_cannot_be_read_is_counted_as_that(world: World) -> None:
    world.begin()
    world.drain()
    comparer = comparer_of(world)
    world.fake.faults.status_once[("GET", r"/accounts/[^/]+")] = [(500, {})]
    (line,) = comparer.lines(world.run_id)

    with world.store.write() as session:
        by = session.get_one(Person, world.people["ivan"])
        record_look(session, world.run_id, [line], by, at=world.clock())

    assert line.says.startswith("cannot be read: ")
    assert world.bodies("run.compared")[0]["unread"] == 1
