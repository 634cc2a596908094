"""Two that wait for each other in PostgreSQL: one is made to give way, and does its work anew, whole."""

import json
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import insert, select, text, update
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.orm import Session
from structlog.testing import capture_logs

from connectors.sdk.types import Account
from service.departures.announce import announce
from service.departures.departure import Departure
from service.departures.event import TerminationEvent
from service.departures.sealing import MaySee
from service.engine.answering import Answer
from service.engine.decisions import Decision
from service.engine.interventions import Verb, Wish
from service.engine.states import StepState
from service.engine.tables import StepRun
from service.intake.receive import Intake, Surroundings
from service.intake.source import open_sources
from service.ledger.entry import append, gathered
from service.ledger.event import Event
from service.ledger.verify import verify_live
from service.settings import SourceSection
from service.store import Base, Store, utc_now
from service.store.again import AT_MOST, again
from tests.conftest import Clock
from tests.integration.nodes.test_two_nodes import seen
from tests.unit.engine.letting_out import WAITING
from tests.unit.engine.world import MANY
from tests.unit.intake.hr import Door, message, secrets

__all__ = ["secrets"]  # a fixture
pytestmark = pytest.mark.postgres

Act = Callable[[Session], object]


@contextmanager
def somebody(world: Any, first: Act, then: Act) -> Iterator[None]:
    """Holds one thing, and afterwards wants what the door holds. It never gives way."""
    with world.store.write() as session:
        session.execute(text("SET LOCAL deadlock_timeout = '60s'"))
        first(session)
        yield
        then(session)


def records(session: Session) -> object:
    return append(session, Event.STEP_LATE, actor="system:engine", at=utc_now())


def changes(table: type[Base]) -> Act:
    return lambda session: session.execute(update(table).values(id=table.__table__.c.id))


def waits(world: Any) -> bool:
    with world.store.read() as session:
        return bool(session.scalar(text(WAITING)))


def meeting(world: Any, door: Callable[[], Any], first: Act, then: Act) -> Any:
    """Let the door and somebody else wait for each other; gives what came of the door."""
    with ThreadPoolExecutor(1) as pool:
        with somebody(world, first, then):
            told: Future[Any] = pool.submit(door)
            seen(lambda: waits(world))
        return told.result(timeout=30)


def gave_way(logs: list[Any]) -> list[str]:
    """What had to begin anew, by name."""
    return [line["unit"] for line in logs if line["event"] == "store.gave_way"]


def webhook(world: Any, **person: str) -> Callable[[], Any]:
    """HR moves Mike's date, or lets somebody else go."""
    section = SourceSection.model_validate({"format": "native", "secrets": ["env:HR_SECRET"]})
    clock = Clock()
    clock.now = world.clock()
    door = Door(world.store, world.keys, clock, {"hr": section})
    surroundings = Surroundings(
        store=world.store,
        keys=world.keys,
        announce=lambda session, event: announce(session, event, now=world.clock(), guard=MANY).departure_id,
        now=world.clock,
    )
    door.intake = Intake(open_sources({"hr": section}), surroundings)
    return lambda: door.send(
        message(
            "changed",
            person=person or {"source_id": "hr-E-17", "name": "Mike Dalton"},
            access_off_at="2027-03-31T17:00:00",
        )
    )


def leaves(source_id: str) -> TerminationEvent:
    """Somebody leaves next year."""
    said = {
        "source": "hr",
        "source_id": "the first message",
        "change": "scheduled",
        "kind": "voluntary",
        "person": {"source_id": source_id, "name": "Whoever"},
        "access_off_at": "2027-01-31T17:00:00",
        "timezone": "Europe/Berlin",
        "occurred_at": "2026-12-31T12:00:00Z",
    }
    return TerminationEvent.model_validate_json(json.dumps(said))


@pytest.mark.usefixtures("secrets")
def test_a_webhook_takes_the_ledger_last_so_that_neither_it_nor_the_engine_has_to_give_way(
    together: Any,
) -> None:
    with capture_logs() as logs:
        answer = meeting(together, webhook(together), changes(Departure), records)

    assert answer.status == 202
    assert gave_way(logs) == []
    assert together.events().count("departure.changed") == 1
    with together.store.read() as session:
        assert verify_live(session, together.keys.vkey).holds


def refers_to(departure_id: str, person_id: str) -> Act:
    """Writes a row of another table that names the departure, as a snapshot does that is being sealed."""
    return lambda session: session.execute(
        insert(MaySee).values(departure_id=departure_id, person_id=person_id)
    )


