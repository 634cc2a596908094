"""Somebody who is not named walks through every page, form and API: the departure does not exist for them."""

import json
import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from werkzeug.routing import Rule

from service.departures.batch import Batch, Origin, open_batch
from service.departures.departure import Departure
from service.departures.kind import DepartureState
from service.engine import waves
from service.engine.approvals import Wanted
from service.engine.decisions import NotDecided
from service.ledger.entry import LedgerEntry
from service.people.person import Role, RoleGrant
from tests.unit.engine.world import departure as leaves

NOT_NAMED = ("it", "approver", "investigator", "counsel", "auditor", "admin", "nobody", "mike")
THERE, NOWHERE = 1, 999
#: What a step's, a connector's and a form's field may be, so that a handler gets as far as it can.
WORDS = {"step": "talk", "connector": "chaos", "name": "test", "filename": "exeunt.css", "token": "x"}
FORM = {
    "do": "confirm",
    "verb": "pause",
    "revision": "1",
    "said": "done",
    "note": "Somebody who was not told.",
    "reason": "Somebody who was not told.",
    "because": "Somebody who was not told.",
    "account": "acc-1",
}


def rules(office: Any, *, numbered: bool) -> Iterator[Rule]:
    for rule in office.app.url_map.iter_rules():
        outside = ("/static", "/hooks", "/slack", "/sign", "/demo", "/stop")
        if ("number" in rule.arguments) is numbered and not rule.rule.startswith(outside):
            yield rule


def asked(office: Any, browser: Any, rule: Rule, number: int) -> tuple[int, str]:
    """What a route answers about a number, with the number itself left out of the words."""
    adapter = office.app.url_map.bind("localhost")
    words = {name: WORDS.get(name, "x") for name in rule.arguments - {"number"}}
    path = adapter.build(rule.endpoint, {**words, "number": number})
    if "POST" in (rule.methods or ()):
        answer = browser.post(path, data={**FORM, "token": office.token(browser)})
    else:
        answer = browser.get(path)
    text = answer.text
    for prefix in ("R-", "B-", "runs/"):
        text = text.replace(f"{prefix}{number}", "N")
    return answer.status_code, _without_the_viewer(text.replace(office.token(browser), ""))


def _without_the_viewer(text: str) -> str:
    """Every page says who looks, and Mike is one of them."""
    return re.sub(r"<span>[^<]* · [^<]*</span>", "", text)


@pytest.mark.parametrize("who", NOT_NAMED)
def test_every_route_about_a_run_or_a_batch_answers_as_if_there_were_none(office: Any, who: str) -> None:
    with office.world.store.write() as session:
        batch = open_batch(session, Origin.FILE, "one.csv", now=office.world.clock(), by="source:hr")
        session.get_one(Departure, "d-1").batch_id = batch.id
    browser = office.browser(who)
    routes = list(rules(office, numbered=True))
    assert len(routes) >= 10

    for rule in routes:
        there, nowhere = asked(office, browser, rule, THERE), asked(office, browser, rule, NOWHERE)
        assert there == nowhere, rule.rule
        assert "Mike" not in there[1], rule.rule


@pytest.fixture
def batch(office: Any) -> Any:
    """Mike, of IT himself, is the only one of B-1."""
    with office.world.store.write() as session:
        made = open_batch(session, Origin.FILE, "one.csv", now=office.world.clock(), by="source:hr")
        session.get_one(Departure, "d-1").batch_id = made.id
    return office


def steered(office: Any, who: str, number: int, verb: str = "stop") -> str:
    """What somebody is told who steers a batch; nothing where it was done."""
    try:
        waves.steer(
            office.world.store,
            number,
            verb,
            person_id=office.world.people[who],
            because=FORM["because"],
            door="cli",
            now=office.world.clock(),
        )
    except NotDecided as refused:
        return f"{refused.reason}: {refused}".replace(f"B-{number}", "N")
    return ""


@pytest.mark.parametrize("verb", ["stop", "go", "next"])
@pytest.mark.parametrize("who", NOT_NAMED)
def test_a_batch_of_sealed_people_is_steered_by_nobody_who_is_not_named(
    batch: Any, who: str, verb: str
) -> None:
    assert steered(batch, who, THERE, verb) == steered(batch, who, NOWHERE, verb)

    with batch.world.store.read() as session:
        assert session.query(Batch).one().stopped_at is None


def test_a_leaver_of_it_learns_of_their_own_departure_from_no_batch_of_others(batch: Any) -> None:
    world = batch.world
    with world.store.write() as session:
        for who, sealed in (("hanna", False), ("it", True)):
            one = leaves(world.people[who], world.clock() + timedelta(days=3), id=who, source_id=f"ev-{who}")
            one.batch_id, one.sealed = session.get_one(Departure, "d-1").batch_id, sealed
            session.add(one)

    assert steered(batch, "it", THERE) == steered(batch, "admin", THERE, "go") == ""


