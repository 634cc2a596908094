"""A form that is refused comes back with what was typed and ticked in it: only the slip has to be mended."""

import html
import re
from typing import Any

import pytest

from service.departures.departure import Departure
from tests.unit.web.test_held import batch, post

__all__ = ["batch"]

#: Long enough to be a reason, with what a page must not swallow.
WHY = 'HR rang: <b>"all" of them</b> stay.'


def shown(page: str, name: str) -> list[str]:
    """What stands in the fields of this name, as a browser reads them."""
    found = re.findall(rf'<input name="{name}"[^>]* value="([^"]*)"', page)
    return [html.unescape(value) for value in found]


def chosen(page: str, name: str) -> str:
    """What a menu of this name shows; its first line where nothing is chosen."""
    menu = page.partition(f'<select name="{name}">')[2].partition("</select>")[0]
    return (re.findall(r'value="?([\w-]*)"? selected', menu) or [""])[0]


def ticked(page: str) -> list[str]:
    return re.findall(r'type="checkbox" name="departure" value="([\w-]+)" checked', page)


def test_a_list_without_a_reason_keeps_its_ticks(office: Any, batch: list[str]) -> None:
    refused = post(office, "approver", do="ask", batch="1", departure=batch[2:5], wave="2", because="no")

    assert refused.status_code == 422
    assert ticked(refused.text) == batch[2:5]
    assert "<details open><summary>Who, and when" in refused.text
    assert (shown(refused.text, "because"), shown(refused.text, "wave")) == (["no"], ["2"])


def test_a_page_that_nobody_filled_in_is_empty(office: Any, batch: list[str]) -> None:
    page = office.browser("approver").get("/departures/held").text

    assert ticked(page) == []
    assert "<details><summary>Who, and when" in page
    assert shown(page, "because") == [""]


@pytest.mark.parametrize("wave", ["some", "-1", "0", "9" * 99])
def test_waves_of_no_number_are_refused_where_they_were_typed(
    office: Any, batch: list[str], wave: str
) -> None:
    refused = post(office, "approver", do="ask", batch="1", departure=batch[:2], because=WHY, wave=wave)

    assert refused.status_code == 422
    assert "How many at a time is a whole number" in refused.text
    assert (ticked(refused.text), shown(refused.text, "because")) == (batch[:2], [WHY])


def test_a_short_reason_to_stop_everything_stands_there_still(office: Any) -> None:
    refused = post(office, "it", "/stop", because="<i>no")

    assert shown(refused.text, "because") == ["<i>no"]


def test_a_short_reason_to_stop_a_batch_stands_there_still(office: Any, batch: list[str]) -> None:
    refused = post(office, "it", "/batches/B-1", do="stop", because="<i>no")

    assert shown(refused.text, "because") == ["<i>no"]


def test_stepping_in_keeps_the_verb_the_step_and_the_reason(office: Any) -> None:
    office.run()

    refused = post(office, "it", "/runs/R-1", verb="skip", step="mailbox", reason="<i>no")

    assert refused.status_code == 422
    assert (chosen(refused.text, "verb"), chosen(refused.text, "step")) == ("skip", "mailbox")
    assert shown(refused.text, "reason") == ["<i>no"]


def test_taking_back_keeps_the_reason(office: Any) -> None:
    office.run()

    refused = post(office, "it", "/runs/R-1/undo", note="<i>no")

    assert shown(refused.text, "note") == ["<i>no"]


def test_a_step_keeps_what_was_said_of_it_and_no_other_step_shows_it(office: Any) -> None:
    office.busy_run()
    step = office.world.step("return-laptop")

    refused = post(
        office,
        "it",
        "/runs/R-1/steps/return-laptop",
        do="confirm",
        said="does-not-apply",
        revision=step.revision,
        note="<i>no",
    )

    assert refused.status_code == 422
    assert [value for value in shown(refused.text, "note") if value] == ["<i>no"]
    form = refused.text.partition('action="/runs/R-1/steps/return-laptop"')[2]
    assert chosen(form, "said") == "does-not-apply"


def test_many_runs_without_a_reason_are_asked_about_again_all_at_once(office: Any) -> None:
    office.run()

    refused = post(office, "it", "/runs", verb="cancel", run=["R-1"], reason="no")

    assert '<input type="hidden" name="run" value="R-1">' in refused.text
    assert (chosen(refused.text, "verb"), shown(refused.text, "reason")) == ("cancel", ["no"])


def test_all_runs_of_a_batch_without_a_reason_are_asked_about_again(office: Any, batch: list[str]) -> None:
    office.run()
    with office.world.store.write() as session:
        session.get_one(Departure, "d-1").batch_id = "b-1"

    refused = post(office, "it", "/batches/B-1/runs", verb="skip", reason="no")

    assert '<form class="decide" method="post" action="/batches/B-1/runs"' in refused.text
    assert (chosen(refused.text, "verb"), shown(refused.text, "reason")) == ("skip", ["no"])


def test_a_verb_for_no_run_is_refused_on_the_list_and_keeps_its_reason(office: Any) -> None:
    office.run()

    refused = post(office, "it", "/runs", verb="cancel", reason="HR took all of them back.")

    assert refused.status_code == 422
    assert "No run was chosen." in refused.text
    assert 'name="run" value="R-1"' in refused.text
    assert (chosen(refused.text, "verb"), shown(refused.text, "reason")) == (
        "cancel",
        ["HR took all of them back."],
    )


@pytest.mark.parametrize(
    ("form", "page"),
    [
        ("/runs/R-1/steps/mailbox", "/runs/R-1"),
        ("/runs/R-1/accounts/chaos", "/runs/R-1"),
        ("/batches/B-1/runs", "/batches/B-1"),
        ("/playbooks/approve", "/playbooks"),
    ],
)
def test_the_address_that_stands_there_after_a_refusal_leads_to_the_page(
    office: Any, form: str, page: str
) -> None:
    opened = office.browser("it").get(form)

    assert (opened.status_code, opened.location) == (303, page)
