"""The page of the playbooks: what is in use, what waits, and two people who approve it."""

import re
from typing import Any

import pytest
from flask.testing import FlaskClient

from service.departures.kind import DepartureKind
from service.playbook.approval import Approvals
from service.playbook.load import Loaded, parse
from service.web.rooms import KEY, DemoDoor
from tests.unit.playbook.conftest import FIRST, WEAKER
from tests.unit.web.office import Office

REWRITTEN = WEAKER.replace("them.", "the <b>keys</b>.")


@pytest.fixture
def changed(office: Office) -> Office:
    """Mike is leaving, and somebody took a step out of the file."""
    for text in (FIRST, REWRITTEN):
        offered = {DepartureKind.VOLUNTARY: _loaded(office, text)}
        approvals = Approvals.of(office.world.store, office.world.registry, offered)
        approvals.offer(now=office.world.clock())
    office.app = office.made(demo=DemoDoor(people=office.demo_people), approvals=approvals)
    return office


def _loaded(office: Office, text: str) -> Loaded:
    return parse(text.encode(), "playbooks/leaver.yaml", office.world.registry, lint=False)


def _form(client: FlaskClient) -> dict[str, str]:
    """What the button of the page sends."""
    page = client.get("/playbooks").text
    return dict(re.findall(r'name="(token|digest|replaces|kinds)" value="([^"]*)"', page))


def test_the_page_shows_what_is_different_and_what_is_weaker(changed: Office) -> None:
    page = changed.browser("auditor").get("/playbooks").text

    assert "leaver v2" in page
    assert "removed: manual.confirm is no longer done here" in page
    assert '<span class="badge bad">weaker</span>' in page
    assert "now: Take the &lt;b&gt;keys&lt;/b&gt;." in page


def test_every_page_says_that_a_changed_playbook_is_not_used(changed: Office) -> None:
    for path in ("/runs", "/departures", "/connectors"):
        assert "leaver: the file was changed and is not used" in changed.browser("it").get(path).text


def test_two_people_approve_and_then_it_is_in_use(changed: Office) -> None:
    approver, admin = changed.browser("approver"), changed.browser("admin")
    form = _form(approver)

    first = approver.post("/playbooks/approve", data=form)
    between = admin.get("/playbooks.json").json
    second = admin.post("/playbooks/approve", data={**form, "token": _form(admin)["token"]})
    after = admin.get("/playbooks.json").json

    assert (first.status_code, second.status_code) == (303, 303)
    assert (between["waiting"][0]["approvals"], between["in_use"][0]["version"]) == (1, 1)
    assert (after["waiting"], after["in_use"][0]["version"]) == ([], 2)


def test_what_was_in_use_before_is_shown_with_its_text(changed: Office) -> None:
    approver, admin = changed.browser("approver"), changed.browser("admin")
    assert "in use before" not in admin.get("/playbooks").text
    changed.world.clock.turn(minutes=5)
    for client in (approver, admin):
        client.post("/playbooks/approve", data=_form(client))

    page, told = (changed.browser("auditor").get(path) for path in ("/playbooks", "/playbooks.json"))

    (now,), (before,) = told.json["in_use"], told.json["before"]
    assert "What was in use before: 1 version<" in page.text
    assert f'href="/playbooks/{before["digest"]}.yaml"' in page.text
    assert (before["version"], before["until"], now["version"]) == (1, now["since"], 2)
    assert before["since"] < before["until"]
    assert now["until"] is None


def test_whoever_approved_sees_no_button_and_is_refused_a_second_time(changed: Office) -> None:
    approver = changed.browser("approver")
    form = _form(approver)
    approver.post("/playbooks/approve", data=form)

    again = approver.post("/playbooks/approve", data=form)

    assert (again.status_code, "Somebody else has to be the second person" in again.text) == (409, True)
    assert ">Approve leaver" not in again.text


@pytest.mark.parametrize("name", ["it", "hr", "auditor", "investigator", "counsel"])
def test_nobody_else_can_approve(changed: Office, name: str) -> None:
    client = changed.browser(name)
    form = {**_form(changed.browser("approver")), "token": changed.token(client)}

    assert client.post("/playbooks/approve", data=form).status_code == 403
    assert ">Approve leaver" not in client.get("/playbooks").text


def test_a_form_of_an_older_page_is_refused_and_changes_nothing(changed: Office) -> None:
    approver = changed.browser("approver")

    answer = approver.post("/playbooks/approve", data={**_form(approver), "digest": "0" * 64})

    assert (answer.status_code, "reload the page" in answer.text) == (409, True)


def test_the_text_of_a_version_is_shown_as_it_stood_and_runs_nothing(changed: Office) -> None:
    digest = changed.browser("it").get("/playbooks.json").json["in_use"][0]["digest"]

    answer = changed.browser("it").get(f"/playbooks/{digest}.yaml")

    assert (answer.text, answer.content_type) == (FIRST, "text/plain; charset=utf-8")
    assert changed.browser("it").get(f"/playbooks/{'0' * 64}.yaml").status_code == 404


def test_an_application_without_a_record_has_no_such_page(office: Any) -> None:
    assert office.app.extensions[KEY].approvals is None
    assert office.browser("it").get("/playbooks").status_code == 404
