"""Who may open what: nobody, unless a route says so."""

import hashlib
from datetime import date, timedelta
from typing import Any

import pytest
from flask import Blueprint, Flask

from service.people.person import Person, Role
from service.web.access import opens_for, own_page, requires
from service.web.sessions import WebSession

#: Every route that needs no session, and nothing else may be open.
OPEN = {
    "/static/<path:filename>",
    "/healthz",
    "/readyz",
    "/metrics",
    "/openapi.json",
    "/sign-in",
    "/sign-in/<token>",
}


def guards(app: Flask) -> dict[str, Any]:
    return {
        f"{sorted(rule.methods - {'HEAD', 'OPTIONS'})} {rule.rule}": opens_for(
            app.view_functions[rule.endpoint], rule.rule
        )
        for rule in app.url_map.iter_rules()
    }


def test_every_route_is_guarded_or_in_the_short_open_list(office: Any) -> None:
    found = guards(office.app)

    assert {key.partition("] ")[2] for key, whom in found.items() if isinstance(whom, str)} == OPEN
    assert [key for key, whom in found.items() if whom is None] == []


def test_a_route_that_names_nobody_opens_for_nobody(office: Any) -> None:
    stray = Blueprint("stray", __name__)
    stray.add_url_rule("/stray", "stray", lambda: "secret")
    app = office.made(blueprints=[stray])

    answered = app.test_client().get("/stray")

    assert answered.status_code == 403
    assert "secret" not in answered.text


def test_a_door_with_its_own_signature_needs_no_session(office: Any) -> None:
    hooks = Blueprint("hooks", __name__)
    hooks.add_url_rule("/hooks/<source>", "hook", lambda source: source, methods=["POST"])
    app = office.made(blueprints=[hooks])

    answered = app.test_client().post("/hooks/native", headers={"Origin": "https://hr.example"})

    assert (answered.status_code, answered.text) == (200, "native")


def test_a_page_of_the_demonstration_says_for_whom_it_opens(office: Any) -> None:
    pages = Blueprint("demo", __name__)
    pages.add_url_rule("/demo/slack", "slack", requires(Role.IT)(lambda: "checklist"))
    office.app = office.made(blueprints=[pages], demo=office.app.extensions["exeunt"].demo)

    assert office.browser("it").get("/demo/slack").text == "checklist"
    assert office.browser("hr").get("/demo/slack").status_code == 403


def test_without_a_session_a_page_asks_who_you_are_and_comes_back(office: Any) -> None:
    client = office.browser()

    asked = client.get("/runs?colour=red")

    assert (asked.status_code, asked.location) == (303, "/sign-in?next=/runs%3Fcolour%3Dred")


@pytest.mark.parametrize("address", ["/runs.json", "/runs/R-1.csv", "/api/v1/runs"])
def test_without_a_session_a_program_is_told_by_problem_details(office: Any, address: str) -> None:
    answered = office.browser().get(address)

    assert (answered.status_code, answered.content_type) == (401, "application/problem+json")
    assert answered.json["code"] == "not-signed-in"


def test_a_person_without_a_role_sees_nothing(office: Any) -> None:
    client = office.browser("nobody")

    assert [client.get(address).status_code for address in ("/runs", "/departures", "/runs.csv")] == [403] * 3


def test_only_roles_that_own_steps_decide_about_them(office: Any) -> None:
    office.run()

    for name in ("auditor", "nobody"):
        client = office.browser(name)
        sent = client.post("/runs/R-1/steps/mailbox", data={"token": office.token(client)})
        assert sent.status_code == 403, name


def test_the_leaver_never_sees_their_own_departure(office: Any) -> None:
    mike, hanna = office.browser("mike"), office.browser("hr")

    seen = [client.get("/departures.json").json["departures"] for client in (hanna, mike)]

    assert [[line["leaver"] for line in lines] for lines in seen] == [["Mike Dalton"], []]


def test_whoever_came_back_never_sees_how_they_left(office: Any) -> None:
    office.run()
    with office.world.store.write() as session:
        session.get_one(Person, office.world.people["mike"]).hired_on = date(2026, 4, 1)
    client = office.browser("mike")

    assert client.get("/runs").status_code == 200
    assert client.get("/runs/R-1").status_code == 404
    assert "R-1" not in client.get("/runs").text


def test_the_leavers_session_ends_when_the_run_begins(office: Any) -> None:
    mike = office.browser("mike")
    assert mike.get("/runs").status_code == 200

    office.run()

    assert mike.get("/runs").status_code == 303
    assert mike.get("/runs/R-1.json").status_code == 401


