"""What answers without a session: health, metrics, the description; and the headers of every answer."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from service.engine.alarms import Alarms
from service.engine.stuck import Watch
from service.ledger.keys import Keys
from service.settings import ServiceSection, Settings
from service.store import Store
from service.store.migrate import upgrade
from service.web.readiness import Readiness, look

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
FROM_AFAR = {"REMOTE_ADDR": "192.0.2.7"}


def with_base(url: str) -> Settings:
    return Settings(service=ServiceSection(base_url=url))


def test_a_process_that_lives_says_so(office: Any) -> None:
    answered = office.browser().get("/healthz")

    assert (answered.status_code, answered.json) == (200, {"alive": True})


def test_a_service_that_is_ready_says_so(office: Any) -> None:
    answered = office.browser().get("/readyz")

    assert (answered.status_code, answered.json["ready"]) == (200, True)


def test_a_service_that_is_not_ready_says_which_part(office: Any) -> None:
    office.readiness = Readiness(parts={"database": "", "engine": "The engine has not begun."})

    answered = office.browser().get("/readyz")

    assert answered.status_code == 503
    assert answered.json["parts"]["engine"] == "The engine has not begun."


def test_an_engine_that_looked_just_now_on_a_migrated_database_is_ready(tmp_path: Path) -> None:
    store = Store(f"sqlite:///{tmp_path / 'new.db'}")
    upgrade(store)

    found = look(store, last_cycle_at=lambda: NOW - timedelta(seconds=4), now=lambda: NOW)

    store.close()
    assert found.ready


@pytest.mark.parametrize("last", [None, NOW - timedelta(seconds=6)])
def test_an_engine_that_does_not_look_is_not_ready(store: Store, last: datetime | None) -> None:
    found = look(store, last_cycle_at=lambda: last, now=lambda: NOW)

    assert found.parts["engine"]


def test_what_is_stuck_is_counted_and_makes_nothing_unready(tmp_path: Path, keys: Keys) -> None:
    store = Store(f"sqlite:///{tmp_path / 'new.db'}")
    upgrade(store)
    watch = Watch(last_cycle_at=lambda: NOW - timedelta(hours=1))
    alarms = Alarms(store=store, watch=watch, now=lambda: NOW)
    alarms.look()
    alarms.look()

    found = look(store, last_cycle_at=lambda: NOW, now=lambda: NOW)

    store.close()
    assert (found.alarms, found.ready) == (1, True)


def test_readiness_and_metrics_count_what_is_stuck(office: Any) -> None:
    office.readiness = Readiness(parts={}, alarms=2)
    watch = Watch(readers={"Slack": lambda _: office.world.clock() - timedelta(days=1)})
    alarms = Alarms(store=office.world.store, watch=watch, now=office.world.clock)
    alarms.look()
    alarms.look()

    assert office.browser().get("/readyz").json["alarms"] == 2
    assert 'exeunt_alarms{kind="reader"} 1.0' in office.browser().get("/metrics").text


def test_a_database_that_does_not_answer_is_not_ready(tmp_path: Path) -> None:
    (tmp_path / "broken.db").write_bytes(b"this is no database" * 100)
    store = Store(f"sqlite:///{tmp_path / 'broken.db'}")

    found = look(store, last_cycle_at=lambda: NOW, now=lambda: NOW)

    store.close()
    assert found.parts["database"] == "The database does not answer."


def test_metrics_are_named_by_outcome(office: Any) -> None:
    office.run()
    office.app = office.made(webhooks=lambda: {("bamboohr", "accepted"): 3})

    text = office.browser().get("/metrics").text

    assert 'exeunt_runs{colour="amber"} 1.0' in text
    assert 'exeunt_steps_open{state="waiting"} 1.0' in text
    assert "exeunt_seconds_to_last_cut_count 1.0" in text
    assert 'exeunt_webhooks_total{outcome="accepted",source="bamboohr"} 3.0' in text


def test_metrics_name_no_person(office: Any) -> None:
    office.busy_run()

    text = office.browser().get("/metrics").text

    assert "exeunt_runs{" in text
    assert "mike" not in text.lower()


@pytest.mark.parametrize("address", ["/metrics", "/openapi.json"])
def test_from_another_machine_metrics_and_description_need_the_token(
    office: Any, monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    monkeypatch.setenv("METRICS_TOKEN", "a-token-of-ours")
    office.app = office.made(settings=Settings(service=ServiceSection(metrics_token="env:METRICS_TOKEN")))
    client = office.app.test_client()

    def told(**headers: str) -> int:
        return int(client.get(address, environ_base=FROM_AFAR, headers=headers).status_code)

    assert told() == 401
    assert told(Authorization="Bearer another") == 401
    assert told(Authorization="Bearer a-token-of-ours") == 200


@pytest.mark.parametrize("address", ["/metrics", "/openapi.json"])
def test_without_a_token_nobody_asks_from_another_machine(office: Any, address: str) -> None:
    client = office.app.test_client()

    told = client.get(address, environ_base=FROM_AFAR, headers={"Authorization": "Bearer "})

    assert told.status_code == 401


def test_a_proxy_on_this_machine_is_not_taken_for_this_machine(office: Any) -> None:
    told = office.app.test_client().get("/metrics", headers={"X-Forwarded-For": "127.0.0.1"})

    assert told.status_code == 401


def test_the_description_is_openapi_3_1_and_names_every_api_route(office: Any) -> None:
    told = office.browser().get("/openapi.json").json

    assert told["openapi"].startswith("3.1")
    routes = {rule.rule.replace("<int:number>", "{number}") for rule in office.app.url_map.iter_rules()}
    assert set(told["paths"]) == {route for route in routes if route.startswith("/api/")}
    assert "application/problem+json" in told["paths"]["/api/v1/runs"]["get"]["responses"]["401"]["content"]


def test_the_api_answers_as_it_is_described(office: Any) -> None:
    from jsonschema import Draft202012Validator

    office.busy_run()
    client = office.browser("auditor")
    spec = client.get("/openapi.json").json

    for path, address in {"/api/v1/runs": "/api/v1/runs", "/api/v1/runs/{number}": "/api/v1/runs/1"}.items():
        schema = spec["paths"][path]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
        whole = {**schema, "components": spec["components"]}
        assert list(Draft202012Validator(whole).iter_errors(client.get(address).json)) == []


PAGES = ["/runs", "/runs.json", "/runs.csv", "/sign-in", "/healthz", "/nothing", "/api/v1/runs"]
ADDRESSES = [*PAGES, "/static/exeunt.css"]


@pytest.mark.parametrize("address", ADDRESSES)
def test_every_answer_carries_the_headers(office: Any, address: str) -> None:
    with office.browser("auditor").get(address) as answered:
        headers = answered.headers

    assert headers["Content-Security-Policy"] == (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    )
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Cross-Origin-Opener-Policy"] == headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert "Permissions-Policy" in headers
    assert "charset=utf-8" in headers["Content-Type"] or headers["Content-Type"].startswith("application/")
    assert "Access-Control-Allow-Origin" not in headers


@pytest.mark.parametrize("address", ADDRESSES)
def test_nothing_but_static_files_is_kept_by_browsers(office: Any, address: str) -> None:
    with office.browser("auditor").get(address) as answered:
        kept = answered.headers["Cache-Control"]

    assert kept == ("public, max-age=3600" if address.startswith("/static/") else "no-store")


def test_only_a_service_behind_tls_asks_for_tls(office: Any) -> None:
    plain = office.made(settings=with_base("http://127.0.0.1:8000")).test_client().get("/sign-in")
    secure = office.made(settings=with_base("https://exeunt.example.com")).test_client().get("/sign-in")

    assert "Strict-Transport-Security" not in plain.headers
    assert secure.headers["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains"


def test_no_page_holds_a_script_or_a_style_of_its_own(office: Any) -> None:
    office.world.begin()
    office.world.admit()
    client = office.browser("it")

    for address in ("/runs", "/runs/R-1", "/departures", "/connectors", "/sign-in"):
        page = client.get(address).text
        assert "<style" not in page, address
        assert " style=" not in page, address
        assert page.count("<script") == page.count('<script src="/static/'), address
        assert " onclick" not in page, address


def test_a_fault_is_told_without_its_inside(office: Any) -> None:
    from flask import Blueprint

    from service.web.access import open_to

    def broken() -> str:
        raise RuntimeError("the password is hunter2")

    stray = Blueprint("stray", __name__)
    stray.add_url_rule("/stray", "stray", open_to("a test")(broken))

    answered = office.made(blueprints=[stray]).test_client().get("/stray")

    assert answered.status_code == 500
    assert "hunter2" not in answered.text
    assert "Traceback" not in answered.text


def test_a_note_wants_a_person_and_turns_no_work_away(office: Any) -> None:
    office.readiness = Readiness(parts={"database": ""}, notes={"clock": "The machine's clock was set."})

    answered = office.browser().get("/readyz")

    assert (answered.status_code, answered.json["notes"]) == (200, {"clock": "The machine's clock was set."})
