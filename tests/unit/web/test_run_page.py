"""One run, as a page, as JSON and as CSV."""

import csv
import io
import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from service.departures.departure import Departure
from service.departures.kind import DepartureState
from service.engine.alarms import Alarms
from service.engine.states import StepState
from service.engine.stuck import Watch
from service.engine.tables import StepRun
from tests.unit.web.office import SENTENCE, finding

ATTESTED = """
playbook: test
version: 1
summary: A test.
steps:
  - {id: mailbox, action: manual.confirm, minimum: attested, instructions: "Change the password."}
"""
STATIC = Path(__file__).parents[3] / "service" / "web" / "static"


def fail(office: Any, step: str, why: str, fix: str) -> None:
    with office.world.store.write() as session:
        row = session.query(StepRun).filter(StepRun.step == step).one()
        row.state, row.why, row.fix = StepState.FAILED, why, fix


def step_of(page: str, step: str) -> str:
    return page.partition(f'<li id="{step}">')[2].partition("</li>")[0]


def test_what_is_stuck_stands_on_the_run_and_above_the_list(office: Any) -> None:
    office.run()
    with office.world.store.write() as session:
        session.query(StepRun).filter(StepRun.waits_for.is_not(None)).one().waits_for = None
    alarms = Alarms(store=office.world.store, watch=Watch(), now=office.world.clock)
    alarms.look()
    alarms.look()

    for page in ("/runs/R-1", "/runs"):
        shown = office.browser("auditor").get(page).text
        assert "waits and nobody is asked. Try it again, or confirm it.</p>" in shown


def test_the_first_sentence_answers_the_auditors_question(office: Any) -> None:
    office.busy_run()

    page = office.browser("auditor").get("/runs/R-1").text

    assert "All 4 logins were shut and read back" in page
    assert "Access ended <strong><time datetime=" in page


def test_a_run_whose_login_is_not_shut_does_not_say_that_access_ended(office: Any) -> None:
    office.world.fake.faults.lie = {"account.active"}
    office.run()

    page = office.browser("auditor").get("/runs/R-1").text

    assert "Access was to end" in page
    assert "not known to be shut" in page


def test_a_state_is_said_in_words_and_not_by_colour_alone(office: Any) -> None:
    office.busy_run()
    fail(office, "end-vpn", "It may not.", "Let it.")

    page = office.browser("auditor").get("/runs/R-1").text

    words = re.findall(r'<span class="badge \w+">([^<]*)</span>', page)
    assert {"1 failed", "2 need a person", "Done, read back", "Confirmed by It Lind", "Comes later"} <= set(
        words
    )
    assert all(word.strip() for word in words)


def test_failed_steps_are_open_and_done_ones_are_folded(office: Any) -> None:
    office.busy_run()
    fail(office, "end-vpn", "The service account may not end sessions.", "Grant it, then try again.")

    page = office.browser("auditor").get("/runs/R-1").text

    assert "<details open>" in step_of(page, "end-vpn")
    assert "Grant it, then try again." in step_of(page, "end-vpn")
    assert "<details>" in step_of(page, "shut-directory")


def test_a_step_shows_what_was_asked_and_answered(office: Any) -> None:
    office.busy_run()

    step = step_of(office.browser("auditor").get("/runs/R-1").text, "shut-directory")

    assert re.search(r"<td>PATCH /accounts/\{id\}<td>204<td>\d+ ms", step)


def test_a_step_shows_what_changed_between_two_readings(office: Any) -> None:
    office.busy_run()

    step = step_of(office.browser("auditor").get("/runs/R-1").text, "shut-directory")

    assert "<del>- memberOf: crm-export, sales, vpn</del>" in step
    assert "<ins>+ memberOf: none</ins>" in step
    assert "  loginShell: /bin/sh" in step


def test_a_reading_that_found_the_same_again_is_shown_once_with_both_times(office: Any) -> None:
    office.busy_run()
    with office.world.store.write() as session:
        row = session.query(StepRun).filter(StepRun.step == "shut-directory").one()
        again = {**row.evidence[0], "at": "2026-03-02T12:01:00+00:00"}
        other = {**again, "proof": "contradicted"}
        row.evidence = [*row.evidence, again, other]

    step = step_of(office.browser("auditor").get("/runs/R-1").text, "shut-directory")

    assert "proven</b>, probe, 12:00:00, 12:01:00</p>" in step
    assert "contradicted</b>, probe, 12:01:00</p>" in step
    assert step.count('<p class="ev">') == 2


def test_a_confirmation_shows_who_when_where_and_the_note(office: Any) -> None:
    office.busy_run()

    step = step_of(office.browser("auditor").get("/runs/R-1").text, "sales-mailbox")

    assert "Confirmed by It Lind in web" in step
    assert "(IT-8812)</q>" in step


