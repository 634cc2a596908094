"""Two nodes are processes; one is killed, or frozen, and nobody helps."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from service.engine.states import StepState
from service.engine.tables import Attempt, StepRun
from tests.conftest import ROOT
from tests.integration.nodes.test_two_nodes import seen

pytestmark = pytest.mark.postgres
STEPS = 24
PLAYBOOK = "playbook: test\nversion: 1\nsummary: A test.\nsteps:\n" + "".join(
    f"  - {{id: s{n}, action: chaos.revoke_sessions, minimum: observed, deadline: 10m}}\n"
    for n in range(STEPS)
)


@contextmanager
def a_node(
    world: Any, keys_dir: Path, playbook: str = PLAYBOOK, *, alone: bool = False
) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    database = world.store.url.render_as_string(hide_password=False)
    command = [sys.executable, "-m", "tests.integration.nodes.a_node", database, str(keys_dir)]
    with subprocess.Popen(
        [*command, json.dumps(dict(world.fake.settings())), playbook, *(["alone"] if alone else [])],
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    ) as node:
        try:
            told = node.stdout.readline().strip()
            assert told, "the node did not begin"
            yield told, node
        finally:
            node.kill()


def steps(world: Any) -> list[StepRun]:
    with world.store.read() as session:
        return list(session.scalars(select(StepRun).order_by(StepRun.position)))


def all_done(world: Any) -> bool:
    found = steps(world)
    return len(found) == STEPS and all(step.state is StepState.DONE for step in found)


def out_with(world: Any, node: str) -> list[StepRun]:
    return [step for step in steps(world) if step.out_with == node and step.state is StepState.RUNNING]


def kill(node: subprocess.Popen[str]) -> None:
    node.kill()


def freeze(node: subprocess.Popen[str]) -> None:
    os.kill(node.pid, signal.SIGSTOP)


@pytest.mark.parametrize("how", [kill, pytest.param(freeze, marks=pytest.mark.faults)])
def test_what_a_dead_node_held_goes_on_elsewhere_within_15_seconds(
    together: Any, tmp_path: Path, how: Callable[[subprocess.Popen[str]], None]
) -> None:
    together.fake.faults.delay_ms = 400
    with a_node(together, tmp_path / "keys") as (first, dying), a_node(together, tmp_path / "keys") as (_, _):
        held = {step.id for step in seen(lambda: out_with(together, first))}

        how(dying)
        died = time.monotonic()
        lost = {step.id for step in out_with(together, first)} or held
        seen(lambda: not out_with(together, first))
        took = time.monotonic() - died
        seen(lambda: all_done(together), patience_s=90)

    assert took < 15
    assert together.bodies("step.lost")
    with together.store.read() as session:
        tries = session.scalars(select(Attempt).where(Attempt.outcome == "LOST")).all()
    assert {one.step_run_id for one in tries} >= lost


@pytest.mark.faults
def test_a_node_that_wakes_drops_what_it_held(together: Any, tmp_path: Path) -> None:
    together.fake.faults.delay_ms = 400
    with (
        a_node(together, tmp_path / "keys") as (first, frozen),
        a_node(together, tmp_path / "keys") as (_, _),
    ):
        seen(lambda: out_with(together, first))
        freeze(frozen)
        seen(lambda: all_done(together), patience_s=90)
        before = len(together.fake.effects)

        os.kill(frozen.pid, signal.SIGCONT)
        time.sleep(5)

        assert all_done(together)
        assert len(together.fake.effects) == before


def test_the_nodes_share_the_work(together: Any, tmp_path: Path) -> None:
    together.fake.faults.delay_ms = 400
    with (
        a_node(together, tmp_path / "keys") as (first, _),
        a_node(together, tmp_path / "keys") as (second, _),
    ):
        seen(lambda: all_done(together), patience_s=60)

    assert {step.out_with for step in steps(together)} == {first, second}
