"""Operators intervene from Slack: by the three dots, and by the form behind them."""

import json
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import update

from service.demo.fake_slack_limits import wrong
from service.departures.batch import Origin, open_batch
from service.departures.departure import Departure
from service.engine.states import StepState
from service.engine.tables import Intervention, StepRun
from service.people.person import Person
from service.playbook.model import Grade
from service.slack import whole_batch
from service.slack.intervening import intervene_form
from tests.integration.slack.test_clicking import impatient, more
from tests.unit.engine.test_what_it_waits_for import THROWN, throw
from tests.unit.engine.world import departure
from tests.unit.slack.office import HANNA, IVAN, MIKE

WHY = "The reseller shuts this account itself."


def press(office: Any, what: str, user: str = IVAN) -> Any:
    (message,) = office.screen.messages()
    return impatient(office).click(message["ts"], more(what, office), user=user)


def send(office: Any, verb: str, *, step: str = "*", why: str = WHY, user: str = IVAN) -> Any:
    form = intervene_form(office.world.facts())
    values = {
        "step": {"v": {"type": "static_select", "selected_option": {"value": step}}},
        "verb": {"v": {"type": "radio_buttons", "selected_option": {"value": verb}}},
        "reason": {"v": {"type": "plain_text_input", "value": why}},
    }
    return office.screen.submit({**form, "id": "V1"}, user=user, values=values)


def said_in_thread(office: Any) -> str:
    (message,) = office.screen.messages()
    return json.dumps([reply["text"] for reply in office.screen.thread(message["ts"])])


def test_a_run_is_paused_and_resumed_from_the_three_dots(office: Any) -> None:
    office.begin()

    press(office, "pause")
    assert office.world.facts().paused
    press(office, "resume")

    assert not office.world.facts().paused
    assert [made.verb for made in office.world.facts().interventions] == ["pause", "resume"]


def test_who_reports_to_the_leaver_is_told_why_not_by_the_dots_and_by_the_form(office: Any) -> None:
    office.begin()
    with office.world.store.write() as session:
        session.get_one(Person, office.world.people["ivan"]).manager_id = office.world.people["mike"]

    press(office, "pause")
    sent = send(office, "skip", step="mailbox")

    for told in (office.screen.whispers(IVAN)[-1], sent.view):
        assert "Who reports to the leaver neither skips" in json.dumps(told)
    assert office.world.facts().interventions == ()
    assert len(office.world.bodies("intervention.refused")) == 2


def test_the_form_opens_with_every_step_and_what_can_be_done(office: Any) -> None:
    office.begin()

    shown = press(office, "form")

    text = json.dumps(shown.view)
    assert "Shared mailbox" in text
    assert "Skip it: it does not apply (a waiver)" in text
    assert wrong(shown.view["blocks"], form=True) == []


def fail(office: Any) -> None:
    """The step of the mailbox has failed, and the run is paused."""
    with office.world.store.write() as session:
        step = session.query(StepRun).filter(StepRun.step == "shut").one()
        step.state, step.attempt = StepState.FAILED, 1
    send(office, "pause")


def test_what_is_tried_again_in_a_paused_run_says_that_it_waits(office: Any) -> None:
    office.begin()
    put_together(office)
    fail(office)

    assert "when somebody resumes the run" in send(office, "retry", step="shut").text
    fail(office)
    assert (
        "1 of these runs waits. The run is paused: it is tried when" in send(office, "retry", step="**").text
    )


def test_what_is_tried_again_while_the_kill_switch_is_thrown_says_so(office: Any) -> None:
    office.begin()
    put_together(office)
    throw(office.world)
    cancelled(office)

    assert send(office, "retry", step="shut").text == THROWN
    cancelled(office)
    assert f"1 of these runs waits. {THROWN}" in send(office, "retry", step="**").text
    cancelled(office)
    press(office, "retry")
    assert THROWN in str(office.screen.whispers(IVAN))


def cancelled(office: Any) -> None:
    """Somebody cancelled the whole run before."""
    with office.world.store.write() as session:
        session.execute(update(StepRun).values(state=StepState.CANCELLED))


