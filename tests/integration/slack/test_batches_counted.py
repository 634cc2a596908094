"""A large batch: what its message counts, and what it does where Slack or a death comes between."""

import json
import uuid
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from service.departures.batch import Batch, Origin, open_batch
from service.departures.departure import Departure
from service.departures.kind import DepartureState
from service.departures.questions import Question
from service.engine.desk import Desk
from service.engine.facts import FindingFact
from service.engine.record import record_run
from service.engine.states import StepState
from service.engine.tables import Run, StepRun
from service.ledger.event import Event
from service.slack import whole_batch
from service.slack.batches import EVERY_S
from service.slack.payload import BadPayload, batch
from service.slack.scribe import Scribe
from tests.integration.slack.test_batches import NOBODY_NEEDED, beneath, checklists, heads, many, step_in
from tests.unit.engine.world import departure, person
from tests.unit.slack.facts import finding

pytestmark = pytest.mark.usefixtures("three_are_many")


def found_of(departure_id: str) -> Callable[[Any, str], FindingFact | None]:
    """The snapshot of one departure says that data was taken."""
    return lambda _, asked: finding() if asked == departure_id else None


def test_what_opens_again_between_two_countings_is_counted(office: Any) -> None:
    many(office)
    office.begin(playbook=NOBODY_NEEDED)
    closed = heads(office)[0]["text"]
    office.ticks.seconds += EVERY_S + 1
    office.publisher.step()
    with office.world.store.write() as session:
        run = session.get_one(Run, office.world.run_id)
        step = session.query(StepRun).where(StepRun.run_id == run.id).one()
        step.state, step.contradicted, run.finished_at = StepState.FAILED, True, None
        record_run(session, run.id, Event.DEPARTURE_REOPENED, at=office.world.clock())

    office.ticks.seconds += 1
    office.publisher.step()
    office.publish()

    assert closed == "Batch B-1: 4 of 4 closed"
    assert heads(office)[0]["text"] == "Batch B-1: 3 of 4 closed, 1 needs somebody"


def test_a_message_that_is_gone_keeps_no_other_batch_waiting(office: Any) -> None:
    many(office)
    office.begin()
    office.slack.state["messages"].remove(heads(office)[0])
    world = office.world
    with world.store.write() as session:
        made = open_batch(session, Origin.FILE, "second.csv", now=world.clock(), by="source:hr")
        for n in range(4):
            other = person(f"Xeno{n} Ek", f"E-6{n}")
            session.add(other)
            session.flush()
            session.add(
                departure(other.id, world.clock(), id=f"d-6{n}", source_id=f"ev-6{n}", batch_id=made.id)
            )
    office.confirm("mailbox")

    world.begin()
    world.drain()
    office.publish(6)

    assert any(m["text"].startswith("Batch B-2") for m in heads(office))


def test_who_is_shut_before_their_time_is_not_counted_for_who_is_not(office: Any) -> None:
    many(office)
    office.world.begin(playbook=NOBODY_NEEDED)
    office.world.drain()
    with office.world.store.write() as session:
        late = office.world.clock() + timedelta(days=1)
        for each in session.query(Departure).where(Departure.id != "d-41"):
            each.effective_at = late
        run = session.query(Departure).where(Departure.id == "d-41").one().run_id
        session.query(StepRun).where(StepRun.run_id == run).one().verified_at = None
    office.publish()

    assert ":unlock: 0 of 1" in str(heads(office)[0]["blocks"])


def test_who_has_not_begun_at_their_time_is_not_passed_over(office: Any) -> None:
    many(office)
    with office.world.store.write() as session:
        session.get_one(Departure, "d-41").state = DepartureState.HELD
    office.begin(playbook=NOBODY_NEEDED)

    said = str(heads(office)[0]["blocks"])
    assert "1 has not begun" in said
    assert ":lock:" not in said


def test_an_open_question_calls_people(office: Any) -> None:
    many(office)
    world = office.world
    with world.store.write() as session:
        session.add(
            Question(
                id=str(uuid.uuid4()),
                person_id=world.people["mike"],
                connector="chaos",
                why="Two fit.",
                candidates=[],
                found_at=world.clock(),
                asked_at=world.clock(),
            )
        )
    office.begin(playbook=NOBODY_NEEDED)

    assert len(checklists(office)) == 1
    assert heads(office)[0]["text"] == "Batch B-1: 3 of 4 closed, 1 needs somebody"


def test_what_is_paused_is_not_under_way(office: Any) -> None:
    many(office)
    office.world.begin(playbook=NOBODY_NEEDED)
    with office.world.store.write() as session:
        for each in session.query(Run):
            each.paused = True
    office.publish()

    said = str(heads(office)[0]["blocks"])
    assert "under way" not in said
    assert "4 paused" in said


