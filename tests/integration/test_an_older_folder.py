"""What an older version left is taken over: runs under way go on, none of their steps is lost or done twice.

The older folder is made here: rows as they are today, in the tables of an older schema, so that every column that
came later is filled by its migration.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from service.cli._logs import log_to_stdout
from service.engine.decisions import Decision
from service.engine.states import StepState
from service.engine.undo import UndoWish
from service.ledger.keys import Keys
from service.ledger.verify import verify_live
from service.store import Store
from service.store.migrate import SchemaTrouble, downgrade, newest, stands_at, upgrade
from tests.conftest import import_all_tables
from tests.unit.engine.world import World, made

#: From the first that had all tables of the engine to the newest before this one's, where a table had another form.
OLDER = ("0007", "0016", "0023")
LATER = """
  - id: remind
    title: Remind the team
    action: manual.confirm
    minimum: attested
    phase: after-care
    after: 7d
    instructions: Say that the address is gone.
"""


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def store(request: Any, tmp_path: Path) -> Iterator[Store]:
    """A database as the migrations make it."""
    sqlite = request.param == "sqlite"
    import_all_tables()
    store = Store(f"sqlite:///{tmp_path / 'old.db'}" if sqlite else request.getfixturevalue("postgres_url"))
    upgrade(store)
    yield store
    store.close()


@pytest.fixture
def world(store: Store, clock: Any, keys: Keys) -> Iterator[World]:
    """Mike's run: one step waits for Ivan, one for next week, and one was out when the service was killed."""
    with made(store, clock, keys) as world:
        world.begin(extra=LATER)
        orders = {order.step: order for order in world.admit()}
        world.finish(orders["mailbox"])
        yield world


def taken_over(world: World, older: str) -> None:
    """Migrated from an older schema, and what was out with a killed process is back in hand."""
    downgrade(world.store, older)
    upgrade(world.store)
    world.clock.turn(minutes=2)
    with world.store.write() as session:
        world.admission.lose(session, now=world.clock())


@pytest.mark.parametrize("older", OLDER)
def test_a_run_of_an_older_version_goes_on_and_nothing_of_it_is_lost_or_doubled(
    world: World, older: str
) -> None:
    entries = world.events()

    taken_over(world, older)
    world.drain()
    confirm(world, "mailbox")
    waiting = world.step("remind").state
    world.clock.turn(days=8)
    world.drain()

    assert world.events()[: len(entries)] == entries
    assert [world.step(name).state for name in ("shut", "sessions", "mailbox")] == [StepState.DONE] * 3
    assert (waiting, world.step("remind").state) == (StepState.READY, StepState.WAITING)
    assert [effect["what"] for effect in world.fake.effects].count("account.active") == 1
    with world.store.read() as session:
        assert verify_live(session, world.keys.vkey).holds


def test_a_run_of_an_older_version_can_be_taken_back(world: World) -> None:
    taken_over(world, OLDER[0])
    world.drain()
    said = UndoWish(
        run_id=world.run_id, person_id=world.people["ivan"], door="web", note="He stays, HR was wrong."
    )

    world.desk.undo(said)
    world.drain()

    assert world.step("undo.shut").state is StepState.DONE
    assert [effect["what"] for effect in world.fake.effects].count("account.active") == 2


def confirm(world: World, step: str) -> None:
    asked = world.step(step)
    world.desk.confirm(
        Decision(
            step_run_id=asked.id,
            revision=asked.revision,
            person_id=world.people["ivan"],
            door="web",
            note="I changed it myself.",
        )
    )


def test_a_schema_of_a_newer_version_is_refused_in_one_sentence_and_left_alone(store: Store) -> None:
    with store.write() as session:
        session.execute(text("UPDATE alembic_version SET version_num = '9999'"))

    with pytest.raises(SchemaTrouble, match=rf"schema is 9999, .* knows {newest()} .* Nothing was changed"):
        upgrade(store)

    with store.read() as session:
        assert stands_at(session.connection()) == "9999"


def test_a_schema_that_no_migration_fits_is_refused_in_one_sentence_and_left_alone(store: Store) -> None:
    with store.write() as session:
        session.execute(text("UPDATE alembic_version SET version_num = '0016'"))

    with pytest.raises(SchemaTrouble, match=f"from schema 0016 to {newest()} .* Nothing was changed") as said:
        upgrade(store)

    assert "playbook" not in str(said.value)  # the error's own words would name tables and rows
    with store.read() as session:
        assert stands_at(session.connection()) == "0016"


def test_the_log_of_a_start_says_from_where_to_where_it_migrated(
    store: Store, capsys: pytest.CaptureFixture[str]
) -> None:
    log_to_stdout()
    downgrade(store, "0016")

    upgrade(store)
    upgrade(store)

    (line,) = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert (line["event"], line["before"], line["after"]) == ("schema.migrated", "0016", newest())
