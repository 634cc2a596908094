"""`exeunt decide`, as an operator types it."""

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from service.app import create_service
from service.departures.batch import Origin, open_batch
from service.departures.departure import Departure
from service.departures.holding import WITHDRAWN_TOO_LATE
from service.engine.alarms import Alarms
from service.engine.states import StepState, WaitsFor
from service.engine.stuck import Watch
from service.engine.tables import Run, StepRun
from service.ledger.entry import LedgerEntry
from service.ledger.event import Event
from service.people.person import Person
from service.settings import load
from tests.unit.cli.test_commands import Shell, empty, exeunt  # noqa: F401  the folder, and the people in it
from tests.unit.engine.test_what_it_waits_for import THROWN

WHY = "The reseller shuts this account itself."


@pytest.fixture
def two_runs(exeunt: Shell) -> Iterator[Shell]:  # noqa: F811  pytest finds a fixture by its name
    """Two people who share a name have left; Hanna of IT is at the keyboard."""
    exeunt.maps("E-1")
    for role in ("hr", "it"):
        exeunt("people", "grant", "E-1", role)
    for person in ("E-2", "E-3"):
        assert exeunt("run", person, "--kind", "voluntary", "--yes").code == 0
    service = create_service(load())
    with service.store.write() as session:
        service.starter.begin_due(session, now=service.now())
    service.close()
    return exeunt


def refusals() -> list[Any]:
    """The bodies of what was refused, as the ledger has them."""
    service = create_service(load())
    with service.store.read() as session:
        query = select(LedgerEntry).where(LedgerEntry.event == Event.INTERVENTION_REFUSED)
        found = [entry.content["body"] for entry in session.scalars(query)]
    service.close()
    return found


def interventions(shell: Shell, run: str) -> list[str]:
    return [made["verb"] for made in json.loads(shell("runs", run, "--json").out)["interventions"]]


def test_several_runs_are_paused_with_one_command_and_share_a_batch(two_runs: Shell) -> None:
    said = two_runs("decide", "pause", "R-1..R-2", "--yes")

    assert said.code == 0
    assert said.out.splitlines() == [
        "R-1      Mike Dalton: pause: keys",
        "R-2      Mike Dalton: pause: keys",
    ]
    assert interventions(two_runs, "R-1") == interventions(two_runs, "R-2") == ["pause"]


def test_of_many_runs_it_is_counted_what_was_left_alone_and_of_one_it_is_said_why(two_runs: Shell) -> None:
    service = create_service(load())
    with service.store.write() as session:
        session.execute(update(StepRun).values(state=StepState.WAITING, waits_for=WaitsFor.PERSON))
    service.close()

    many = two_runs("decide", "pause", "R-1..R-2", "--yes").out
    one = two_runs("decide", "resume", "R-1").out

    assert many.count("left alone: 1 step it does not fit\n") == 2
    assert "left alone: Take the keys back is not paused." in one


def test_one_that_does_not_fit_is_told_and_stops_none_of_the_others(two_runs: Shell) -> None:
    two_runs("decide", "pause", "R-1")

    said = two_runs("decide", "resume", "R-1", "R-2", "--json")

    assert said.code == 1
    first, second = json.loads(said.out)
    assert (first["touched"], first["refused"]) == (["keys"], "")
    assert "Nothing of this run is paused." in second["refused"]


def test_cancelling_asks_and_no_means_no(two_runs: Shell) -> None:
    said = two_runs("decide", "cancel", "R-1", "--because", WHY, answer="n\n")

    assert said.code == 1
    assert "Cancel everything that can be of this run?" in said.out
    assert interventions(two_runs, "R-1") == []


def test_skipping_one_step_keeps_the_reason(two_runs: Shell) -> None:
    said = two_runs("decide", "skip", "R-1", "--step", "keys", "--because", WHY, "--yes")

    step = json.loads(two_runs("runs", "R-1", "--json").out)["steps"][0]
    assert said.code == 0
    assert (step["grade"], step["confirmations"][0]["note"]) == ("waived", WHY)


def test_who_reports_to_the_leaver_cancels_nothing_of_theirs(two_runs: Shell) -> None:
    service = create_service(load())
    with service.store.write() as session:
        numbered = {one.employee_no: one for one in session.scalars(select(Person))}
        numbered["E-1"].manager_id = numbered["E-2"].id
    service.close()

    said = two_runs("decide", "cancel", "R-1..R-2", "--because", WHY, "--yes")

    assert said.code == 1
    assert "R-1      Mike Dalton: Who reports to the leaver neither skips" in said.out
    assert "R-2      Mike Dalton: cancel: keys" in said.out
    assert [body["reason"] for body in refusals()] == ["report"]


@pytest.mark.parametrize("runs", [["R-9"], ["R-1", "R-9"], ["R-2..R-1"], ["nonsense"], ["R-1..R-999999"]])
def test_runs_that_are_not_there_change_nothing(two_runs: Shell, runs: list[str]) -> None:
    said = two_runs("decide", "pause", *runs, "--yes")

    assert said.code == 2
    assert "Nothing was changed." in said.err
    assert interventions(two_runs, "R-1") == []


def test_what_is_tried_again_in_a_paused_run_says_what_it_waits_for(two_runs: Shell) -> None:
    two_runs("decide", "pause", "R-1")
    service = create_service(load())
    with service.store.write() as session:
        session.execute(update(StepRun).values(state=StepState.CANCELLED))
    service.close()

    said = two_runs("decide", "retry", "R-1")

    assert (
        "The run is paused: it is tried when somebody resumes the run. exeunt decide resume R-1" in said.out
    )


