"""A playbook in use needs a connector nobody set up: held before anything is done, and told."""

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import select

from service.departures.departure import Departure
from service.departures.event import Change
from service.departures.kind import DepartureKind, DepartureState
from service.engine.approvals import Wanted
from service.engine.equipment import CODE
from service.engine.releases import Release
from service.engine.start import Starter
from service.engine.stuck import Watch
from service.engine.tables import Run
from service.ledger.keys import Keys
from service.playbook.catalogue import Catalogue
from service.playbook.inuse import Fixed
from service.playbook.load import parse
from service.store import Store
from tests.unit.engine import world as worlds
from tests.unit.engine.world import MANY, PLAYBOOK, World

WHY = "Salesforce is shut by hand today."


@pytest.fixture
def world(store: Store, clock: Any, keys: Keys) -> Iterator[World]:
    with worlds.made(store, clock, keys) as made:
        made.approvers()
        yield made


def starter(world: World, *set_up: str, playbook: str = PLAYBOOK) -> Starter:
    loaded = parse(playbook.encode(), "test.yaml", world.registry, lint=False)
    return Starter(
        catalogue=Catalogue(world.registry),
        playbooks=Fixed(dict.fromkeys(DepartureKind, loaded)),
        set_up=("manual", *set_up),
        guard=MANY,
    )


def begin(world: World, by: Starter) -> list[str]:
    with world.store.write() as session:
        return by.begin_due(session, now=world.clock())


def mikes(world: World) -> Departure:
    with world.store.read() as session:
        return session.get_one(Departure, "d-1")


def alarms(world: World) -> list[str]:
    with world.store.read() as session:
        return [stuck.said for stuck in Watch().look(session, now=world.clock())]


def released(world: World) -> None:
    approvals = world.desk.approvals
    wanted = Wanted(departures=("d-1",), person_id=world.people["ivan"], door="web", because=WHY)
    release = approvals.ask(wanted)
    with world.store.read() as session:
        digest = session.get_one(Release, release).digest
    approvals.approve(release, digest=digest, person_id=world.people["hanna"], door="web")


def test_it_is_held_with_one_clear_refusal_on_record_and_nothing_is_changed(world: World) -> None:
    lacking = starter(world)

    begun = [begin(world, lacking) for _ in range(3)]

    held = mikes(world)
    assert begun == [[], [], []]
    assert (held.state, held.held_codes, held.run_id) == (DepartureState.HELD, [CODE], None)
    assert "needs chaos" in held.held_because
    assert "[connectors.chaos]" in held.held_because
    assert world.bodies("departure.held") == [{"because": CODE}]
    assert world.fake.effects == []


def test_one_that_is_announced_long_before_is_held_at_once_and_not_at_its_time(world: World) -> None:
    world.says(Change.SCHEDULED, who="E-2", access_off_at="2026-09-01T17:00:00")

    begin(world, starter(world))

    with world.store.read() as session:
        states = set(session.scalars(select(Departure.state)))
    assert states == {DepartureState.HELD}


def test_it_goes_on_by_itself_once_the_connector_is_set_up(world: World) -> None:
    begin(world, starter(world))

    begun = begin(world, starter(world, "chaos"))

    assert [mikes(world).run_id] == begun
    assert {"set_up": True} in world.bodies("departure.scheduled")


def test_it_goes_on_by_itself_once_a_playbook_is_used_that_does_without(world: World) -> None:
    lacking = starter(world)
    begin(world, lacking)
    by_hand = PLAYBOOK[: PLAYBOOK.index("  - id: shut")] + PLAYBOOK[PLAYBOOK.index("  - id: mailbox") :]

    assert begin(world, starter(world, playbook=by_hand)) == [mikes(world).run_id]


def test_two_persons_may_let_it_go_with_the_hole_and_then_it_is_not_held_again(world: World) -> None:
    lacking = starter(world)
    begin(world, lacking)
    released(world)

    begun = begin(world, lacking)

    assert [mikes(world).run_id] == begun


def test_what_hr_changes_after_the_release_is_held_anew(world: World) -> None:
    lacking = starter(world)
    begin(world, lacking)
    released(world)
    world.says(Change.CHANGED, access_off_at="2026-09-01T17:00:00")

    begin(world, lacking)

    assert (mikes(world).state, mikes(world).held_codes) == (DepartureState.HELD, [CODE])


def test_what_another_guardrail_holds_stays_held_when_the_connector_is_there(world: World) -> None:
    begin(world, starter(world))
    with world.store.write() as session:
        session.get_one(Departure, "d-1").held_codes = [CODE, "protected"]

    assert begin(world, starter(world, "chaos")) == []
    assert mikes(world).state is DepartureState.HELD


def test_people_are_called_when_it_is_held_and_again_at_its_time(world: World) -> None:
    world.says(Change.CHANGED, access_off_at="2026-09-01T17:00:00")
    begin(world, starter(world))

    first = alarms(world)
    world.clock.turn(days=200)

    assert ["until people decide" in said for said in first] == [True]
    assert ["and is open" in said for said in alarms(world)] == [True]
    with world.store.read() as session:
        assert session.scalars(select(Run)).all() == []


def test_what_is_sealed_is_told_in_no_alarm(world: World) -> None:
    begin(world, starter(world))
    with world.store.write() as session:
        session.get_one(Departure, "d-1").sealed = True

    assert alarms(world) == []


def test_one_whom_somebody_decides_about_in_that_moment_is_looked_at_again(
    postgres_store: Store, clock: Any, keys: Keys
) -> None:
    """Their row is locked while the others are looked at."""
    with worlds.made(postgres_store, clock, keys) as world:
        begin(world, starter(world))
        equipped = starter(world, "chaos")
        with world.store.write() as somebody:
            somebody.get_one(Departure, "d-1", with_for_update=True)
            assert begin(world, equipped) == []

        begun = begin(world, equipped)

        assert begun == [mikes(world).run_id]
