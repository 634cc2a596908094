"""One engine works alone on a PostgreSQL, whose lock goes with its connection: who lost it lets nothing out."""

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, text

from service.engine import nodes
from service.engine.alone import ADVISORY_LOCK, AlreadyRunning, OnlyEngine
from service.engine.cluster import Cluster
from service.engine.embedded import Embedded
from service.engine.nodes import Node
from tests.integration.nodes.conftest import DEAD_S, parts_of
from tests.integration.nodes.test_a_killed_node import PLAYBOOK, a_node, all_done, freeze
from tests.integration.nodes.test_two_nodes import seen

pytestmark = pytest.mark.postgres


@contextmanager
def engine_of(world: Any, playbook: str = PLAYBOOK) -> Iterator[Embedded]:
    parts = parts_of(world, playbook, rest=2)
    made = Embedded.of(parts)
    yield made
    made.stop()
    parts.store.close()


@contextmanager
def node_of(world: Any) -> Iterator[Cluster]:
    parts = parts_of(world, PLAYBOOK)
    made = Cluster(parts, name="node")
    yield made
    made.stop()
    parts.store.close()


def shares(world: Any) -> bool:
    """Whether a node holds the lock that keeps an engine alone away."""
    held = text("SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND objid = :key AND classid = 0")
    with world.store.read() as session:
        return bool(session.scalar(held, {"key": ADVISORY_LOCK}))


def cut(world: Any, *, all_of_them: bool = False) -> None:
    """The database ends the connection that holds the lock, or every connection but ours."""
    holding = "SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND objid = :key AND classid = 0"
    everything = "SELECT pid FROM pg_stat_activity WHERE datname = current_database()"
    which = everything if all_of_them else holding
    with world.store.read() as session:
        session.execute(
            text(f"SELECT pg_terminate_backend(pid) FROM ({which}) AS cut WHERE pid <> pg_backend_pid()"),
            {} if all_of_them else {"key": ADVISORY_LOCK},
        )


def is_held(world: Any) -> bool:
    return OnlyEngine(world.store).is_taken()


def asked(world: Any) -> int:
    """How often a step was let out."""
    return world.events().count("step.attempted")


def test_an_engine_whose_connection_was_cut_takes_its_lock_again(together: Any) -> None:
    together.fake.faults.delay_ms = 100
    with engine_of(together) as engine:
        engine.start()
        seen(lambda: asked(together))

        cut(together, all_of_them=True)
        seen(lambda: not is_held(together))
        seen(lambda: is_held(together))
        together.fake.faults.delay_ms = 0
        seen(lambda: all_done(together), patience_s=60)

        engine.check()
    assert sorted(effect["target"] for effect in together.fake.effects) == ["acc-1-s1", "acc-1-s2"]


def test_an_engine_that_lost_its_lock_to_another_ends_and_lets_nothing_out_meanwhile(together: Any) -> None:
    """The other one begins as soon as the first cannot believe any more that it is alone."""
    together.fake.faults.delay_ms = 200
    with engine_of(together) as first, engine_of(together) as second:
        first.start()
        seen(lambda: asked(together))
        cut(together)
        second.start()

        seen(lambda: _ended(first))
        by_first = asked(together)
        assert second.last_cycle_at is None
        time.sleep(2)
        assert asked(together) == by_first
        first.stop()
        together.fake.faults.delay_ms = 0
        seen(lambda: all_done(together), patience_s=60)

    assert not together.bodies("step.lost")
    assert sorted(effect["target"] for effect in together.fake.effects) == ["acc-1-s1", "acc-1-s2"]


def posts(world: Any) -> int:
    """How many calls that change something reached the target system; the others read."""
    return sum(request.method != "GET" for request in world.fake.requests)


def _ended(engine: Embedded | Cluster) -> bool:
    try:
        engine.check()
    except AlreadyRunning:
        return True
    return False


@pytest.mark.usefixtures("quick_to_die")
def test_what_waited_for_a_thread_of_an_engine_that_lost_its_hold_is_not_begun(together: Any) -> None:
    together.fake.faults.delay_ms = 300
    with engine_of(together) as engine:
        engine.start()
        seen(lambda: asked(together) == 4)  # two on their way, and two that wait for a thread
        with together.store.write() as session:
            session.execute(select(Node).with_for_update())  # no beat gets through
            time.sleep(DEAD_S + 3 * 0.3)
            before = len(together.fake.requests)
            time.sleep(1)
            assert len(together.fake.requests) == before
        together.fake.faults.delay_ms = 0
        seen(lambda: all_done(together), patience_s=60)


def test_a_process_that_slept_with_its_machine_ends_and_repeats_nothing(
    together: Any, tmp_path: Path
) -> None:
    together.fake.faults.delay_ms = 400
    with a_node(together, tmp_path / "keys", alone=True) as (_, sleeper):
        seen(lambda: asked(together) >= 3)
        freeze(sleeper)
        cut(together, all_of_them=True)
        together.fake.faults.delay_ms = 50
        with engine_of(together) as second:
            second.start()
            seen(lambda: all_done(together), patience_s=90)
            lost = len(together.bodies("step.lost"))
            before = posts(together)

            os.kill(sleeper.pid, signal.SIGCONT)
            code = sleeper.wait(timeout=30)

            assert posts(together) == before
    assert code == 2
    assert lost
    assert sorted(effect["target"] for effect in together.fake.effects) == ["acc-1-s1", "acc-1-s2"]


def test_a_node_whose_connection_was_cut_keeps_an_engine_alone_away(together: Any) -> None:
    with node_of(together) as node:
        node.start()
        cut(together)

        seen(lambda: shares(together))

        node.check()
        with pytest.raises(AlreadyRunning):
            OnlyEngine(together.store).take()


def test_a_node_in_whose_place_an_engine_works_alone_ends(together: Any) -> None:
    alone = OnlyEngine(together.store)
    with node_of(together) as node:
        node.start()
        cut(together)
        alone.take()

        seen(lambda: _ended(node))

        assert not node._lease.holds(node._lease.epoch)
    alone.release()


def test_a_session_of_ours_that_the_database_still_keeps_shuts_us_out_no_longer(together: Any) -> None:
    """The network gave the connection up, and the database has not heard of it."""
    only = OnlyEngine(together.store)
    only.take()
    forgotten, only._connection = only._connection, None

    only.keep()

    assert only.is_taken()
    forgotten.invalidate()
    only.release()


def test_somebody_elses_session_is_left_alone(together: Any) -> None:
    mine, other = OnlyEngine(together.store), OnlyEngine(together.store)
    mine.take()
    cut(together)
    other.take()

    with pytest.raises(AlreadyRunning):
        mine.keep()

    other.keep()
    other.release()


def test_after_a_kill_on_the_same_machine_nobody_waits(together: Any, tmp_path: Path) -> None:
    together.fake.faults.delay_ms = 100
    with a_node(together, tmp_path / "keys", alone=True) as (_, dying):
        seen(lambda: asked(together))
        dying.kill()
        dying.wait(timeout=10)
        seen(lambda: not is_held(together))
        with engine_of(together) as second:
            began = time.monotonic()

            second.start()
            seen(lambda: second.last_cycle_at)

            assert time.monotonic() - began < nodes.DEAD_S / 2
