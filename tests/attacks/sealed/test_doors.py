"""The same by Slack, by the engine's own door, and by HR's word."""

import uuid
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from service.departures.announce import announce
from service.departures.departure import Departure
from service.departures.event import Change, EventPerson, TerminationEvent, Unannounceable
from service.departures.kind import DepartureKind, DepartureState
from service.departures.sealing import MaySee, hidden_from, open_due
from service.engine.answering import Answer
from service.engine.decisions import Decision, NotDecided, Said
from service.engine.interventions import Verb, Wish
from service.engine.undo import UndoWish
from service.intake.source import Envelope
from service.intake.sources import native
from service.ledger.entry import LedgerEntry
from service.people.person import Person
from service.sections import DeparturesSection
from service.settings import SourceSection
from service.slack.alarms import behind_since
from service.slack.intervening import intervene_form
from service.slack.undoing import undo_form
from tests.attacks.departures.company import Company
from tests.integration.slack.test_clicking import command
from tests.unit.slack.office import HANNA, IVAN

SECTION = DeparturesSection(sealed_for=("E-7",))
NOTE = "Somebody who was not told."


def test_nothing_is_posted_before_the_time_and_all_of_it_after(slack: Any) -> None:
    slack.publish(rounds=5)
    assert slack.screen.messages() == []

    slack.world.clock.turn(days=10, minutes=1)
    with slack.world.store.write() as session:
        assert open_due(session, until=slack.world.clock(), now=slack.world.clock()) == 1
    slack.publish(rounds=5)

    (message,) = slack.screen.messages()
    assert "Mike" in str(message)


def test_what_slack_must_not_be_told_yet_makes_no_alarm_about_slack(slack: Any) -> None:
    slack.publish(rounds=5)

    with slack.world.store.read() as session:
        assert behind_since(session) is None


@pytest.mark.parametrize("form", [intervene_form, undo_form])
def test_a_forged_form_is_answered_as_for_a_run_that_is_not_there(slack: Any, form: Any) -> None:
    slack.world.approvers()
    facts = slack.world.facts()
    values = {
        "step": {"v": {"type": "static_select", "selected_option": {"value": "*"}}},
        "verb": {"v": {"type": "radio_buttons", "selected_option": {"value": "pause"}}},
        "reason": {"v": {"type": "plain_text_input", "value": NOTE}},
        "note": {"v": {"type": "plain_text_input", "value": NOTE}},
    }
    made = {**form(facts), "id": "V1"}
    absent = {**made, "private_metadata": made["private_metadata"].replace(facts.run_id, str(uuid.uuid4()))}

    said = str(slack.screen.submit(made, user=IVAN, values=values))

    assert said == str(slack.screen.submit(absent, user=IVAN, values=values))
    assert "Mike" not in said
    assert not slack.world.facts().paused
    assert slack.world.facts().undo is None


def test_the_slash_command_lists_it_for_nobody_who_is_not_named(slack: Any) -> None:
    told = {user: slack.screen.send("commands", command(user)) for user in (IVAN, HANNA)}

    assert "Mike" not in str(told[IVAN])


@pytest.mark.parametrize("act", ["confirm", "take", "retry", "ask", "intervene", "undo", "answer"])
def test_the_engine_itself_refuses_whoever_is_not_named(slack: Any, act: str) -> None:
    world = slack.world
    step, ivan = world.step("talk"), world.people["ivan"]
    decision = Decision(
        step_run_id=step.id, revision=step.revision, person_id=ivan, door="slack", said=Said.DONE, note=NOTE
    )
    acts: dict[str, Any] = {
        "intervene": lambda: world.desk.intervene(
            Wish(verb=Verb.PAUSE, run_id=world.run_id, person_id=ivan, door="slack", reason=NOTE)
        ),
        "undo": lambda: world.desk.undo(
            UndoWish(run_id=world.run_id, person_id=ivan, door="slack", note=NOTE)
        ),
        "answer": lambda: world.desk.answer(
            Answer(person_id=world.people["mike"], connector="chaos", account=None, by=ivan, door="slack")
        ),
    }
    before = world.facts().steps

    with pytest.raises(NotDecided) as refused:
        acts.get(act, lambda: getattr(world.desk, act)(decision))()

    assert refused.value.reason in ("unknown", "not-open")
    assert world.facts().steps == before
    assert refused_entries(world) == 1


def refused_entries(world: Any) -> int:
    with world.store.read() as session:
        query = session.query(LedgerEntry).filter(LedgerEntry.event.endswith(".refused"))
        return query.count()


