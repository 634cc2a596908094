"""Directories that are down, lie, refer elsewhere, or are not who they say: the run is never green."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from connectors.ldap.fake import FakeLdap
from service.engine.states import Colour, StepState
from tests.unit.engine import world as worlds

PLAYBOOK = """
playbook: test
version: 1
summary: A test.
steps:
  - {id: shut, action: ldap.disable_account, deadline: 10m, critical: true}
"""


@pytest.fixture
def directory() -> Iterator[FakeLdap]:
    with FakeLdap() as server:
        server.seed([worlds.MIKE])
        yield server


def run(world: worlds.World) -> Any:
    world.begin(PLAYBOOK)
    for _ in range(30):
        world.drain()
        world.clock.turn(minutes=1)
    return world.facts()


def test_a_directory_that_says_success_and_changes_nothing_makes_the_run_red(
    store: Any, clock: Any, keys: Any, directory: FakeLdap
) -> None:
    directory.faults.lie = {"modify"}
    with worlds.made(store, clock, keys, also={"ldap": directory.settings()}) as world:
        facts = run(world)

    assert facts.colour is Colour.RED
    assert directory.effects == []


def test_a_directory_that_is_down_ends_in_a_person_and_changes_nothing(
    store: Any, clock: Any, keys: Any, directory: FakeLdap
) -> None:
    settings = directory.settings()
    directory.stop()
    with worlds.made(store, clock, keys, also={"ldap": settings}) as world:
        facts = run(world)

    assert facts.steps[0].state is StepState.FAILED
    assert facts.steps[0].fix


def test_a_certificate_that_does_not_verify_is_refused_before_the_password_is_sent(
    store: Any, clock: Any, keys: Any, directory: FakeLdap, tmp_path: Path
) -> None:
    with FakeLdap() as stranger:
        settings = {**directory.settings(), "ca_file": stranger.settings()["ca_file"]}
        with worlds.made(store, clock, keys, also={"ldap": settings}) as world:
            facts = run(world)

    assert facts.colour is Colour.RED
    assert directory.effects == []


def test_a_referral_to_another_host_is_not_followed(
    store: Any, clock: Any, keys: Any, directory: FakeLdap
) -> None:
    with FakeLdap() as elsewhere:
        elsewhere.seed([worlds.MIKE])
        directory.faults.refer_to = f"{elsewhere.url}/dc=example,dc=com"
        with worlds.made(store, clock, keys, also={"ldap": directory.settings()}) as world:
            facts = run(world)

        assert elsewhere.effects == []

    assert facts.colour is Colour.RED


def test_two_accounts_that_match_are_a_question_and_nothing_is_changed(
    store: Any, clock: Any, keys: Any, directory: FakeLdap
) -> None:
    directory.seed([{**worlds.MIKE, "username": "mike.dalton"}])
    with worlds.made(store, clock, keys, also={"ldap": directory.settings()}) as world:
        facts = run(world)

    assert facts.steps[0].state is StepState.WAITING
    assert "mike" in facts.steps[0].why
    assert directory.effects == []
