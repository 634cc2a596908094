"""`exeunt rehire`, as IT types it."""

import json

import pytest

from service.app import create_service
from service.departures.departure import Departure
from service.departures.kind import DepartureState
from service.ledger.entry import LedgerEntry
from service.people.person import Person
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


@pytest.fixture
def left_twice(two_runs: Shell) -> Shell:  # noqa: F811
    """Mike (E-2) has left by R-1 and, then by R-3."""
    close_all()
    service = create_service(load())
    with service.store.write() as session:
        (first,) = (
            session.query(Departure)
            .join(Person, Person.id == Departure.person_id)
            .filter(Person.employee_no == "E-2")
        )
        later = service.now().replace(second=0, microsecond=0)
        same = {name: getattr(first, name) for name in ("person_id", "kind", "interpretation")}
        made = Departure(
            id="d-2",
            source="hr",
            source_id="again",
            state=DepartureState.SCHEDULED,
            civil_at=later.strftime("%Y-%m-%dT%H:%M"),
            zone="UTC",
            effective_at=later,
            announced_at=later,
            announced_by="source:hr",
            **same,
        )
        session.add(made)
        session.flush()
        assert len(service.starter.begin_due(session, now=service.now())) == 1
    service.close()
    close_all()
    return two_runs


def state_of(shell: Shell, run: str) -> bool:
    """Whether somebody asked to take it back."""
    return json.loads(shell("runs", run, "--json").out)["undo"] is not None


def test_only_the_last_one_is_put_back_where_no_other_is_named(left_twice: Shell) -> None:
    said = left_twice("rehire", "E-2", "--restore", "--because", WHY, "--yes")

    assert said.code == 0, said.err
    assert [state_of(left_twice, run) for run in ("R-1", "R-3")] == [False, True]


def test_what_is_named_is_put_back_too_the_newest_first(left_twice: Shell) -> None:
    said = left_twice("rehire", "E-2", "--restore", "--also", "R-1", "--because", WHY, "--yes")

    assert said.code == 0, said.err
    assert [state_of(left_twice, run) for run in ("R-1", "R-3")] == [True, True]


@pytest.mark.parametrize(
    "named", ["R-2", "R-3", "R-99", "one"], ids=["another's", "the last", "none", "word"]
)
def test_what_is_none_of_theirs_stops_the_command(left_twice: Shell, named: str) -> None:
    said = left_twice("rehire", "E-2", "--restore", "--also", named, "--because", WHY, "--yes")

    assert said.code == 2
    assert said.err == f"{named} is none of theirs that can be put back too (R-1). Nothing was changed.\n"
    assert not any(state_of(left_twice, run) for run in ("R-1", "R-2", "R-3"))
