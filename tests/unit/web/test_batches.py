"""The runs of a batch, stepped into and taken back as one from its page."""

import re
from datetime import timedelta
from typing import Any

import pytest

from service.departures.batch import Origin, open_batch
from service.departures.departure import Departure
from service.departures.kind import DepartureState
from tests.unit.engine.test_undo import account, departure, sweep_and_drain
from tests.unit.engine.world import departure as leaves
from tests.unit.web.test_lists import many_runs

WHY = "The import held the list of another company."


@pytest.fixture
def batch(office: Any) -> Any:
    """Mike's run is one of B-1."""
    with office.world.store.write() as session:
        made = open_batch(session, Origin.FILE, "leavers.csv", now=office.world.clock(), by="source:hr")
        session.get_one(Departure, "d-1").batch_id = made.id
    return office


def send(office: Any, path: str, who: str = "it", **form: str) -> Any:
    client = office.browser(who)
    return client.post(path, data={"token": office.token(client), **form}, follow_redirects=True)


def test_before_a_run_has_begun_there_is_nothing_to_step_into(batch: Any) -> None:
    client = batch.browser("it")

    assert "have begun" not in client.get("/batches/B-1").text
    assert client.get("/batches/B-1/undo").status_code == 404


def test_every_run_of_a_batch_is_paused_at_once(batch: Any) -> None:
    batch.run()
    assert "Do it to all of them" in batch.browser("it").get("/batches/B-1").text

    answer = send(batch, "/batches/B-1/runs", verb="pause")

    assert "Pause: 1 of 1 run" in answer.text
    assert batch.world.facts().paused


def test_a_batch_is_taken_back_from_its_page_and_the_report_says_what_is_left(batch: Any) -> None:
    before = account(batch.world)
    batch.run()

    begun = send(batch, "/batches/B-1/undo", everybody="1", note=WHY)
    sweep_and_drain(batch.world)
    report = batch.browser("it").get("/batches/B-1/undo").text

    assert "0 of 1 put back" in begun.text
    assert 'hx-trigger="every 2s"' in begun.text
    assert "1 of 1 put back" in report
    assert "every 2s" not in report
    assert "not brought back" in report
    assert "Open their access again" not in report
    assert account(batch.world) == before
    assert departure(batch.world).state is DepartureState.WITHDRAWN


def test_what_of_a_way_back_waits_for_a_person_leads_to_where_it_is_decided(batch: Any) -> None:
    batch.run()
    batch.world.fake.state["accounts"]["acc-1"]["blocked_by"] = "security"
    send(batch, "/batches/B-1/undo", everybody="1", note=WHY)
    sweep_and_drain(batch.world)

    report = batch.browser("it").get("/batches/B-1/undo").text

    assert '<a href="/runs/R-1#undo.shut">Restore: Chaos: Shut the login</a>: ' in report


def test_without_a_reason_each_run_says_why_it_was_refused(batch: Any) -> None:
    batch.run()

    answer = send(batch, "/batches/B-1/undo", run="R-1", note="oops")

    assert answer.status_code == 409
    assert "Say why" in answer.text
    assert batch.world.facts().undo is None


@pytest.mark.parametrize("who", ["hr", "auditor", "approver", "counsel"])
def test_others_do_neither(batch: Any, who: str) -> None:
    batch.run()

    assert send(batch, "/batches/B-1/undo", who, note=WHY).status_code == 403
    assert batch.world.facts().undo is None


def test_who_of_a_batch_has_not_begun_stands_beside_what_was_done_to_its_runs(batch: Any) -> None:
    batch.run()
    later = batch.world.clock() + timedelta(days=3)
    with batch.world.store.write() as session:
        mikes = session.get_one(Departure, "d-1")
        hannas = leaves(batch.world.people["hanna"], later, id="d-2", source_id="ev-2")
        hannas.batch_id = mikes.batch_id
        session.add(hannas)

    paused = send(batch, "/batches/B-1/runs", verb="pause").text
    checked = send(batch, "/batches/B-1/runs", verb="check").text
    undone = send(batch, "/batches/B-1/undo", everybody="1", note=WHY).text

    others = "1 more of B-1 has not begun, and will at their time"
    assert (others in paused, others in checked, others in undone) == (True, False, True)


def test_that_no_run_is_ticked_never_means_all_of_them(batch: Any) -> None:
    batch.run()

    answer = send(batch, "/batches/B-1/undo", note=WHY)

    assert answer.status_code == 422
    assert "Nobody was ticked. Tick some of the list, or everybody." in answer.text
    assert WHY in answer.text
    assert batch.world.facts().undo is None


def test_one_run_of_a_batch_is_taken_back_and_the_others_stay(batch: Any) -> None:
    batch.run()

    stays = send(batch, "/batches/B-1/undo", run="R-77", note=WHY)
    assert batch.world.facts().undo is None
    assert "Open their access again" in stays.text

    send(batch, "/batches/B-1/undo", run="R-1", note=WHY)
    assert batch.world.facts().undo is not None


def test_of_a_large_batch_the_report_shows_some_runs_and_counts_the_rest(
    batch: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("service.web.undo.MOST_RUNS", 2)
    batch.run()
    with batch.world.store.write() as session:
        together = session.get_one(Departure, "d-1").batch_id
    many_runs(batch, 3, first=2)
    with batch.world.store.write() as session:
        session.query(Departure).update({"batch_id": together})

    before = batch.browser("it").get("/batches/B-1/undo").text
    send(batch, "/batches/B-1/undo", run="R-4", note=WHY)
    send(batch, "/batches/B-1/undo", run="R-3", note="short")
    after = send(batch, "/batches/B-1/undo", run="R-3", note="short").text

    assert re.findall(r"#?R-\d(?=</a>)", before) == ["R-1", "R-2"]
    assert "And 2 more" in before
    assert "all 4 runs" in before
    assert re.findall(r"R-\d(?=</a>)", after)[0] == "R-3"
