"""Two HR systems know Mike, and he signs in as the one who stays: no page, channel or batch shows how he leaves."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from service.departures.batch import Origin, open_batch
from service.departures.departure import Departure
from service.departures.kind import DepartureState
from service.engine import waves
from service.engine.decisions import NotDecided
from service.engine.facts import RunFilter
from service.ledger.keys import Keys
from service.people.person import Identity, Role
from service.store import Store
from tests.unit.engine import world as worlds
from tests.unit.engine.test_undo import grant
from tests.unit.slack import office as slack_offices
from tests.unit.slack.office import CHANNEL, MIKE
from tests.unit.web import office as offices


def twin(world: Any) -> str:
    """Mike's record in the HR system of a company that was bought; it has the role IT."""
    second = worlds.person("M. Dalton", "C-9")
    second.source, second.source_id, second.work_email = "bought", "7", "Mike@Example.com"
    world.people["twin"] = second.id
    with world.store.write() as session:
        session.add(second)
    grant(world, second.id, Role.IT)
    return second.id


@pytest.fixture
def office(store: Store, clock: Any, keys: Keys) -> Iterator[offices.Office]:
    with offices.opened(store, clock, keys) as office:
        office.demo_people[twin(office.world)] = "twin"
        yield office


def shown(office: Any, who: str, *paths: str) -> list[str]:
    """Those of the pages that name Mike's departure."""
    browser = office.browser(who)
    return [path for path in paths if "Mike Dalton" in browser.get(path).text]


def in_a_batch(world: Any, **more: Any) -> None:
    with world.store.write() as session:
        made = open_batch(session, Origin.FILE, "one.csv", now=world.clock(), by="source:hr")
        mikes = session.get_one(Departure, "d-1")
        mikes.batch_id = made.id
        for name, value in more.items():
            setattr(mikes, name, value)


def test_no_page_shows_a_leaver_their_departure_by_another_record(office: Any) -> None:
    to_come = ("/departures", "/departures.json", "/departures.csv", "/departures/held", "/api/v1/departures")
    in_a_batch(office.world, state=DepartureState.HELD)
    assert shown(office, "it", *to_come) == list(to_come)

    assert shown(office, "twin", *to_come) == []

    in_a_batch(office.world, state=DepartureState.SCHEDULED)
    office.run()
    begun = ("/runs", "/runs.json", "/runs.csv", "/runs/R-1", "/runs/R-1/undo", "/batches/B-2/undo")
    assert shown(office, "it", *begun) == list(begun)
    assert shown(office, "twin", *begun) == []


def test_who_leaves_by_another_record_does_not_steer_the_batch(office: Any) -> None:
    world = office.world
    in_a_batch(world)

    with pytest.raises(NotDecided, match="does not steer"):
        waves.steer(
            world.store,
            1,
            "stop",
            person_id=world.people["twin"],
            because="I would rather stay.",
            door="web",
            now=world.clock(),
        )


def test_a_leaver_who_reads_the_channel_by_another_record_is_not_told_there(
    store: Store, clock: Any, keys: Keys, tmp_path: Path
) -> None:
    with worlds.made(store, clock, keys) as world, slack_offices.opened(world, tmp_path) as office:
        twins = twin(world)
        with world.store.write() as session:
            of_mike = session.query(Identity).filter(Identity.person_id == world.people["mike"]).one()
            of_mike.person_id = twins
        office.slack.state["channels"][CHANNEL]["members"].append(MIKE)

        office.begin()

        assert office.counted("message.posted") == 0
        assert world.desk.lines(only=RunFilter(reader=twins)) == []