def seal_of(page: str) -> str:
    return re.sub(r"<[^>]+>", "", page.partition("<h2>Seal")[2])


def look_again(office: Any, **more: Any) -> None:
    office.findings["d-1"] = finding(
        version=2, sealed_seq=47, sealed_at=datetime(2026, 3, 12, 2, 0, tzinfo=UTC), **more
    )


def test_the_seal_shows_the_ledger_and_the_manifest(office: Any) -> None:
    office.busy_run()

    page = office.browser("auditor").get("/runs/R-1").text

    assert re.search(r"Ledger\d+ entries about this departure", seal_of(page))
    assert "sealed Mon 2 Mar 2026 12:00:00 UTC, entry 3, before the first change\n" in seal_of(page)
    assert "5f1d" * 16 in page


def test_the_seal_of_before_the_first_change_stays_when_the_leaver_is_looked_at_again(office: Any) -> None:
    office.busy_run()
    look_again(office)

    page = office.browser("auditor").get("/runs/R-1").text

    assert (
        "sealed Mon 2 Mar 2026 12:00:00 UTC, entry 3, before the first change; "
        "looked at again Thu 12 Mar 2026 02:00:00 UTC, entry 47\n"
    ) in seal_of(page)


def test_a_seal_that_came_late_is_not_said_to_be_from_before_the_first_change(office: Any) -> None:
    office.busy_run()
    look_again(office, first_sealed_at=datetime(2026, 3, 2, 12, 0, 1, tzinfo=UTC))

    page = office.browser("auditor").get("/runs/R-1").text

    assert "sealed Mon 2 Mar 2026 12:00:01 UTC, entry 3; looked at again" in seal_of(page)


def test_a_run_of_what_people_said_is_not_called_proved(office: Any) -> None:
    office.run(ATTESTED)
    office.say("mailbox", note="Changed in the vault, and tried.")

    page = office.browser("auditor").get("/runs/R-1").text

    assert '<span class="badge ok">Green: every step has the evidence its playbook asks for</span>' in page
    assert "proved" not in page


def hold(office: Any, why: str = "HR withdrew <b>this</b> departure after access was cut.") -> None:
    with office.world.store.write() as session:
        departure = session.get_one(Departure, "d-1")
        departure.state, departure.held_because = DepartureState.HELD, why


def test_a_held_run_says_why_above_everything_else(office: Any) -> None:
    office.busy_run()
    hold(office)

    page = office.browser("auditor").get("/runs/R-1").text

    box = page.partition('<p class="alert held">')[2].partition("</p>")
    assert box[0] == "HR withdrew &lt;b&gt;this&lt;/b&gt; departure after access was cut."
    assert '<p class="headline">' in box[2]
    assert page.count("HR withdrew") == 1


def test_a_held_run_is_not_asked_for_again_and_again(office: Any) -> None:
    office.world.begin()
    assert "hx-get" in office.browser("auditor").get("/runs/R-1").text

    hold(office)

    page = office.browser("auditor").get("/runs/R-1").text
    assert "hx-get" not in page
    assert "3 held" in page


def test_what_a_later_step_ended_is_not_said_to_work_still(office: Any) -> None:
    office.run()
    with office.world.store.write() as session:
        row = session.query(StepRun).filter(StepRun.step == "shut").one()
        row.residual = [{"what": "Sessions already open go on.", "until": None}]

    step = step_of(office.browser("auditor").get("/runs/R-1").text, "shut")

    assert "Sessions already open go on. Ended later by Chaos: End every session.</p>" in step
    assert "May still work" not in step


def test_every_precaution_is_listed(office: Any) -> None:
    office.busy_run()

    page = office.browser("auditor").get("/runs/R-1").text

    names = page.partition("Ten precautions")[2].partition("<h2>Seal")[0]
    assert names.count("<dt>") == 10


def test_exposure_is_told_per_account(office: Any) -> None:
    office.run()

    page = office.browser("auditor").get("/runs/R-1").text

    assert re.search(r"<dt>mike@example.com <small>chaos</small><dd>under 0\.1 s", page)


def test_a_time_carries_its_zone_and_a_machines_form(office: Any) -> None:
    office.run()

    page = office.browser("auditor").get("/runs/R-1").text

    assert '<time datetime="2026-03-02T12:00:00Z">Mon 2 Mar 2026 12:00:00 UTC</time>' in page


def read_again(office: Any) -> None:
    """As in a real run: every step is read a second time, and something may still work."""
    with office.world.store.write() as session:
        for row in session.query(StepRun).filter(StepRun.connector == "chaos"):
            row.evidence = [*row.evidence, *({**seen, "at": "2026-03-02T12:01:00Z"} for seen in row.evidence)]
            row.residual = [
                {"what": "What a browser has already loaded stays readable there.", "until": None}
            ]