def test_the_named_person_decides_as_ever(slack: Any) -> None:
    world = slack.world
    with world.store.write() as session:
        session.add(MaySee(departure_id="d-1", person_id=world.people["ivan"]))

    world.desk.intervene(
        Wish(verb=Verb.PAUSE, run_id=world.run_id, person_id=world.people["ivan"], door="slack", reason=NOTE)
    )

    assert world.facts().paused


def says(company: Company, number: str, **more: Any) -> str:
    event = TerminationEvent(
        source="hr",
        source_id=str(uuid.uuid4()),
        change=more.pop("change", Change.SCHEDULED),
        kind=DepartureKind.INVOLUNTARY,
        person=EventPerson(source_id=number, name="Somebody"),
        last_day=more.pop("last_day", date(2026, 3, 20)),
        timezone="UTC",
        occurred_at=company.clock(),
        **more,
    )
    with company.store.write() as session:
        return announce(session, event, now=company.clock(), guard=company.guard).departure_id


def test_hr_seals_a_departure_for_whom_it_names(company: Company) -> None:
    leaver, one, other, third = company.hire(60)[:4]

    departure = says(company, leaver, sealed=True, sealed_for=(one, other, "E-9999"))

    with company.store.read() as session:
        for number in (leaver, third):
            assert departure in hidden_from(session, company.people[number])
        for number in (one, other):
            assert departure not in hidden_from(session, company.people[number])
    assert [entry["body"] for entry in company.entries("departure.sealed")] == [{"for": 2, "unknown": 1}]


@pytest.mark.parametrize("named", [(), ("E-9999",), ("E-0",)])
def test_a_seal_that_nobody_could_see_behind_is_refused_and_nothing_is_stored(
    company: Company, named: tuple[str, ...]
) -> None:
    leaver = company.hire(60)[0]

    with pytest.raises(Unannounceable, match="names nobody"):
        says(company, leaver, sealed=True, sealed_for=named)

    assert company.departures() == []


def test_it_is_sealed_for_no_other_record_of_its_leaver(company: Company) -> None:
    leaver, one, twin = company.hire(60)[:3]
    with company.store.write() as session:
        session.get_one(Person, company.people[twin]).work_email = f"{leaver}@EXAMPLE.com"

    departure = says(company, leaver, sealed=True, sealed_for=(one, twin))

    with company.store.read() as session:
        assert departure in hidden_from(session, company.people[twin])
        assert session.query(MaySee).count() == 1


def test_a_change_seals_what_was_open_and_names_more(company: Company) -> None:
    leaver, one, other = company.hire(60)[:3]
    departure = says(company, leaver)

    says(company, leaver, change=Change.CHANGED, sealed=True, sealed_for=(one,))
    says(company, leaver, change=Change.CHANGED, sealed=True, sealed_for=(other,))
    says(company, leaver, change=Change.CHANGED)

    with company.store.read() as session:
        assert session.get_one(Departure, departure).sealed
        assert session.query(MaySee).count() == 2


def test_the_seal_comes_off_when_the_run_begins_and_not_before(company: Company) -> None:
    leaver, one = company.hire(60)[:2]
    departure = says(company, leaver, sealed=True, sealed_for=(one,))
    moved = company.clock() + timedelta(days=30)
    says(company, leaver, change=Change.CHANGED, last_day=moved.date())

    company.clock.turn(days=25)
    company.begin()
    with company.store.read() as session:
        assert session.get_one(Departure, departure).sealed
    company.clock.turn(days=6)
    company.begin()

    with company.store.read() as session:
        found = session.get_one(Departure, departure)
        assert (found.sealed, found.state) == (False, DepartureState.REVOKING)
    events = [entry["type"] for entry in company.entries("departure.unsealed")]
    assert events == ["departure.unsealed"]


def test_hrs_webhook_says_whom_it_is_sealed_for() -> None:
    data = {
        "person": {"source_id": "E-0", "name": "Somebody"},
        "kind": "involuntary",
        "last_day": "2026-03-20",
        "timezone": "UTC",
    }
    body = {"type": "employment.termination.scheduled", "data": {**data, "sealed_for": ["E-1", "E-2"]}}

    assert event_of(body).sealed
    assert event_of(body).sealed_for == ("E-1", "E-2")
    assert not event_of({**body, "data": data}).sealed
    assert event_of({**body, "data": {**data, "sealed": True}}).under(SECTION).sealed_for == ("E-7",)


def event_of(body: dict[str, Any]) -> TerminationEvent:
    envelope = Envelope(
        source="hr", delivery_id="m-1", body=body, received_at=datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
    )
    return native.read(envelope, SourceSection())
