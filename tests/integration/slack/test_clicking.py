"""What a person at a screen can do, over signed requests to our own door."""

import json
from dataclasses import replace
from typing import Any

from service.demo.fake_slack_hands import form_values
from service.departures.departure import Departure
from service.departures.kind import DepartureKind, DepartureState
from service.engine.states import Colour, StepState
from service.engine.tables import Run
from service.playbook.model import Grade
from tests.unit.engine.world import PLAYBOOK, departure
from tests.unit.slack.office import GHOST, HANNA, IVAN, MIKE, ROBOT, introduce

NOTE = "Changed in the vault."
FAR_OFF = PLAYBOOK + "    deadline: 3d\n"


def test_confirming_in_slack_closes_the_item(office: Any) -> None:
    office.begin()

    refused = office.screen.confirm(office.fact("mailbox"), user=IVAN, said="done", note=NOTE)

    mailbox = office.fact("mailbox")
    assert (refused, mailbox.grade) == ("", Grade.ATTESTED)
    assert (mailbox.confirmations[0].by, mailbox.confirmations[0].door) == ("Ivan Petrov", "slack")


def test_the_form_shows_what_is_to_be_done(office: Any) -> None:
    office.begin()

    shown = office.screen.click(*button(office), user=IVAN)

    assert "Shared mailbox" in json.dumps(shown.view)
    assert "Change the password." in json.dumps(shown.view)


def test_saying_that_it_does_not_apply_is_a_waiver(office: Any) -> None:
    office.begin()

    office.screen.confirm(
        office.fact("mailbox"), user=IVAN, said="does-not-apply", note="Mike never had this mailbox."
    )

    assert office.fact("mailbox").grade is Grade.WAIVED


def test_handing_on_leaves_the_item_open(office: Any) -> None:
    office.begin()

    office.screen.confirm(office.fact("mailbox"), user=IVAN, said="cannot", note="I have no right there.")

    mailbox = office.fact("mailbox")
    assert (mailbox.state, mailbox.why) == (StepState.WAITING, "Handed on: I have no right there.")


def test_a_short_note_is_refused_inside_the_form(office: Any) -> None:
    office.begin()
    form = office.screen.click(*button(office), user=IVAN).view

    sent = office.screen.submit(form, user=IVAN, values=form_values("done", "ok"))

    assert sent.errors == {"note": "Not confirmed. A note of at least 10 characters is needed here."}
    assert office.fact("mailbox").state is StepState.WAITING


def test_an_item_that_is_far_off_is_taken_before_it_is_confirmed(office: Any) -> None:
    office.begin(playbook=FAR_OFF)
    ts, action = button(office)

    office.room.publisher.start()
    office.screen.click(ts, action, user=IVAN)

    assert action["text"]["text"] == "Take it"
    assert office.fact("mailbox").taken_by == "Ivan Petrov"
    assert office.screen.confirm(office.fact("mailbox"), user=IVAN, said="done", note=NOTE) == ""


def test_taking_twice_is_taking_once(office: Any) -> None:
    office.begin(playbook=FAR_OFF)
    screen = impatient(office)
    screen.click(*button(office), user=IVAN)

    again = screen.click(*button(office), user=IVAN)

    assert (again.status, again.text) == (200, "")
    assert office.world.events().count("step.taken") == 1


def test_an_old_button_of_a_closed_item_says_who_was_first(office: Any) -> None:
    office.begin()
    seen = office.fact("mailbox")
    office.screen.confirm(seen, user=IVAN, said="done", note=NOTE)
    noon = office.world.clock()

    refused = office.screen.confirm(seen, user=IVAN, said="done", note="A second time.")

    assert (
        refused == f"Not confirmed. Ivan Petrov confirmed this at {noon:%H:%M:%S} UTC. Nothing was changed."
    )


def test_an_old_button_of_an_open_item_opens_the_form_as_it_is_now(office: Any) -> None:
    office.begin()
    old = button(office)
    office.take("mailbox")

    form = office.screen.click(*old, user=IVAN).view

    assert json.loads(form["private_metadata"])["v"] == office.fact("mailbox").revision


def test_a_form_that_comes_too_late_says_who_was_first(office: Any) -> None:
    office.begin()
    form = office.screen.click(*button(office), user=IVAN).view
    office.confirm("mailbox", note="Ivan was quicker on the page.")

    sent = office.screen.submit(form, user=IVAN, values=form_values("done", NOTE))

    assert sent.text.startswith("Not confirmed. Ivan Petrov confirmed this at")
    assert len(office.fact("mailbox").confirmations) == 1


def test_the_same_form_sent_twice_gets_the_same_answer_and_no_second_effect(office: Any) -> None:
    office.begin()
    form = office.screen.click(*button(office), user=IVAN).view
    first = office.screen.submit(form, user=IVAN, values=form_values("done", NOTE))
    entries = office.world.events()

    again = office.screen.submit(form, user=IVAN, values=form_values("done", NOTE))

    assert replace(first, view=None) == replace(again, view=None)
    assert office.world.events() == entries


def test_the_leaver_is_refused_at_the_first_click(office: Any) -> None:
    office.begin()

    shown = office.screen.click(*button(office), user=MIKE)

    assert shown.text == "Not confirmed. The leaver decides nothing about their own departure."
    assert "confirmation.refused" in office.world.events()


