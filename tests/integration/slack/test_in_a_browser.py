"""The forms behind the message, walked through in a real browser: reached, filled in, sent, and what stands then."""

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page

from service.demo.slack_page import Actor, slack_page
from service.departures.event import Change
from tests.integration.slack.test_intervening import put_together
from tests.unit.engine.test_undo import account, sweep_and_drain
from tests.unit.slack.office import IVAN
from tests.unit.web.office import running

pytestmark = pytest.mark.browser

CAST = (Actor(user=IVAN, said="Ivan (it)"),)
WHY = "The import held the list of another company."


@pytest.fixture(params=[1280, 390])
def page(request: pytest.FixtureRequest, chromium: Browser, office: Any) -> Iterator[Page]:
    """The channel in a window, on a desk and on a phone."""
    app = Flask("page")
    app.register_blueprint(slack_page(office.screen, CAST, groups={"SIT": "it-oncall"}))
    with running(app) as server:
        context = chromium.new_context(
            viewport={"width": request.param, "height": 900}, base_url=server.url, java_script_enabled=False
        )
        context.set_default_timeout(30_000)
        yield context.new_page()
        context.close()


def fits(page: Page) -> None:
    """Nothing stands outside of the window, and no emoji stands as its name."""
    main = page.locator("body").bounding_box()
    assert main is not None
    assert main["width"] <= page.viewport_size["width"]  # type: ignore[index]
    assert ":no_entry_sign:" not in page.content()


def test_every_run_of_a_batch_is_cancelled_with_one_form(office: Any, page: Page) -> None:
    office.begin()
    put_together(office)
    page.goto("/demo/slack")
    page.get_by_label("More").first.click()
    page.get_by_role("button", name="One step, skip, cancel").click()

    page.get_by_label("With what?").select_option(label="All runs of batch B-1 that have begun: 1")
    page.get_by_role("button", name="Do it").click()
    assert "/form/" in page.url  # it says first what is to be done
    page.get_by_label("Cancel it: begin nothing more at all").check()
    page.get_by_role("button", name="Do it").click()
    assert "at least 10 characters" in page.get_by_role("alert").inner_text()
    assert page.get_by_label("With what?").input_value() == "**"
    assert page.get_by_label("Cancel it: begin nothing more at all").is_checked()
    page.get_by_label("Why?").fill(WHY)
    fits(page)
    page.get_by_role("button", name="Do it").click()

    assert "cancel: 1 of 1 runs of B-1." in page.locator("main").inner_text()
    fits(page)
    page.get_by_role("link", name="Close").click()
    office.publish()
    page.reload()
    assert WHY in page.locator("article").first.inner_text()
    fits(page)

    page.get_by_label("More").first.click()
    page.get_by_role("button", name="Try again what was cancelled").click()
    office.world.drain()
    office.publish()
    page.reload()
    assert "Cancelled by" not in page.locator("article").first.inner_text()
    assert page.get_by_role("button", name="Confirm").count() == 1


def test_a_run_is_taken_back_with_the_button_beside_what_hr_said(office: Any, page: Page) -> None:
    before = account(office.world)
    office.begin()
    office.world.says(Change.CHANGED, last_day=date(2026, 4, 1), timezone="Europe/Stockholm")
    office.publish()
    page.goto("/demo/slack")

    page.get_by_role("button", name="Take run R-1 back").click()
    assert "HR says now: access ends 2026-04-01" in page.locator("main").inner_text()
    page.get_by_label("Why?").fill(WHY)
    fits(page)
    page.get_by_role("button", name="Open access again").click()
    sweep_and_drain(office.world)
    office.publish()
    page.reload()

    shown = page.locator("article").first.inner_text()
    assert "Taken back" in shown
    assert WHY in shown
    assert page.get_by_role("button", name="Take run R-1 back").count() == 0
    assert account(office.world) == before
    fits(page)
