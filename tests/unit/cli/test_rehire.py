"""`exeunt rehire`, as IT types it."""

import json

from service.app import create_service
from service.departures.departure import Departure
from service.departures.kind import DepartureState
from service.ledger.entry import LedgerEntry
from service.settings import load
from tests.unit.cli.test_commands import Shell, empty, exeunt  # noqa: F401  the folder, and the people in it
from tests.unit.cli.test_decide import two_runs  # noqa: F401  two people have left

WHY = "She comes back on the first of May."


def close_all() -> None:
    service = create_service(load())
    with service.store.write() as session:
        for departure in session.query(Departure):
            departure.state = DepartureState.CLOSED
    service.close()


def test_it_only_shows_and_changes_nothing(two_runs: Shell) -> None:  # noqa: F811
    close_all()

    said = two_runs("rehire", "E-2")

    assert said.code == 0
    assert said.out.startswith("R-1 changed this:")
    assert "Nothing was changed." in said.out
    assert json.loads(two_runs("runs", "R-1", "--json").out)["undo"] is None


def test_that_somebody_looked_is_on_record(two_runs: Shell) -> None:  # noqa: F811
    close_all()

    two_runs("rehire", "E-2")

    service = create_service(load())
    with service.store.read() as session:
        assert session.query(LedgerEntry).filter(LedgerEntry.event == "run.compared").count() == 1
    service.close()


def test_with_a_go_it_is_put_back_and_the_departure_stays_closed(two_runs: Shell) -> None:  # noqa: F811
    close_all()

    said = two_runs("rehire", "E-2", "--restore", "--because", WHY, "--yes")

    run = json.loads(two_runs("runs", "R-1", "--json").out)
    assert said.code == 0
    assert (run["undo"]["because"], run["state"]) == ("rehire", "closed")


def test_who_has_not_left_yet_is_no_rehire(two_runs: Shell) -> None:  # noqa: F811
    said = two_runs("rehire", "E-2", "--restore", "--because", WHY, "--yes")

    assert said.code == 2
    assert "not closed: use exeunt undo R-1. Nothing was changed." in said.err


def test_whose_access_no_run_ever_shut_is_told_so(two_runs: Shell) -> None:  # noqa: F811
    said = two_runs("rehire", "E-1")

    assert said.code == 2
    assert "No run ever shut" in said.err