def test_the_thread_says_that_the_leaver_tried(office: Any) -> None:
    office.begin()
    office.screen.click(*button(office), user=MIKE)

    office.publish()

    assert any("*Mike Dalton* tried to decide about their own departure" in line for line in office.threads())


def test_somebody_without_the_role_is_refused(office: Any) -> None:
    office.begin()

    shown = office.screen.click(*button(office), user=HANNA)

    assert "Only people with the role it may do this" in shown.text


def test_an_unknown_user_is_refused(office: Any) -> None:
    office.begin()

    shown = office.screen.click(*button(office), user=GHOST)

    assert "not known here" in shown.text


def test_a_bot_is_refused_even_where_somebody_mapped_it(office: Any) -> None:
    introduce(office.world, ivan=ROBOT)
    office.begin()

    shown = office.screen.click(*button(office), user=ROBOT)

    assert "Bots, guests" in shown.text


def test_a_guest_is_refused_even_where_somebody_mapped_them(office: Any) -> None:
    office.slack.state["users"][IVAN]["is_restricted"] = True
    office.begin()

    shown = office.screen.click(*button(office), user=IVAN)

    assert "Bots, guests" in shown.text


def test_nobody_is_admitted_while_slack_does_not_say_who_they_are(office: Any) -> None:
    office.begin()
    del office.slack.state["users"][IVAN]

    office.screen.submit(form_of(office), user=IVAN, values=form_values("done", NOTE))

    assert office.fact("mailbox").state is StepState.WAITING


def test_a_failed_step_is_tried_again_from_the_three_dots(office: Any) -> None:
    office.world.fake.faults.lie = {"account.active"}
    office.begin()
    (message,) = office.screen.messages()
    office.world.fake.faults.lie = set()

    impatient(office).click(message["ts"], more("retry", office), user=IVAN)
    office.world.drain()

    assert office.fact("shut").state is StepState.DONE


def test_who_may_do_what_is_whispered(office: Any) -> None:
    office.begin()
    (message,) = office.screen.messages()

    shown = office.screen.click(message["ts"], more("who", office), user=IVAN)

    assert "the leaver never" in shown.text


def test_pressing_a_link_is_answered(office: Any) -> None:
    office.begin()
    (message,) = office.screen.messages()

    shown = office.screen.click(
        message["ts"], {"type": "button", "action_id": "run.open", "url": "https://x"}, user=IVAN
    )

    assert shown.status == 200


def test_the_command_lists_what_is_open(office: Any) -> None:
    office.begin()

    status, said = office.screen.send("commands", command(IVAN))

    assert status == 200
    assert "R-1|R-1> Mike Dalton · 2 of 3 closed · 1 waiting" in json.loads(said)["text"]


def test_the_command_lists_what_is_open_however_many_were_closed_since(office: Any) -> None:
    office.begin()
    now = office.world.clock()
    with office.world.store.write() as session:
        for n in range(2, 62):
            hannas = {"id": f"d-{n}", "source_id": f"ev-{n}", "state": DepartureState.CLOSED}
            session.add(departure(office.world.people["hanna"], now, **hannas))
            over = {"started_at": now, "finished_at": now, "colour": Colour.GREEN}
            digests = {"playbook_digest": "p", "plan_digest": "p"}
            session.flush()
            run = Run(id=f"r-{n}", number=n, departure_id=f"d-{n}", playbook="test", playbook_version=1)
            for name, value in {**over, **digests}.items():
                setattr(run, name, value)
            session.add(run)

    _, said = office.screen.send("commands", command(IVAN))

    assert json.loads(said)["text"].splitlines()[0].startswith("<https://exeunt.example.com/runs/R-1|R-1>")


def test_the_command_tells_the_leaver_nothing(office: Any) -> None:
    office.begin()

    _, said = office.screen.send("commands", command(MIKE))

    assert json.loads(said)["text"] == "No departure is open."


def test_the_command_tells_whoever_lost_a_device_nothing_of_their_own_run(office: Any) -> None:
    office.begin()
    with office.world.store.write() as session:
        session.get_one(Departure, "d-1").kind = DepartureKind.LOST_DEVICE

    _, said = office.screen.send("commands", command(MIKE))

    assert json.loads(said)["text"] == "No departure is open."


def test_the_command_tells_nothing_to_people_without_a_role(office: Any) -> None:
    office.begin()

    status, said = office.screen.send("commands", command(HANNA))

    assert (status, "Mike" in said) == (200, False)


def button(office: Any) -> tuple[str, dict[str, Any]]:
    known = office.slack.state["buttons"][office.fact("mailbox").id]
    return known["ts"], known["action"]


def form_of(office: Any) -> dict[str, Any]:
    step = office.fact("mailbox")
    meta = {"r": office.world.run_id, "s": step.id, "v": step.revision}
    return {"id": "V1", "callback_id": "item.confirm", "private_metadata": json.dumps(meta), "blocks": []}


def more(what: str, office: Any) -> dict[str, Any]:
    return {
        "type": "overflow",
        "action_id": "run.more",
        "selected_option": {"value": f"{what} {office.world.run_id}"},
    }


def command(user: str) -> dict[str, str]:
    return {
        "team_id": "TDEMO",
        "api_app_id": "ADEMO",
        "user_id": user,
        "channel_id": "COFFBOARD",
        "command": "/exeunt",
        "text": "",
    }


def impatient(office: Any) -> Any:
    """Somebody who does not wait for the message to change."""
    office.screen._patience_s = 0.2
    return office.screen
