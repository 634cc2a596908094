"""`POST /hooks/<source>` as a web server sees it."""

import json

import pytest
from flask import Flask

from service.intake.webhook import blueprint
from tests.unit.intake.hr import message

RAW = json.dumps(message()).encode()


@pytest.fixture
def client(door):
    app = Flask("test")
    app.register_blueprint(blueprint(door.intake))
    return app.test_client()


def test_a_webhook_is_answered_with_202_and_its_id(door, client):
    answer = client.post("/hooks/hr", data=RAW, headers=door.headers(RAW))

    assert (answer.status_code, answer.content_type) == (202, "application/json")
    assert answer.json["id"] == door.rows()[0].id


def test_a_refusal_is_a_problem_detail(client):
    answer = client.post("/hooks/hr", data=RAW, content_type="application/json")

    assert (answer.status_code, answer.content_type) == (401, "application/problem+json")
    assert answer.json["status"] == 401
    assert answer.json.keys() == {"type", "title", "status", "detail"}


def test_no_answer_is_cached_and_no_cookie_is_set(door, client):
    answer = client.post("/hooks/hr", data=RAW, headers=door.headers(RAW))

    assert answer.headers["Cache-Control"] == "no-store"
    assert "Set-Cookie" not in answer.headers


@pytest.mark.parametrize("headers", [{"Content-Type": "application/json"}, {}])
def test_a_body_that_is_too_large_is_refused(door, client, headers):
    raw = b" " * (1024 * 1024 + 1)

    assert client.post("/hooks/hr", data=raw, headers={**door.headers(raw), **headers}).status_code == 413


def test_a_body_that_lies_about_its_length_is_refused(client):
    answer = client.post("/hooks/hr", data=b"{}", environ_overrides={"CONTENT_LENGTH": str(10**12)})

    assert answer.status_code == 413


def test_a_form_is_not_parsed(client):
    answer = client.post("/hooks/hr", data={"payload": "{}"})

    assert answer.status_code == 415


@pytest.mark.parametrize("method", ["get", "put", "delete", "patch"])
def test_nothing_but_post_is_understood(client, method):
    assert getattr(client, method)("/hooks/hr").status_code == 405


@pytest.mark.parametrize("path", ["/hooks/nobody", "/hooks/hr%2F..%2Fpayroll", "/hooks/%00", "/hooks/"])
def test_another_path_leads_nowhere(door, client, path):
    assert client.post(path, data=RAW, headers=door.headers(RAW)).status_code == 404