def test_the_leaver_cannot_sign_in_again(office: Any) -> None:
    office.run()
    client = office.browser()

    answered = client.post("/sign-in", data={"person": office.world.people["mike"]})

    assert answered.status_code == 403
    assert "their access has ended here too" in answered.text


def test_a_session_ends_after_half_an_hour_of_nothing(office: Any) -> None:
    client = office.browser("auditor")
    office.real_now += timedelta(minutes=29)
    assert client.get("/runs").status_code == 200

    office.real_now += timedelta(minutes=31)

    assert client.get("/runs").status_code == 303


def test_a_session_ends_after_eight_hours_of_work(office: Any) -> None:
    client = office.browser("auditor")
    for _ in range(23):
        office.real_now += timedelta(minutes=20)
        assert client.get("/runs").status_code == 200

    office.real_now += timedelta(minutes=21)

    assert client.get("/runs").status_code == 303


def test_a_page_that_asks_again_by_itself_keeps_no_session_alive(office: Any) -> None:
    client = office.browser("auditor")
    for _ in range(4):
        office.real_now += timedelta(minutes=7)
        client.get("/runs", headers={"HX-Request": "true"})

    office.real_now += timedelta(minutes=3)

    assert client.get("/runs").status_code == 303


def test_the_demonstrations_clock_ages_no_session(office: Any) -> None:
    client = office.browser("auditor")

    office.world.clock.turn(days=3)

    assert client.get("/runs").status_code == 200


def test_signing_out_ends_the_session_and_not_only_the_cookie(office: Any) -> None:
    client = office.browser("auditor")
    kept = client.get_cookie("exeunt-demo").value
    client.post("/sign-out", data={"token": office.token(client)})

    client.set_cookie("exeunt-demo", kept)

    assert client.get("/runs").status_code == 303


def test_signing_in_again_gives_a_new_id_and_ends_the_old_one(office: Any) -> None:
    client = office.browser("auditor")
    first = client.get_cookie("exeunt-demo").value
    client.post("/sign-in", data={"person": office.world.people["it"]})

    assert client.get_cookie("exeunt-demo").value != first
    client.set_cookie("exeunt-demo", first)
    assert client.get("/runs").status_code == 303


def test_the_database_holds_no_session_id(office: Any) -> None:
    client = office.browser("auditor")
    session_id = client.get_cookie("exeunt-demo").value

    with office.world.store.read() as session:
        kept = [row.id_sha256 for row in session.query(WebSession)]

    assert kept == [hashlib.sha256(session_id.encode()).hexdigest()]
    assert len(session_id) >= 43


def test_signing_in_and_out_is_in_the_ledger(office: Any) -> None:
    client = office.browser("auditor")
    client.post("/sign-out", data={"token": office.token(client)})

    assert office.world.bodies("session.opened") == [{"door": "web", "way": "demonstration"}]
    assert office.world.bodies("session.closed") == [{"door": "web", "way": "sign-out"}]


def test_outside_the_demonstration_the_cookie_is_a_host_cookie(office: Any) -> None:
    from service.web.links import OneTimeLinks, path_of

    app = office.made()
    token = OneTimeLinks(store=office.world.store, real_now=lambda: office.real_now).issue(
        office.world.people["auditor"]
    )

    answered = app.test_client().post(path_of(token))

    cookie = answered.headers["Set-Cookie"]
    assert cookie.startswith("__Host-exeunt=")
    assert {"Secure", "HttpOnly", "Path=/", "SameSite=Lax"} <= set(cookie.split("; "))
    assert "Domain" not in cookie


def test_the_demonstrations_cookie_has_a_name_of_its_own(office: Any) -> None:
    answered = office.app.test_client().post("/sign-in", data={"person": office.world.people["it"]})

    cookie = answered.headers["Set-Cookie"]
    assert cookie.startswith("exeunt-demo=")
    assert "Secure" not in cookie
    assert {"HttpOnly", "SameSite=Lax"} <= set(cookie.split("; "))


@pytest.mark.parametrize(
    ("asked", "goes_to"),
    [
        ("/runs/R-1", "/runs/R-1"),
        ("/runs?colour=red&state=closed", "/runs?colour=red&state=closed"),
        ("/demo/slack", "/demo/slack"),
        ("//evil.example/runs", "/runs"),
        ("https://evil.example/runs", "/runs"),
        ("/runs\\@evil.example", "/runs"),
        ("/runs\r\nSet-Cookie: a=b", "/runs"),
        ("/runsx", "/runs"),
        ("", "/runs"),
    ],
)
def test_after_signing_in_one_lands_on_our_own_pages(asked: str, goes_to: str) -> None:
    assert own_page(asked) == goes_to
