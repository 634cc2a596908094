"""Sealed departures at the command line: who is not named reads nothing of them there either."""

import json
from datetime import timedelta

import pytest

from service.app import create_service
from service.departures.departure import Departure
from service.departures.questions import find
from service.engine.tables import StepRun
from service.ledger.entry import LedgerEntry
from service.settings import load
from tests.unit.cli.test_commands import Shell, empty, exeunt  # noqa: F401  the folder, and the people in it

ROWS = "change,source_id,name,kind,last_day,timezone\nscheduled,hr-3,Mike Dalton,involuntary,2030-01-31,UTC\n"

AT = ("--at", "2030-01-31", "--kind", "involuntary")


@pytest.fixture
def shell(exeunt: Shell) -> Shell:  # noqa: F811  pytest finds a fixture by its name
    """Hanna of HR is at the keyboard."""
    exeunt.maps("E-1")
    exeunt("people", "grant", "E-1", "hr")
    return exeunt


def somebody_else(shell: Shell) -> None:
    """From now on a user sits at the keyboard whom nobody mapped."""
    path = shell.folder / "exeunt.toml"
    path.write_text(path.read_text().partition("[cli]")[0])


def looks() -> list[str]:
    service = create_service(load())
    with service.store.read() as session:
        found = session.query(LedgerEntry).filter(LedgerEntry.event == "departure.looked_at")
        doors = [json.loads(entry.leaf)["body"]["door"] for entry in found]
    service.close()
    return doors


@pytest.mark.parametrize("how", ["run", "import", "column"])
def test_who_announced_it_sees_it_and_an_unmapped_user_does_not(shell: Shell, how: str) -> None:
    (shell.folder / "leavers.csv").write_text(ROWS)
    header, row = ROWS.splitlines()
    (shell.folder / "sealed.csv").write_text(f"{header},sealed\n{row},yes\n")
    words = {
        "column": ("departures", "import", "sealed.csv"),
        "run": ("run", "E-3", "--at", "2030-01-31", "--kind", "involuntary", "--sealed", "--yes"),
        "import": ("departures", "import", "leavers.csv", "--sealed"),
    }[how]
    said = shell(*words)
    assert said.code == 0, said.err

    assert "Mike Dalton" in shell("departures").out
    assert looks() == ["cli"]
    somebody_else(shell)

    for command in (
        ("departures",),
        ("departures", "--json"),
        ("departures", "held"),
        ("runs",),
        ("runs", "--json"),
    ):
        assert "Mike" not in shell(*command).out
    assert looks() == ["cli"]


@pytest.mark.parametrize("how", ["run", "import"])
def test_somebody_named_by_a_slip_seals_nothing(shell: Shell, how: str) -> None:
    (shell.folder / "leavers.csv").write_text(ROWS)
    words = {
        "run": ("run", "E-3", "--at", "2030-01-31", "--kind", "involuntary", "--for", "E-77", "--yes"),
        "import": ("departures", "import", "leavers.csv", "--for", "E-77"),
    }[how]

    said = shell(*words)

    assert said.code == 2
    assert "e-mail or user name E-77. Nothing was done." in said.err
    assert json.loads(shell("departures", "--json").out) == []


def test_one_departure_is_counted_as_one(shell: Shell) -> None:
    (shell.folder / "leavers.csv").write_text(ROWS)

    assert shell("departures", "import", "leavers.csv").out.startswith("1 departure is stored.")


def test_a_file_is_read_by_the_friday_rule_as_hr_s_webhook_is(shell: Shell) -> None:
    with (shell.folder / "exeunt.toml").open("a") as file:
        file.write('\n[departures]\nfriday = "bring-forward 15:30"\n')
    (shell.folder / "leavers.csv").write_text(ROWS.replace("2030-01-31", "2030-02-01"))  # a Friday

    shell("departures", "import", "leavers.csv")

    (line,) = json.loads(shell("departures", "--json").out)
    assert line["effective_at"] == "2030-02-01T15:30:00+00:00"