@pytest.mark.parametrize("who", NOT_NAMED)
def test_no_list_search_or_number_names_the_leaver(office: Any, who: str) -> None:
    browser = office.browser(who)

    for rule in rules(office, numbered=False):
        if rule.arguments or "GET" not in (rule.methods or ()):
            continue
        for query in ("", "?name=Mike", "?state=scheduled", "?kind=voluntary"):
            text = _without_the_viewer(browser.get(f"{rule.rule}{query}").text)
            assert "Dalton" not in text, rule.rule
            assert '"R-1"' not in text, rule.rule
            assert "d-1" not in text, rule.rule


def test_the_named_person_sees_all_of_it_and_each_look_is_on_record(office: Any) -> None:
    browser = office.browser("hr")

    assert "Mike Dalton" in browser.get("/runs/R-1").text
    assert "Mike Dalton" in browser.get("/departures").text
    assert "Mike Dalton" in browser.get("/runs").text
    assert (
        browser.get("/runs/R-1", headers={"HX-Request": "true"}).status_code == 200
    )  # the live page goes on
    assert browser.get("/api/v1/runs/1").json["leaver"] == "Mike Dalton"

    looks = [entry for entry in entries(office) if entry["type"] == "departure.looked_at"]
    assert len(looks) == 3
    assert {entry["body"]["door"] for entry in looks} == {"web"}
    assert {entry["actor"] for entry in looks} == {actor(office, "hr")}


def test_the_seal_comes_off_at_its_time_and_everybody_sees_it_then(office: Any) -> None:
    browser = office.browser("it")
    assert browser.get("/runs/R-1").status_code == 404
    office.world.clock.turn(days=10, minutes=1)

    with office.world.store.write() as session:
        office_starter(office).begin_due(session, now=office.world.clock())

    assert browser.get("/runs/R-1").status_code == 200
    assert [entry["type"] for entry in entries(office)].count("departure.unsealed") == 1


def test_what_was_withdrawn_before_its_time_stays_sealed(office: Any) -> None:
    with office.world.store.write() as session:
        session.get_one(Departure, "d-1").state = DepartureState.WITHDRAWN
    office.world.clock.turn(days=40)

    with office.world.store.write() as session:
        office_starter(office).begin_due(session, now=office.world.clock())

    assert office.browser("it").get("/runs/R-1").status_code == 404


def test_an_approver_who_is_not_named_lets_nothing_sealed_go(office: Any) -> None:
    world = office.world
    with world.store.write() as session:
        session.get_one(Departure, "d-1").state = DepartureState.HELD
        grant = RoleGrant(id="g", person_id=world.people["hr"], role=Role.APPROVER, since=world.clock())
        session.add(grant)
    why = "HR has confirmed it by phone."
    approver = world.people["approver"]

    def refused(act: Any) -> str:
        with pytest.raises(NotDecided) as said:
            act()
        return said.value.reason

    wanted = Wanted(departures=("d-1",), person_id=approver, door="web", because=why)
    assert refused(lambda: world.desk.approvals.ask(wanted)) == "unknown"
    assert refused(lambda: world.desk.approvals.cancel(wanted)) == "unknown"
    release = world.desk.approvals.ask(
        Wanted(departures=("d-1",), person_id=world.people["hr"], door="web", because=why)
    )
    assert "Mike" not in office.browser("approver").get("/departures/held").text
    act = lambda: world.desk.approvals.approve(release, digest="", person_id=approver, door="web")  # noqa: E731
    assert refused(act) == "not-open"


def test_the_counts_of_a_collector_name_nobody(office: Any) -> None:
    text = office.browser().get("/metrics", environ_base={"REMOTE_ADDR": "127.0.0.1"}).text

    assert "exeunt_runs" in text
    assert "Mike" not in text
    assert "d-1" not in text


def office_starter(office: Any) -> Any:
    from service.departures.kind import DepartureKind
    from service.engine.start import Starter
    from service.playbook.catalogue import Catalogue
    from service.playbook.inuse import Fixed
    from service.playbook.load import parse
    from tests.attacks.sealed.conftest import NOTICE

    registry = office.world.registry
    loaded = parse(NOTICE.encode(), "test.yaml", registry, lint=False)
    return Starter(
        catalogue=Catalogue(registry),
        set_up=registry.configured,
        playbooks=Fixed(dict.fromkeys(DepartureKind, loaded)),
    )


def entries(office: Any) -> list[dict[str, Any]]:
    with office.world.store.read() as session:
        return [json.loads(entry.leaf) for entry in session.query(LedgerEntry).order_by(LedgerEntry.seq)]


def actor(office: Any, name: str) -> str:
    return f"person:{office.world.desk.person_by_id(office.world.people[name]).subject}"
