"""An account that a roster finds while its owner's run is under way is asked about, and no run ends green."""

import pytest

from connectors.sdk.types import Account, AccountStatus
from service.engine import found_late
from service.engine.answering import Answer
from service.engine.states import Colour, StepState
from service.people.account_link import AccountLink
from tests.unit.engine.results import confirm
from tests.unit.engine.test_asking import LATER, MIKES, TWO, active, seed
from tests.unit.engine.world import World


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
    left.fake.seed([{"employee_no": "", "email": "mike@example.com", "username": "mike-admin"}])

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
    asked = world.desk.candidate(world.people["mike"], "chaos", "acc-1")
    world.desk.answer(
        Answer(
            person_id=world.people["mike"],
            connector="chaos",
            account=asked,
            by=world.people["ivan"],
            door="cli",
        )
    )
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
