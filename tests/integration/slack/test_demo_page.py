"""`/demo/slack`: the channel as a page, with buttons that press the real ones."""

import re
from html import unescape
from typing import Any

import pytest

from service.demo.slack_page import Actor, slack_page
from service.engine.states import StepState
from service.playbook.model import Grade
from tests.unit.slack.office import IVAN, MIKE

CAST = (Actor(user=IVAN, said="Ivan (it)"), Actor(user=MIKE, said="Mike (the leaver)"))


@pytest.fixture
def browser(office: Any) -> Any:
    from flask import Flask

    flask = Flask("page")
    flask.register_blueprint(slack_page(office.screen, CAST, groups={"SIT": "it-oncall"}))
    office.begin()
    return flask.test_client()


def fields(form: str) -> dict[str, str]:
    return {name: unescape(value) for name, value in re.findall(r'name="(\w+)" value="([^"]*)"', form)}


def button(page: str, words: str) -> dict[str, str]:
    """The hidden fields of the form whose button says so."""
    forms = re.findall(r'<form method="post"[^>]*>(.*?)</form>', page, re.DOTALL)
    return fields(next(form for form in forms if f">{words}</button>" in form))


def test_the_channel_shows_the_checklist_and_its_thread(browser: Any) -> None:
    page = browser.get("/demo/slack").text

    assert "Offboarding: Mike Dalton" in page
    assert '<span class="mention">@it-oncall</span> one item needs somebody' in page
    assert "2 done and read back" in page


def test_a_visitor_confirms_an_item_without_a_script(office: Any, browser: Any) -> None:
    pressed = button(browser.get("/demo/slack").text, "Confirm…")

    opened = browser.post("/demo/slack/click", data=pressed)
    sent = browser.post(
        opened.location, data={"as": IVAN, "outcome": "done", "note": "Changed in the vault."}
    )

    assert (opened.status_code, sent.status_code) == (303, 303)
    assert office.fact("mailbox").grade is Grade.ATTESTED


def test_what_is_wrong_in_the_form_is_said_in_the_form(office: Any, browser: Any) -> None:
    opened = browser.post("/demo/slack/click", data=button(browser.get("/demo/slack").text, "Confirm…"))

    page = browser.post(opened.location, data={"as": IVAN, "outcome": "done", "note": "short"}).text

    assert '<p class="error" role="alert">Not confirmed. A note of at least' in page
    assert ">short</textarea>" in page


def test_the_leaver_reads_why_not(office: Any, browser: Any) -> None:
    pressed = button(browser.get("/demo/slack").text, "Confirm…")

    page = browser.post("/demo/slack/click", data={**pressed, "as": MIKE}, follow_redirects=True).text

    assert "The leaver decides nothing about their own departure" in page
    assert office.fact("mailbox").state is StepState.WAITING


def test_a_refused_form_turns_into_the_reason(office: Any, browser: Any) -> None:
    opened = browser.post("/demo/slack/click", data=button(browser.get("/demo/slack").text, "Confirm…"))
    office.confirm("mailbox")

    page = browser.post(
        opened.location, data={"as": IVAN, "outcome": "done", "note": "Clicking too late."}
    ).text

    assert "Ivan Petrov confirmed this at" in page.replace("\u2060", "")


def test_nothing_on_the_page_comes_from_elsewhere(browser: Any) -> None:
    answer = browser.get("/demo/slack")

    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert "<script" not in answer.text
    assert "style=" not in answer.text
    assert re.findall(r'(?:src|<link[^>]*href)="(?!/)', answer.text) == []


@pytest.mark.parametrize("path", ["style.css", "icon.svg"])
def test_its_style_and_picture_are_there(browser: Any, path: str) -> None:
    assert browser.get(f"/demo/slack/{path}").status_code == 200


def test_a_form_that_is_gone_leads_back(browser: Any) -> None:
    assert browser.get("/demo/slack/form/V0").status_code == 303