@pytest.mark.parametrize("name", ["auditor", "it"])
def test_a_full_page_of_twelve_steps_stays_well_under_twenty_kilobytes(office: Any, name: str) -> None:
    office.busy_run()
    fail(office, "end-vpn", "The service account may not end sessions.", "Grant 'Manage sessions' to it.")
    hold(office, "HR withdrew this departure after access was cut. Steps that have not begun are held.")
    look_again(office)
    read_again(office)

    page = office.browser(name).get("/runs/R-1").data

    assert page.count(b'<li id="') == 12
    assert page.count(b'<form class="decide"') == (3 if name == "it" else 0)
    assert len(page) <= 20 * 1024 - 1536


def test_the_style_sheet_is_at_most_twelve_kilobytes() -> None:
    assert (STATIC / "exeunt.css").stat().st_size <= 12 * 1024


def test_a_name_is_shown_as_text_whatever_it_holds(office: Any) -> None:
    office.run()
    rename(office, "<script>alert(1)</script>\"'&")

    for address in ("/runs", "/runs/R-1"):
        page = office.browser("auditor").get(address).text
        assert "<script>alert" not in page
        assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page


def rename(office: Any, name: str) -> None:
    from service.people.person import Person

    with office.world.store.write() as session:
        session.get_one(Person, office.world.people["mike"]).display_name = name


def test_a_run_that_is_not_there_is_told_so(office: Any) -> None:
    client = office.browser("auditor")

    assert "There is no run R-9." in client.get("/runs/R-9").text
    assert client.get("/runs/R-9.json").json["code"] == "no-such-run"
    assert client.get("/runs/R-99999999999999999999").status_code == 404


def test_the_json_holds_the_same_run(office: Any) -> None:
    office.busy_run()

    run = office.browser("auditor").get("/runs/R-1.json").json

    assert (run["number"], len(run["steps"]), run["colour"]) == ("R-1", 12, "amber")
    assert run["finding"]["sentence"] == SENTENCE
    assert run["effective_at"] == "2026-03-02T12:00:00.000000Z"


def test_the_csv_holds_a_line_for_every_step(office: Any) -> None:
    office.busy_run()

    answered = office.browser("auditor").get("/runs/R-1.csv")

    rows = list(csv.DictReader(io.StringIO(answered.text)))
    assert len(rows) == 12
    assert rows[8]["confirmed_by"] == "It Lind"
    assert answered.headers["Content-Disposition"] == 'attachment; filename="R-1.csv"'


def test_a_live_page_that_has_the_present_state_is_answered_with_nothing(office: Any) -> None:
    office.world.begin()
    office.world.admit()  # two steps are out now
    client = office.browser("auditor")
    page = client.get("/runs/R-1").text
    ask = re.search(r'hx-get="([^"]+)"', page)
    assert ask

    assert client.get(ask[1]).status_code == 204


def test_a_live_page_is_told_when_something_has_changed(office: Any) -> None:
    office.world.begin()
    orders = office.world.admit()
    client = office.browser("auditor")
    ask = re.search(r'hx-get="([^"]+)"', client.get("/runs/R-1").text)
    assert ask

    office.world.finish(orders[0])

    assert client.get(ask[1]).status_code == 200


def test_a_page_at_rest_asks_for_nothing_and_loads_no_script(office: Any) -> None:
    office.busy_run()

    page = office.browser("it").get("/runs/R-1").text

    assert "Mike Dalton" in page
    assert "hx-" not in page
    assert "<script" not in page


def test_an_auditor_takes_the_ledger_pack_home(office: Any, tmp_path: Path) -> None:
    import zipfile

    from service.ledger.checkpoint import sign_checkpoint
    from service.ledger.verify import verify_folder

    office.run()
    with office.world.store.write() as session:
        sign_checkpoint(session, office.world.keys, office.world.clock())

    answered = office.browser("auditor").get("/runs/R-1/ledger-pack.zip")

    assert answered.content_type == "application/zip"
    zipfile.ZipFile(io.BytesIO(answered.data)).extractall(tmp_path)
    verify_folder(tmp_path / "R-1-ledger-pack")
    entries = (tmp_path / "R-1-ledger-pack" / "entries.jsonl").read_bytes().splitlines()
    assert "step.done" in {json.loads(entry)["type"] for entry in entries}


def test_without_a_checkpoint_there_is_no_pack_yet(office: Any) -> None:
    office.run()

    answered = office.browser("auditor").get("/runs/R-1/ledger-pack.zip")

    assert answered.status_code == 409
    assert "exeunt ledger checkpoint" in answered.text


def test_only_auditors_and_administrators_take_packs(office: Any) -> None:
    office.run()

    told = {
        name: office.browser(name).get("/runs/R-1/ledger-pack.zip").status_code
        for name in ("hr", "it", "admin")
    }

    assert told == {"hr": 403, "it": 403, "admin": 409}
