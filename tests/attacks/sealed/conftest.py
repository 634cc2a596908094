"""A departure that only HR may see until its time, with a run that began with the notice."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from service.departures.departure import Departure
from service.departures.guardrails import Guardrails
from service.departures.sealing import MaySee
from service.ledger.keys import Keys
from service.store import Store
from tests.attacks.departures.company import Company
from tests.unit.engine import world as worlds
from tests.unit.engine.world import PLAYBOOK, World
from tests.unit.slack import office as slack_offices
from tests.unit.web import office as offices

#: A step of the notice waits for a person, another has failed, long before the time.
NOTICE = (
    PLAYBOOK
    + """
  - {id: talk, title: Talk to the team, action: manual.confirm, phase: notice, minimum: attested, owner: it}
"""
)


def seal(world: World, *named: str, batch: str | None = None) -> None:
    """Mike leaves in ten days, the notice is served, and only these people may know."""
    with world.store.write() as session:
        mikes = session.get_one(Departure, "d-1")
        mikes.effective_at += timedelta(days=10)
        mikes.civil_at = mikes.effective_at.strftime("%Y-%m-%dT%H:%M")
        mikes.sealed, mikes.batch_id = True, batch
        session.flush()
        session.add_all(MaySee(departure_id="d-1", person_id=world.people[name]) for name in named)


@pytest.fixture
def office(store: Store, clock: Any, keys: Keys) -> Iterator[offices.Office]:
    """Hanna-like HR is named; the run of the notice has begun."""
    with offices.opened(store, clock, keys) as office:
        seal(office.world, "hr")
        office.run(NOTICE)
        yield office


@pytest.fixture
def slack(store: Store, clock: Any, keys: Keys, tmp_path: Path) -> Iterator[slack_offices.Office]:
    """The same with a channel; Hanna is named, Ivan of IT is not."""
    with worlds.made(store, clock, keys) as world, slack_offices.opened(world, tmp_path) as office:
        seal(world, "hanna")
        world.begin(NOTICE)
        world.drain()
        yield office


@pytest.fixture
def world(store: Store, clock: Any, keys: Keys) -> Iterator[World]:
    """Nothing has begun, and nothing is sealed yet."""
    with worlds.made(store, clock, keys) as world:
        yield world


@pytest.fixture
def company(any_store: Store, clock: Any, keys: Keys) -> Company:
    """Nobody works here yet."""
    return Company(any_store, clock, Guardrails(first_time=False, whole_teams=False))
