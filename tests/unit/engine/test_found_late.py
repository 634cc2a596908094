"""An account that a roster finds while its owner's run is under way is asked about, and no run ends green."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from connectors.sdk.types import Account, AccountStatus
from service.departures.departure import Departure
from service.departures.kind import DepartureState
from service.engine import found_late
from service.engine.answering import Answer
from service.engine.decisions import Said
from service.engine.states import Colour, StepState
from service.ledger.entry import LedgerEntry
from service.people.account_link import AccountLink
from service.people.person import Person
from service.playbook.model import Grade
from tests.unit.engine.results import confirm
from tests.unit.engine.test_asking import LATER, MIKES, TWO, active, seed
from tests.unit.engine.world import World

#: An account that carries one of Mike's identifiers.
ANOTHER = {"employee_no": "", "email": "mike@example.com", "username": "mike-admin"}


def listed(world: World) -> None:
    """The night's roster."""
    accounts = [
        Account(
            connector="chaos",
            id=id_,
            label=id_,
            status=AccountStatus.ACTIVE if held["active"] else AccountStatus.DISABLED,
            identifiers={kind: held[kind] for kind in ("employee_no", "email", "username")},
        )
        for id_, held in world.fake.state["accounts"].items()
    ]
    with world.store.write() as session:
        found_late.learn(session, "chaos", accounts, at=world.clock())


def answered(world: World, account: Account | None) -> None:
    """A person says which account is Mike's, or that none of those asked about is."""
    mike, ivan = world.people["mike"], world.people["ivan"]
    world.desk.answer(Answer(person_id=mike, connector="chaos", account=account, by=ivan, door="cli"))


def links(world: World) -> list[str]:
    with world.store.read() as session:
        return [link.account_id for link in session.query(AccountLink).order_by(AccountLink.account_id)]


@pytest.fixture
def left(world: World) -> World:
    """Mike's only account is shut, known by the roster, and his run goes on in three weeks."""
    seed(world, MIKES)
    listed(world)
    world.begin(TWO + LATER)
    world.drain()
    assert active(world) == {"acc-1": False}
    return world


def test_a_further_account_that_a_roster_finds_during_a_run_is_asked_about_before_it_ends(
    left: World,
) -> None:
    left.fake.seed([ANOTHER])

    listed(left)
    left.clock.turn(days=21)
    left.drain()

    assert [question.connector for question in left.facts().questions] == ["chaos"]
    assert (left.facts().finished_at, left.facts().colour) == (None, Colour.AMBER)
    assert active(left) == {"acc-1": False, "acc-2": True}


def test_an_account_of_the_leavers_that_shows_up_late_is_a_question_and_its_answer_shuts_it(
    world: World,
) -> None:
    seed(world)
    world.begin(TWO + LATER)
    world.drain()
    confirm(world, "shut", note="There is none, I looked.")
    world.fake.seed([MIKES])

    listed(world)
    listed(world)

    assert links(world) == []
    assert len(world.bodies("question.asked")) == 2
    answered(world, world.desk.candidate(world.people["mike"], "chaos", "acc-1"))
    world.drain()
    assert active(world) == {"acc-1": False}
    assert links(world) == ["acc-1"]


def test_what_the_run_has_dealt_with_is_linked_by_the_next_roster_and_nothing_is_done_again(
    world: World,
) -> None:
    seed(world, MIKES)
    world.begin(TWO + LATER)
    world.drain()
    done = list(world.fake.effects)

    listed(world)
    world.drain()

    assert (links(world), world.fake.effects) == (["acc-1"], done)
    assert world.bodies("question.asked") == []


def test_a_roster_learnt_before_a_run_has_looked_links_as_ever(world: World) -> None:
    seed(world, MIKES)
    world.begin(TWO)

    listed(world)
    world.drain()

    assert (links(world), active(world)) == (["acc-1"], {"acc-1": False})


def test_an_account_that_is_a_colleagues_by_the_same_roster_is_not_asked_about(left: World) -> None:
    left.fake.seed([{"employee_no": "E-3", "email": "hanna@example.com", "username": "mike"}])

    listed(left)

    assert left.bodies("question.asked") == []
    assert left.step("later").state is StepState.READY


