"""A whole run against a directory: the fake that behaves like one, and a real OpenLDAP."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from connectors.ldap import company
from connectors.ldap.fake import FakeLdap
from connectors.ldap.slapd import RealSlapd
from connectors.sdk.context import Context, Secret
from connectors.sdk.errors import AuthError
from connectors.sdk.ldap import open_connection
from service.engine.states import Colour, StepState
from service.playbook.model import Grade
from service.store import utc_now
from tests.unit.engine import world as worlds

PASSWORD = "the leaver's own"
MIKE = {**worlds.MIKE, "groups": ["vpn"], "password": PASSWORD}
PLAYBOOK = """
playbook: test
version: 1
summary: A test.
steps:
  - {id: shut, action: ldap.disable_account, deadline: 10m, critical: true}
  - {id: groups, action: ldap.remove_entitlements, needs: [shut], deadline: 10m}
"""


@pytest.fixture(params=["the fake", pytest.param("a real OpenLDAP", marks=pytest.mark.slapd)])
def directory(request: Any, tmp_path: Path) -> Iterator[Any]:
    server = FakeLdap() if request.param == "the fake" else RealSlapd(tmp_path / "slapd")
    if isinstance(server, RealSlapd):
        server.seed([MIKE])
    with server:
        if isinstance(server, FakeLdap):
            server.seed([MIKE])
        yield server


@pytest.fixture
def world(store: Any, clock: Any, keys: Any, directory: Any) -> Iterator[worlds.World]:
    with worlds.made(store, clock, keys, also={"ldap": directory.settings()}) as world:
        yield world


def lets_in(directory: Any, password: str = PASSWORD) -> bool:
    try:
        bound_as_mike(directory, password).unbind()
    except AuthError:
        return False
    return True


def bound_as_mike(directory: Any, password: str = PASSWORD) -> Any:
    settings = directory.settings()
    return open_connection(
        url=settings["url"],
        bind_dn=company.login_dn(MIKE),
        password=Secret(password),
        context=Context(now=utc_now),
        ca_file=settings["ca_file"],
    )


def test_after_the_run_the_directory_refuses_the_leaver(world: worlds.World, directory: Any) -> None:
    assert lets_in(directory)
    world.begin(PLAYBOOK)

    world.drain()

    assert not lets_in(directory)
    assert world.step("shut").grade is Grade.CORROBORATED
    assert world.facts().colour is Colour.GREEN


def test_a_connection_open_before_the_run_is_shown_as_residual_access(
    world: worlds.World, directory: Any
) -> None:
    with ExitStack() as stack:
        stack.callback(bound_as_mike(directory).unbind)
        world.begin(PLAYBOOK)

        world.drain()

    shut = next(step for step in world.facts().steps if step.step == "shut")
    assert any("connection" in what for what in shut.residual)


def test_the_before_image_stands_beside_what_was_read_back(world: worlds.World) -> None:
    world.begin(PLAYBOOK)

    world.drain()

    shut = next(step for step in world.facts().steps if step.step == "shut")
    assert any(fact.before and fact.after for fact in shut.evidence)


def test_no_password_hash_is_shown_or_recorded(world: worlds.World) -> None:
    world.begin(PLAYBOOK)

    world.drain()

    said = repr(world.facts()) + "".join(
        str(body) for event in set(world.events()) for body in world.bodies(event)
    )
    assert "SSHA" not in said
    assert PASSWORD not in said


def test_a_second_run_of_the_same_steps_changes_nothing(world: worlds.World, directory: Any) -> None:
    world.begin(PLAYBOOK)
    world.drain()
    before = len(directory.effects)

    with world.store.write() as session:
        for step in session.query(worlds.StepRun):
            step.state, step.look_first, step.next_at = StepState.READY, False, world.clock()
    world.drain()

    assert len(directory.effects) == before