def test_a_batch_that_is_stopped_after_its_first_wave_says_so(office: Any) -> None:
    many(office)
    with office.world.store.write() as session:
        session.get_one(Departure, "d-41").state = DepartureState.HELD
    office.begin(playbook=NOBODY_NEEDED)
    with office.world.store.write() as session:
        made = session.query(Batch).one()
        made.stopped_at, made.stopped_because = office.world.clock(), "The wrong list."
    office.publish()

    assert "The wrong list." in str(heads(office)[0]["blocks"])


def test_what_was_before_is_no_line_after_a_death_either(
    office: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    many(office)
    office.world.begin()
    office.world.drain()
    told = Scribe._tell

    def dies(self: Any, row: Any, lines: Any) -> Any:
        raise RuntimeError("killed")

    monkeypatch.setattr(Scribe, "_tell", dies)
    office.publish()
    monkeypatch.setattr(Scribe, "_tell", told)
    office.publisher = office.new_publisher()
    office.publish(6)

    lines = [m["text"] for m in beneath(office) if m["metadata"]["event_type"] == "exeunt_line"]
    assert [each for each in lines if "<!subteam" not in each] == []


@pytest.mark.parametrize("name", ["B-" + "9" * 30, "wave.csv", "", "B-\u00b2", "b-1"])
def test_a_button_names_one_batch_and_nothing_else(name: str) -> None:
    with pytest.raises(BadPayload):
        batch(json.dumps({"b": name}))


def test_runs_whose_batch_has_no_message_yet_are_not_drawn_at_every_look(
    office: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    many(office)
    office.world.begin()
    office.world.drain()
    office.publisher.step()
    looked = 0
    whole = Desk.facts

    def facts(desk: Desk, run_id: str) -> Any:
        nonlocal looked
        looked += 1
        return whole(desk, run_id)

    monkeypatch.setattr(Desk, "facts", facts)
    for _ in range(10):
        office.ticks.seconds += 0.3
        office.publisher.step()

    assert looked <= 8


def test_no_form_opens_for_more_runs_than_it_could_be_answered_for(
    office: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(whole_batch, "MOST_RUNS", 3)
    many(office)
    office.begin()

    shown = step_in(office)

    assert shown.view is None
    assert shown.text.startswith("B-1 has 4 runs, more than can be answered from here")


def test_a_finding_about_data_is_counted_and_calls_people_where_nothing_else_does(office: Any) -> None:
    """What this product exists for is not lost among two hundred who are closed."""
    many(office)
    office.world.desk = replace(office.world.desk, findings=found_of("d-41"))
    office.publisher = office.new_publisher()

    office.begin(playbook=NOBODY_NEEDED)

    (message,) = heads(office)
    assert message["text"] == "Batch B-1: 4 of 4 closed, 1 with a finding about data"
    assert [
        m["text"].partition(" about data")[0] for m in beneath(office) if m["text"].startswith("<!sub")
    ] == ["<!subteam^SIT> 1 with a finding"]
    assert len(checklists(office)) == 1


def test_a_finding_that_is_drawn_when_the_batch_was_counted_already_is_counted_too(office: Any) -> None:
    many(office)
    office.world.begin(playbook=NOBODY_NEEDED)
    office.world.drain()
    office.world.desk = replace(office.world.desk, findings=found_of("d-41"))
    office.publisher = office.new_publisher()
    office.publisher.step()  # counts before it draws
    office.ticks.seconds += EVERY_S + 1
    office.publisher.step()

    office.publish()

    assert heads(office)[0]["text"].endswith("1 with a finding about data")


def test_who_had_a_message_before_the_batch_grew_is_not_said_to_stand_in_its_thread(office: Any) -> None:
    many(office, count=2)
    office.begin()
    with office.world.store.write() as session:
        later = person("Rosa Mann", "E-60")
        session.add(later)
        session.flush()
        batch_id, at = session.query(Batch).one().id, office.world.clock()
        session.add(departure(later.id, at, id="d-60", source_id="ev-60", batch_id=batch_id))

    office.confirm("mailbox")
    office.publish()

    (message,) = [m for m in heads(office) if m["text"].startswith("Batch")]
    assert "in this thread; 3 of this batch had a message in the channel before." in str(message["blocks"])


def test_a_message_that_slack_refuses_is_not_sent_again_at_every_look(office: Any) -> None:
    many(office)
    office.begin()
    office.slack.state["messages"].remove(heads(office)[0])
    office.confirm("mailbox")
    for _ in range(12):
        office.ticks.seconds += EVERY_S + 1
        office.publisher.step()

    tried = [
        each for each in office.slack.requests if "exeunt_batch" in str(each.body) and "update" in each.path
    ]
    assert len(tried) == 1