@pytest.fixture
def gone(world: World) -> World:
    """Mike's only account is shut, his run is finished, and its last look is long over."""
    seed(world, MIKES)
    listed(world)
    world.begin(TWO)
    world.drain()
    for days in (1, 8, 40):
        world.clock.turn(days=days)
        world.drain()
    assert (world.facts().colour, active(world)) == (Colour.GREEN, {"acc-1": False})
    assert world.facts().finished_at is not None
    return world


def test_an_account_that_is_opened_long_after_the_run_is_read_the_next_night_and_opens_the_run_again(
    gone: World,
) -> None:
    gone.fake.state["accounts"]["acc-1"]["active"] = True

    listed(gone)
    gone.drain()

    assert (gone.facts().finished_at, gone.facts().colour) == (None, Colour.RED)
    with gone.store.read() as session:
        reopened = session.scalars(select(LedgerEntry).where(LedgerEntry.event == "departure.reopened")).all()
        assert [entry.step for entry in reopened] == ["shut"]


def test_what_stays_shut_is_not_read_every_night(gone: World) -> None:
    calls = len(gone.fake.requests)

    listed(gone)
    gone.drain()

    assert len(gone.fake.requests) == calls
    assert gone.facts().finished_at is not None


def test_an_account_that_shows_up_long_after_the_run_opens_it_again_and_is_asked_about_once(
    gone: World,
) -> None:
    gone.fake.seed([ANOTHER])

    listed(gone)
    listed(gone)
    gone.drain()

    assert gone.bodies("departure.reopened") == [{"connector": "chaos"}]
    assert len(gone.bodies("question.asked")) == 1
    assert (gone.facts().finished_at, gone.facts().colour) == (None, Colour.AMBER)
    assert active(gone) == {"acc-1": False, "acc-2": True}


def test_an_account_somebody_says_is_not_the_leavers_lets_the_run_end_again(gone: World) -> None:
    gone.fake.seed([ANOTHER])
    listed(gone)

    answered(gone, None)
    listed(gone)

    assert (gone.facts().finished_at is None, gone.facts().colour) == (False, Colour.GREEN)
    assert len(gone.bodies("question.asked")) == 1


def test_an_account_that_shows_up_shut_opens_no_run_again(gone: World) -> None:
    gone.fake.seed([ANOTHER])
    gone.fake.state["accounts"]["acc-2"]["active"] = False

    listed(gone)

    assert gone.bodies("departure.reopened") == []


def test_whoever_was_hired_again_has_their_account_and_no_run_is_opened_for_it(gone: World) -> None:
    with gone.store.write() as session:
        session.get_one(Person, gone.people["mike"]).hired_on = gone.clock().date()
    gone.fake.state["accounts"]["acc-1"]["active"] = True

    listed(gone)
    gone.drain()

    assert gone.bodies("departure.reopened") == []


def test_what_was_shut_while_the_list_was_read_is_not_read_before_its_time(left: World) -> None:
    left.fake.state["accounts"]["acc-1"]["active"] = True  # as the list saw it
    planned = left.step("shut").check_at

    listed(left)

    assert left.step("shut").check_at == planned


def test_of_what_somebody_waived_nothing_is_missed(world: World) -> None:
    seed(world)
    world.begin(TWO.partition("  - id: sessions")[0])
    world.drain()
    confirm(world, "shut", said=Said.DOES_NOT_APPLY, note="He never had one there.")
    world.drain()
    assert {step.grade for step in world.facts().steps} == {Grade.WAIVED}
    world.fake.seed([MIKES])

    listed(world)

    assert world.bodies("departure.reopened") == []


def test_what_turns_up_about_somebody_who_is_to_leave_anew_is_left_to_the_run_to_come(gone: World) -> None:
    with gone.store.write() as session:
        last = session.scalars(select(Departure)).one()
        anew = {c.key: getattr(last, c.key) for c in Departure.__table__.columns}
        anew |= {"id": "anew", "source_id": "ev-2", "run_id": None, "state": DepartureState.SCHEDULED}
        anew |= {"announced_at": gone.clock(), "effective_at": gone.clock() + timedelta(days=9)}
        session.add(Departure(**anew))
    gone.fake.seed([ANOTHER])

    listed(gone)

    assert gone.bodies("departure.reopened") == []
