"""`exeunt undo`, as IT types it."""

import json
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, update

from service.app import create_service
from service.cli.undo import _report as report
from service.departures.batch import Origin, open_batch
from service.departures.departure import Departure
from service.engine.alone import OnlyEngine
from service.engine.states import StepState, WaitsFor
from service.engine.tables import Run, StepRun
from service.engine.undo import sweep
from service.playbook.model import Grade
from service.settings import load
from tests.unit.cli.test_commands import Shell, empty, exeunt  # noqa: F401  the folder, and the people in it
from tests.unit.cli.test_decide import two_runs  # noqa: F401  two people have left

WHY = "The import held the list of another company."


def in_one_batch(shell: Shell) -> None:
    """Two of a batch have left, and one of it leaves in ten days."""
    added = "source_id,name,employee_no\nhr-9,Nora Lind,E-9\n"
    (shell.folder / "more.csv").write_text(added)
    assert shell("people", "import", "more.csv").code == 0
    at = (datetime.now(UTC) + timedelta(days=10)).strftime("%Y-%m-%d")
    assert shell("run", "E-9", "--kind", "voluntary", "--at", at, "--yes").code == 0
    service = create_service(load())
    with service.store.write() as session:
        made = open_batch(session, Origin.FILE, "leavers.csv", now=service.now(), by="source:hr")
        session.execute(update(Departure).values(batch_id=made.id))
    service.close()


def state(shell: Shell, run: str) -> str:
    return str(json.loads(shell("runs", run, "--json").out)["state"])


def test_many_runs_are_taken_back_with_one_command(two_runs: Shell) -> None:  # noqa: F811
    said = two_runs("undo", "R-1..R-2", "--because", WHY, "--yes")

    assert said.code == 0
    assert "2 runs would be taken back:" in said.out
    assert said.out.splitlines()[-1] == "2 of 2 taken back."
    assert state(two_runs, "R-1") == state(two_runs, "R-2") == "withdrawn"


def test_of_one_person_the_newest_run_is_taken_back_first(two_runs: Shell) -> None:  # noqa: F811
    service = create_service(load())
    with service.store.write() as session:
        leaver = session.scalars(select(Departure.person_id).limit(1)).one()
        session.execute(update(Departure).values(person_id=leaver))
    service.close()

    said = two_runs("undo", "R-1..R-2", "--because", WHY, "--yes")

    assert "has shut this person out since" not in said.out
    assert said.out.splitlines()[-1] == "2 of 2 taken back."


def test_what_a_source_began_since_a_moment_is_taken_back(two_runs: Shell) -> None:  # noqa: F811
    service = create_service(load())
    since = (service.now() - timedelta(hours=1)).isoformat()
    service.close()

    nobody = two_runs("undo", "--since", since, "--source", "another", "--because", WHY, "--yes")
    said = two_runs("undo", "--since", since, "--because", WHY, "--yes")

    assert (nobody.code, nobody.err) == (2, "No run fits. Nothing was changed.\n")
    assert said.out.splitlines()[-1] == "2 of 2 taken back."


def test_who_of_a_batch_has_not_begun_is_named_and_not_called_taken_back(two_runs: Shell) -> None:  # noqa: F811
    in_one_batch(two_runs)

    said = two_runs("undo", "--batch", "B-1", "--because", WHY, "--yes")

    assert said.code == 3
    assert said.out.splitlines()[-2] == "2 of 2 taken back."
    assert said.out.splitlines()[-1].startswith("1 more of B-1 has not begun, and will at their time")
    assert "they are no part of this" in said.out.splitlines()[-1]


def test_of_a_batch_that_is_stopped_nobody_begins_and_nobody_is_named(two_runs: Shell) -> None:  # noqa: F811
    in_one_batch(two_runs)
    two_runs("departures", "steer", "stop", "B-1", "--because", WHY)

    said = two_runs("undo", "--batch", "B-1", "--because", WHY, "--yes")

    assert (said.code, said.out.splitlines()[-1]) == (0, "2 of 2 taken back.")


def test_a_second_go_is_refused_for_each_and_says_when_the_first_was(two_runs: Shell) -> None:  # noqa: F811
    two_runs("undo", "R-1", "--because", WHY, "--yes")

    said = two_runs("undo", "R-1..R-2", "--because", WHY, "--yes")

    assert said.code == 1
    assert "R-1: R-1 was undone on" in said.out
    assert "An undo is not undone" in said.out
    assert said.out.splitlines()[-1] == "1 of 1 taken back."


def test_taking_back_asks_and_no_means_no(two_runs: Shell) -> None:  # noqa: F811
    said = two_runs("undo", "R-1", "--because", WHY, answer="n\n")

    assert said.code == 2
    assert state(two_runs, "R-1") != "withdrawn"