def test_skipping_one_step_from_the_form_is_a_waiver_with_its_reason(office: Any) -> None:
    office.begin()

    sent = send(office, "skip", step="mailbox")

    assert sent.status == 200
    assert office.fact("mailbox").grade is Grade.WAIVED
    assert office.fact("mailbox").confirmations[0].note == WHY


def test_cancelling_a_run_without_a_reason_is_refused_inside_the_form(office: Any) -> None:
    office.begin()

    sent = send(office, "cancel", why="no")

    assert "at least 10 characters" in sent.errors["reason"]
    assert office.world.facts().interventions == ()


def test_a_cancelled_run_is_told_of_in_the_thread(office: Any) -> None:
    office.begin()

    send(office, "cancel")
    office.publish()

    assert office.fact("mailbox").state is StepState.CANCELLED
    assert "cancel this run" in said_in_thread(office)
    assert WHY in said_in_thread(office)


@pytest.mark.parametrize("user", [MIKE, HANNA])
def test_the_leaver_and_people_without_the_role_intervene_in_nothing(office: Any, user: str) -> None:
    office.begin()

    for verb in ("retry", "check", "pause", "resume"):
        press(office, verb, user=user)
    sent = send(office, "cancel", user=user)

    assert "Nothing was changed" in sent.text
    assert office.world.facts().interventions == ()


@pytest.mark.parametrize(("verb", "step"), [("explode", "*"), ("pause", "nonsense"), ("", "*")])
def test_a_form_that_is_none_of_ours_changes_nothing(office: Any, verb: str, step: str) -> None:
    office.begin()

    assert send(office, verb, step=step).text

    assert office.world.facts().interventions == ()


def put_together(office: Any) -> None:
    """The run belongs to a batch."""
    world = office.world
    with world.store.write() as session:
        made = open_batch(session, Origin.FILE, "wave.csv", now=world.clock(), by="source:hr")
        session.query(Departure).one().batch_id = made.id


def test_every_run_of_a_batch_is_paused_with_one_form(office: Any) -> None:
    office.begin()
    put_together(office)

    sent = send(office, "pause", step="**")

    assert sent.text == "pause: 1 of 1 runs of B-1."
    assert office.world.facts().paused
    with office.world.store.read() as session:
        kept = session.query(Intervention).all()
    assert {made.door for made in kept} == {"slack"}
    assert "" not in {made.batch for made in kept}
    assert "All runs of batch B-1" in json.dumps(intervene_form(office.world.facts()))


def test_who_of_the_batch_has_not_begun_is_named_where_nothing_more_is_to_begin(office: Any) -> None:
    office.begin()
    put_together(office)
    world = office.world
    later = world.clock() + timedelta(days=3)
    with world.store.write() as session:
        batch_id = session.query(Departure).one().batch_id
        session.add(departure(world.people["hanna"], later, id="d-2", source_id="ev-2", batch_id=batch_id))

    sent = send(office, "pause", step="**")

    assert "1 more of B-1 has not begun, and will at their time" in sent.text


def test_a_run_of_the_batch_that_it_does_not_fit_is_named(office: Any) -> None:
    office.begin()
    put_together(office)

    sent = send(office, "resume", step="**")

    assert (
        sent.text == "resume: 0 of 1 runs of B-1.\nR-1: Nothing of this run is paused. Nothing was changed."
    )


def test_a_batch_is_not_cancelled_without_a_reason_or_the_role(office: Any) -> None:
    office.begin()
    put_together(office)

    assert "at least 10 characters" in send(office, "cancel", step="**", why="no").errors["reason"]
    assert "Nothing was changed" in send(office, "cancel", step="**", user=HANNA).text
    assert office.world.facts().interventions == ()


def test_a_batch_too_large_to_answer_in_time_is_done_elsewhere(
    office: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    office.begin()
    put_together(office)
    monkeypatch.setattr(whole_batch, "MOST_RUNS", 0)

    sent = send(office, "pause", step="**")

    assert sent.text.endswith("or with: exeunt decide pause --batch B-1")
    assert office.world.facts().interventions == ()


def test_without_a_batch_none_is_offered_or_taken(office: Any) -> None:
    office.begin()

    assert "batch" not in json.dumps(intervene_form(office.world.facts()))
    assert send(office, "pause", step="**").text
    assert office.world.facts().interventions == ()