@pytest.mark.usefixtures("secrets")
def test_a_webhook_keeps_nobody_waiting_who_only_refers_to_its_departure(together: Any) -> None:
    sealing = refers_to("d-1", together.people["ivan"])

    with capture_logs() as logs:
        answer = meeting(together, webhook(together), records, sealing)

    assert answer.status == 202
    assert gave_way(logs) == []


@pytest.mark.usefixtures("secrets")
def test_two_webhooks_of_one_moment_begin_one_departure_of_a_person(together: Any) -> None:
    hanna = webhook(together, source_id="hr-E-3", name="Hanna Ek")

    with ThreadPoolExecutor(1) as other:
        with together.store.write() as session, gathered(session):
            announce(session, leaves("hr-E-3"), now=together.clock(), guard=MANY)
            told = other.submit(hanna)
            seen(lambda: waits(together) or told.done())
        assert told.result(timeout=30).status == 202

    with together.store.read() as session:
        hers = select(Departure).where(Departure.person_id == together.people["hanna"])
        assert [one.civil_at for one in session.scalars(hers)] == ["2027-03-31T17:00:00"]


def test_an_operator_who_met_the_engine_has_their_way_all_the_same(together: Any) -> None:
    together.begin()
    wish = Wish(
        verb=Verb.PAUSE,
        run_id=together.run_id,
        person_id=together.people["ivan"],
        door="cli",
        reason="A test of it.",
    )

    with capture_logs() as logs:
        meeting(together, lambda: together.desk.intervene(wish), records, changes(StepRun))

    assert gave_way(logs) == ["Desk.intervene"]
    assert together.facts().paused


CONFIRMED = """
playbook: test
version: 1
summary: What somebody confirms, and what waits for it.
steps:
  - {id: hand, action: manual.confirm, minimum: attested, owner: it, instructions: Take the card.}
  - {id: then, action: manual.confirm, needs: [hand], minimum: attested, owner: it, instructions: Take the key.}
"""


def test_who_confirms_takes_the_ledger_last_so_that_neither_they_nor_the_engine_have_to_give_way(
    together: Any,
) -> None:
    together.begin(CONFIRMED)
    together.drain()
    hand, then = together.step("hand"), together.step("then")
    decision = Decision(
        step_run_id=hand.id,
        revision=hand.revision,
        person_id=together.people["ivan"],
        door="web",
        note="I took it myself.",
    )

    def what_waits(session: Session) -> object:
        return session.execute(update(StepRun).where(StepRun.id == then.id).values(why=""))

    with capture_logs() as logs:
        meeting(together, lambda: together.desk.confirm(decision), what_waits, records)

    assert gave_way(logs) == []
    assert together.step("hand").state is StepState.DONE


def test_who_answers_whose_account_it_is_takes_the_ledger_last_as_well(together: Any) -> None:
    together.begin()
    together.drain()
    further = Account(connector="chaos", id="acc-9", label="mike.d")
    mike, ivan = together.people["mike"], together.people["ivan"]
    said = Answer(person_id=mike, connector="chaos", account=further, by=ivan, door="web")

    with capture_logs() as logs:
        meeting(together, lambda: together.desk.answer(said), changes(StepRun), records)

    assert gave_way(logs) == []


def test_who_cancels_a_run_takes_the_ledger_last_as_well(together: Any) -> None:
    together.begin(CONFIRMED)
    together.drain()
    ivan, run = together.people["ivan"], together.run_id
    wish = Wish(verb=Verb.CANCEL, run_id=run, person_id=ivan, door="web", reason="It was a mistake.")

    with capture_logs() as logs:
        meeting(together, lambda: together.desk.intervene(wish), changes(Departure), records)

    assert gave_way(logs) == []


def test_a_process_that_stands_still_within_a_transaction_holds_the_others_up_no_longer_than_is_said(
    together: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("service.store.engine.STANDING_STILL_MS", 500)
    standing = Store(together.store.url.render_as_string(hide_password=False))

    def stands_still() -> None:
        with standing.write() as session:
            records(session)
            with together.store.write() as other:  # waits for the ledger until the first is ended
                records(other)
            records(session)

    with pytest.raises(DBAPIError):
        stands_still()
    standing.close()

    assert together.events().count("step.late") == 1


def test_whoever_always_gives_way_is_told_in_the_end(together: Any) -> None:
    tried = []

    @again
    def unit() -> None:
        tried.append(1)
        with together.store.write() as session:
            session.execute(text("DO $$ BEGIN RAISE EXCEPTION 'a test' USING ERRCODE = '40P01'; END $$"))

    with pytest.raises(OperationalError):
        unit()

    assert len(tried) == AT_MOST