def test_what_a_person_must_do_says_the_page_that_goes_on_with_it(
    two_runs: Shell,  # noqa: F811
    capsys: pytest.CaptureFixture[str],
) -> None:
    service = create_service(load())
    with service.store.write() as session:
        done = {"state": StepState.DONE, "grade": Grade.ATTESTED, "started_at": service.now()}
        session.execute(update(StepRun).values(done))
    two_runs("undo", "R-1", "--because", WHY, "--yes", "--no-wait")
    with service.store.write() as session:
        asked = update(StepRun).where(StepRun.undoes.is_not(None))
        session.execute(asked.values(state=StepState.WAITING, waits_for=WaitsFor.PERSON))
        run_id, step = session.execute(
            select(StepRun.run_id, StepRun.step).where(StepRun.undoes.is_not(None))
        ).one()

    code = report(service, [run_id])

    service.close()
    first, then, last = capsys.readouterr().out.splitlines()
    assert first.startswith("R-1: Take back: ")
    assert then == f"  To confirm it: /runs/R-1#{step}"
    assert (code, last) == (3, "0 of 1 taken back, 1 not yet.")


@pytest.mark.parametrize(
    "words",
    [
        ("R-9",),
        ("R-1", "R-9"),
        ("nonsense",),
        (),
        ("R-1", "--since", "2026-12-05T17:00Z"),
        ("--since", "yesterday"),
        ("--since", "2026-12-05T17:00"),
        ("--batch", "B-7"),
    ],
)
def test_what_names_no_runs_changes_nothing(two_runs: Shell, words: tuple[str, ...]) -> None:  # noqa: F811
    said = two_runs("undo", *words, "--because", WHY, "--yes")

    assert said.code == 2
    assert "Nothing was changed." in said.err
    assert state(two_runs, "R-1") != "withdrawn"


def test_without_a_reason_nothing_is_taken_back(two_runs: Shell) -> None:  # noqa: F811
    said = two_runs("undo", "R-1", "--yes")

    assert said.code == 1
    assert "Say why" in said.out
    assert state(two_runs, "R-1") != "withdrawn"


def test_whoever_is_nobody_here_takes_nothing_back(two_runs: Shell, tmp_path: Path) -> None:  # noqa: F811
    toml = tmp_path / "exeunt.toml"
    toml.write_text(toml.read_text().replace('"E-1"', '"E-2"'))

    said = two_runs("undo", "R-1", "--because", WHY, "--yes")

    assert said.code == 2
    assert "has not the role" in said.err


def a_step_is_out() -> None:
    """The only step of R-1 is with its target system: its undo waits until it has come back."""
    service = create_service(load())
    with service.store.write() as session:
        of_the_first = select(Run.id).where(Run.number == 1)
        out = update(StepRun).where(StepRun.run_id.in_(of_the_first))
        session.execute(out.values(state=StepState.RUNNING, waits_for=None))
    service.close()


def come_back_later() -> None:
    """An engine that works: after a while the step is back, and the engine looks."""
    service = create_service(load())
    only = OnlyEngine(service.store)
    only.take()
    time.sleep(0.7)
    with service.store.write() as session:
        session.execute(
            update(StepRun).where(StepRun.state == StepState.RUNNING).values(state=StepState.READY)
        )
    with service.store.write() as session:
        sweep(session, now=service.now())
    only.release()
    service.close()


def test_while_the_service_works_the_command_stays_until_all_is_put_back(
    two_runs: Shell,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("service.cli.undo.STILL_S", 0.1)
    monkeypatch.setattr("service.cli.undo.LOOK_S", 0.05)
    a_step_is_out()
    engine = threading.Thread(target=come_back_later)
    engine.start()

    said = two_runs("undo", "R-1", "--because", WHY, "--yes")

    engine.join()
    assert (said.code, said.out.splitlines()[-1]) == (0, "1 of 1 taken back.")


@pytest.mark.parametrize("thrown", [False, True])
def test_where_nothing_carries_steps_out_the_command_ends_and_says_why(
    two_runs: Shell,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
    thrown: bool,
) -> None:
    monkeypatch.setattr("service.cli.undo.STILL_S", 0.0)
    monkeypatch.setattr("service.cli.undo.LOOK_S", 0.01)
    a_step_is_out()
    if thrown:
        two_runs("stop", "--because", WHY)

    said = two_runs("undo", "R-1", "--because", WHY, "--yes")

    assert (said.code, said.out.splitlines()[-1]) == (3, "0 of 1 taken back, 1 not yet.")
    assert ("The kill switch is thrown since" if thrown else "Nothing carries steps out") in said.out
