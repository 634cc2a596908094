"""A sealed leaver who has a role here: until their time nothing is different for them, then they are out."""

from typing import Any

from sqlalchemy import delete

from service.departures.departure import Departure
from service.departures.kind import DepartureState
from service.departures.left import is_gone
from service.departures.sealing import open_due
from service.people.person import Person, Role, RoleGrant
from tests.integration.slack.test_clicking import command
from tests.unit.slack.office import MIKE


def comes_to_its_time(world: Any) -> None:
    world.clock.turn(days=10, minutes=1)
    with world.store.write() as session:
        assert open_due(session, until=world.clock(), now=world.clock()) == 1


def test_a_sealed_leaver_signs_in_and_keeps_their_roles_until_their_time(office: Any) -> None:
    world, mike = office.world, office.world.people["mike"]
    browser = office.browser("mike")
    before = browser.get("/runs").status_code, world.desk.roles(mike)

    comes_to_its_time(world)

    assert before == (200, {Role.IT})
    assert (browser.get("/runs").status_code, world.desk.roles(mike)) == (303, frozenset())
    assert "is leaving" in office.app.test_client().post("/sign-in", data={"person": mike}).text


def test_the_command_in_slack_tells_a_sealed_leaver_what_it_tells_others(slack: Any) -> None:
    with slack.world.store.write() as session:
        session.execute(delete(RoleGrant).where(RoleGrant.person_id == slack.world.people["mike"]))

    assert "Only people with the role" in str(slack.screen.send("commands", command(MIKE)))


def test_a_roster_does_not_tell_that_a_sealed_leaver_is_gone(office: Any) -> None:
    world = office.world
    with world.store.write() as session:
        session.get_one(Departure, "d-1").state = DepartureState.CLOSED

    def gone() -> bool:
        with world.store.read() as session:
            return is_gone(session, session.get_one(Person, world.people["mike"]))

    before = gone()
    comes_to_its_time(world)

    assert (before, gone()) == (False, True)