def test_what_is_tried_again_while_the_kill_switch_is_thrown_says_how_it_goes_on(two_runs: Shell) -> None:
    two_runs("decide", "cancel", "R-1", "--because", WHY, "--yes")
    two_runs("stop", "--because", WHY)

    said = two_runs("decide", "retry", "R-1")
    told = json.loads(two_runs("decide", "cancel", "R-1", "--because", WHY, "--json").out)
    again = json.loads(two_runs("decide", "retry", "R-1", "--json").out)

    assert f"         {THROWN} exeunt go\n" in said.out
    assert (told[0]["waits"], told[0]["goes_on_by"]) == ("", [])
    assert (again[0]["waits"], again[0]["goes_on_by"]) == (THROWN, ["exeunt go"])


def test_what_two_persons_have_to_let_go_names_no_command_that_does_not(two_runs: Shell) -> None:
    two_runs("decide", "cancel", "R-1", "--because", WHY, "--yes")
    service = create_service(load())
    with service.store.write() as session:
        session.execute(update(Departure).values(held_because=WITHDRAWN_TOO_LATE.said))
    service.close()

    said = two_runs("decide", "retry", "R-1")

    assert "         The run is held: it is tried when two persons let the run go on.\n" in said.out


def test_whoever_is_nobody_here_changes_nothing(two_runs: Shell, tmp_path: Path) -> None:
    toml = tmp_path / "exeunt.toml"
    toml.write_text(toml.read_text().replace('"E-1"', '"E-2"'))

    said = two_runs("decide", "pause", "R-1")

    assert said.code == 2
    assert "has not the role it or admin" in said.err
    assert refusals() == [{"verb": "pause", "reason": "role", "door": "cli"}]


def test_a_user_whom_nobody_here_knows_is_on_record_without_a_name(two_runs: Shell, tmp_path: Path) -> None:
    toml = tmp_path / "exeunt.toml"
    toml.write_text(toml.read_text().partition("[cli]")[0])

    said = two_runs("stop", "--because", "The feed looks forged.")

    assert said.code == 2
    assert refusals() == [{"verb": "stop", "reason": "stranger", "door": "cli"}]


def test_all_runs_of_a_batch_are_stepped_into_with_one_word(two_runs: Shell) -> None:
    service = create_service(load())
    with service.store.write() as session:
        batch = open_batch(session, Origin.FILE, "leavers.csv", now=service.now(), by="source:hr")
        for departure in session.query(Departure):
            departure.batch_id = batch.id
    service.close()

    by_number = two_runs("decide", "pause", "--batch", "B-1", "--yes", "--json")
    by_title = two_runs("decide", "resume", "--batch", "leavers.csv", "--yes", "--json")

    for said in (by_number, by_title):
        assert said.code == 0
        assert [told["run"] for told in json.loads(said.out)] == ["R-1", "R-2"]


@pytest.mark.parametrize("words", [(), ("R-1", "--batch", "B-1"), ("--batch", "B-9")])
def test_runs_or_a_batch_are_named_and_never_both(two_runs: Shell, words: tuple[str, ...]) -> None:
    said = two_runs("decide", "pause", *words)

    assert said.code == 2
    assert "Nothing was changed" in said.err


def test_what_is_paused_of_a_batch_is_listed_by_the_command_that_its_alarm_names(two_runs: Shell) -> None:
    service = create_service(load())
    with service.store.write() as session:
        made = open_batch(session, Origin.FILE, "leavers.csv", now=service.now(), by="source:hr")
        session.execute(update(Departure).values(batch_id=made.id))
    service.close()
    two_runs("decide", "pause", "R-2", "--yes")

    paused = two_runs("runs", "--batch", "B-1", "--paused")
    everybody, elsewhere = two_runs("runs", "--batch", "b-1"), two_runs("runs", "--batch", "B-2")

    assert [line.split()[0] for line in paused.out.splitlines()] == ["R-2"]
    assert [line.split()[0] for line in everybody.out.splitlines()] == ["R-2", "R-1"]
    assert elsewhere.out == "No run fits. Without --batch, --paused and --overdue the newest are listed.\n"
    assert two_runs("runs", "--batch", "x").code == 2


def test_what_nobody_answered_by_its_deadline_stands_on_the_run_and_in_the_list(two_runs: Shell) -> None:
    service = create_service(load())
    with service.store.write() as session:
        first = select(Run.id).where(Run.number == 1)
        late = {"due": service.now() - timedelta(hours=2), "started_at": service.now() - timedelta(hours=3)}
        waits = {"state": StepState.WAITING, "waits_for": WaitsFor.PERSON}
        session.execute(update(StepRun).where(StepRun.run_id.in_(first)).values(**late, **waits))
    alarms = Alarms(store=service.store, watch=Watch(), now=service.now)
    alarms.look()
    alarms.look()
    service.close()

    listed, shown = two_runs("runs", "--overdue"), two_runs("runs", "R-1")

    assert [line.split()[0] for line in listed.out.splitlines()] == ["R-1"]
    assert "R-1: the step keys was to be done by " in shown.out
    assert "say what is true, hand it on, or skip it with a reason." in shown.out