@pytest.fixture
def another_of_hr(shell: Shell) -> Shell:
    """Hanna has sealed how Mike (E-3) leaves; now a colleague of HR sits at the keyboard."""
    assert shell("run", "E-3", *AT, "--sealed", "--yes").code == 0
    shell("people", "grant", "E-2", "hr")
    somebody_else(shell)
    shell.maps("E-2")
    return shell


def test_who_is_not_named_and_announces_it_is_answered_as_if_it_were_new(another_of_hr: Shell) -> None:
    said = another_of_hr("run", "E-3", *AT, "--yes")

    assert said.code == 0
    assert "is stored. The running service acts on it when its time comes." in said.out
    assert "known" not in said.out


def test_who_is_not_named_and_announces_it_is_not_told_what_holds_it(shell: Shell) -> None:
    far_ahead = ("run", "E-3", "--kind", "involuntary", "--yes", "--at")
    assert "stored and held" in shell(*far_ahead, "2099-01-31", "--sealed").out
    shell("people", "grant", "E-2", "hr")
    somebody_else(shell)
    shell.maps("E-2")

    said = shell(*far_ahead, "2099-02-28")

    assert "is stored. The running service acts on it when its time comes." in said.out


def test_what_who_is_not_named_says_again_was_known_to_them(another_of_hr: Shell) -> None:
    another_of_hr("run", "E-3", *AT, "--yes")

    assert another_of_hr("run", "E-3", *AT, "--yes").out.endswith("known already. Nothing was changed.\n")


def test_a_file_of_who_is_not_named_counts_it_as_new_once(another_of_hr: Shell) -> None:
    (another_of_hr.folder / "leavers.csv").write_text(ROWS)
    (another_of_hr.folder / "stays.csv").write_text("change,source_id,name\nrescinded,hr-3,Mike Dalton\n")

    said = [
        another_of_hr("departures", "import", f"{name}.csv").out for name in ("leavers", "leavers", "stays")
    ]

    assert said[0].startswith("1 departure is stored.")
    assert said[1] == said[2] == "1 was known already: only what is different was changed.\n"


def test_who_is_not_named_takes_nothing_sealed_back(another_of_hr: Shell) -> None:
    (another_of_hr.folder / "stays.csv").write_text("change,source_id,name\nrescinded,hr-3,Mike Dalton\n")
    (another_of_hr.folder / "none.csv").write_text("change,source_id,name\nrescinded,hr-1,Hanna Ek\n")

    said = another_of_hr("departures", "import", "stays.csv")
    none = another_of_hr("departures", "import", "none.csv")

    assert said.code == 2
    assert said.err.replace("stays", "none") == none.err


def test_what_a_sealed_run_asks_is_listed_for_nobody_who_is_not_named(another_of_hr: Shell) -> None:
    service = create_service(load())
    with service.store.write() as session:
        departure = session.query(Departure).one()
        departure.effective_at, departure.begins_at = service.now(), None
        departure.civil_at = service.now().strftime("%Y-%m-%dT%H:%M:%S")
        service.starter.begin_due(session, now=service.now())
        departure.effective_at, departure.sealed = service.now() + timedelta(days=9), True  # as in the notice
        step = session.query(StepRun).one()
        question = find(session, departure.person_id, "ldap", "Perhaps.", (), at=service.now())
        assert question is not None
        question.step_run_id = step.id
    service.close()

    theirs = another_of_hr("people", "questions").out
    somebody_else(another_of_hr)
    another_of_hr.maps("E-1")

    assert theirs == "Nothing is unclear.\n"
    assert "Mike Dalton  ldap: Perhaps." in another_of_hr("people", "questions").out


def test_a_plan_is_of_the_departure_that_whoever_asks_may_know_of(shell: Shell) -> None:
    (shell.folder / "leavers.csv").write_text(ROWS)
    said = shell("departures", "import", "leavers.csv", "--sealed")
    assert said.code == 0, said.err

    assert "playbook involuntary v1" in shell("plan", "E-3").out
    assert "playbook contractor-end v1" in shell("plan", "E-3", "--kind", "contractor-end").out
    assert looks() == ["cli"]
    somebody_else(shell)

    assert "playbook voluntary v1" in shell("plan", "E-3").out
    assert looks() == ["cli"]
