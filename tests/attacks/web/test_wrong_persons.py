"""Whoever may not act at a door of the pages is refused there, and the engine is not even asked."""

from typing import Any

import pytest

from service.ledger.entry import LedgerEntry
from service.web.access import opens_for

#: Every door of the pages that changes something, and an address it opens at.
DOORS = {
    "/runs": "/runs",
    "/runs/R-<int(max=2147483647):number>": "/runs/R-1",
    "/runs/R-<int(max=2147483647):number>/steps/<step>": "/runs/R-1/steps/mailbox",
    "/runs/R-<int(max=2147483647):number>/accounts/<connector>": "/runs/R-1/accounts/chaos",
    "/runs/R-<int(max=2147483647):number>/undo": "/runs/R-1/undo",
    "/batches/B-<int(max=2147483647):number>": "/batches/B-1",
    "/batches/B-<int(max=2147483647):number>/runs": "/batches/B-1/runs",
    "/batches/B-<int(max=2147483647):number>/undo": "/batches/B-1/undo",
    "/departures/held": "/departures/held",
    "/playbooks/approve": "/playbooks/approve",
    "/drill": "/drill",
    "/stop": "/stop",
}
#: They are about the asker's own session.
ABOUT_ONESELF = {"/sign-in", "/sign-in/<token>", "/sign-out"}
FORM = {"verb": "pause", "because": "Because I would like that.", "reason": "Because I would like that."}

#: What is sent there, the entry it becomes for whoever has not the role, and its verb. Elsewhere a run is paused.
TRIED = {
    "/runs/R-1/steps/mailbox": ({"do": "take"}, "confirmation.refused", "take"),
    "/runs/R-1/accounts/chaos": ({"account": ""}, "confirmation.refused", "answer"),
    "/runs/R-1/undo": (FORM, "undo.refused", "undo"),
    "/batches/B-1": ({"do": "stop"}, "intervention.refused", "stop"),
    "/batches/B-1/undo": (FORM, "undo.refused", "undo"),
    "/departures/held": ({"do": "cancel"}, "approval.refused", "cancel held"),
    "/playbooks/approve": ({}, "playbook.refused", "approve playbook"),
    "/drill": ({}, "intervention.refused", "drill"),
    "/stop": ({"do": "go"}, "intervention.refused", "go"),
}


def doors(office: Any) -> set[str]:
    """Addresses that take a form and open by a session."""
    rules = [rule for rule in office.app.url_map.iter_rules() if "POST" in (rule.methods or ())]
    handlers = office.app.view_functions
    return {rule.rule for rule in rules if not isinstance(opens_for(handlers[rule.endpoint], rule.rule), str)}


def recorded(office: Any) -> int:
    with office.world.store.read() as session:
        return session.query(LedgerEntry).count()


def test_every_door_is_among_those_that_are_tried(office: Any) -> None:
    assert doors(office) - ABOUT_ONESELF == set(DOORS)


@pytest.mark.parametrize("who", ["auditor", "nobody"])
@pytest.mark.parametrize("address", DOORS.values())
def test_auditors_and_strangers_change_nothing_at_any_door(office: Any, address: str, who: str) -> None:
    office.run()
    client = office.browser(who)
    form = FORM | {"token": office.token(client)}
    before = recorded(office)

    sent = client.post(address, data=form)

    assert sent.status_code == 403
    assert "This needs one of the roles" in sent.text
    assert recorded(office) == before + 1  # that they tried


@pytest.mark.parametrize("address", DOORS.values())
def test_a_verb_that_is_stopped_for_want_of_a_role_is_on_record_as_the_verbs_own_refusals_are(
    office: Any, address: str
) -> None:
    office.run()
    client = office.browser("auditor")

    client.post(address, data={"token": office.token(client), **TRIED.get(address, (FORM,))[0]})

    event, verb = TRIED.get(address, (FORM, "intervention.refused", "pause"))[1:]
    kept = office.world.bodies(event)[-1]
    assert {name: kept[name] for name in ("verb", "reason", "door")} == {
        "verb": verb,
        "reason": "role",
        "door": "web",
    }
    number = address.split("/")[2] if address.startswith(("/runs/", "/batches/")) else ""
    assert kept.get("run", kept.get("batch", "")) == number


def test_the_same_button_pressed_again_and_again_is_one_entry_a_minute(office: Any) -> None:
    client = office.browser("auditor")
    form = {"token": office.token(client), "because": "The feed looks forged."}

    for _ in range(3):
        client.post("/stop", data=form)
    assert [body["verb"] for body in office.world.bodies("intervention.refused")] == ["stop"]

    client.post("/stop", data={**form, "do": "go"})
    office.world.clock.turn(minutes=2)
    client.post("/stop", data=form)
    assert [body["verb"] for body in office.world.bodies("intervention.refused")] == ["stop", "go", "stop"]


def test_who_only_looks_where_they_may_not_is_not_on_record(office: Any) -> None:
    client = office.browser("auditor")
    before = recorded(office)

    assert client.get("/stop").status_code == 403

    assert recorded(office) == before


def test_what_somebody_made_up_for_a_verb_is_not_recorded(office: Any) -> None:
    client = office.browser("auditor")

    client.post("/stop", data={"token": office.token(client), "do": "Mike Dalton"})

    assert office.world.bodies("intervention.refused")[-1]["verb"] == "stop"


@pytest.mark.parametrize("address", DOORS.values())
def test_the_leavers_session_opens_no_door_any_more(office: Any, address: str) -> None:
    mike = office.browser("mike")  # has the role it, and a session from before
    form = FORM | {"token": office.token(mike)}
    office.run()

    sent = mike.post(address, data=form)

    assert sent.status_code == 401
    assert office.world.bodies("session.closed")


@pytest.mark.parametrize("address", DOORS.values())
def test_whoever_has_not_signed_in_opens_no_door(office: Any, address: str) -> None:
    office.run()
    before = recorded(office)

    sent = office.browser().post(address, data=FORM)

    assert sent.status_code == 401
    assert recorded(office) == before
