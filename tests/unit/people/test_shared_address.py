"""An address that a roster gives to somebody new, and that another one holds: a question, and nothing is changed."""

from pathlib import Path
from typing import Any

import pytest

from service.people.person import Person
from service.people.roster_file import BadRoster, Imported, import_roster
from service.people.shared_address import Answers
from service.store import Store

HEAD = "source_id,name,employee_no,work_email\n"
MIKE = "2,Mike Dalton,E-2,mike@example.com\n"
MIKA = "9,Mika Dahl,E-9,Mike@Example.com\n"


@pytest.fixture
def roster(any_store: Store, tmp_path: Path) -> Any:
    def read(rows: str, *, source: str = "hr", head: str = HEAD, gone: bool = False, **said: Any) -> Imported:
        path = tmp_path / "people.csv"
        path.write_text(head + rows)
        answers = Answers(gone=lambda _: gone, **{name: tuple(ids) for name, ids in said.items()})
        with any_store.write() as session:
            return import_roster(session, path, source=source, answers=answers)

    read.addresses = lambda: addresses(any_store)
    return read


def addresses(store: Store) -> dict[str, str | None]:
    with store.read() as session:
        return {person.source_id: person.work_email for person in session.query(Person)}


def refused(roster: Any, rows: str, **how: Any) -> str:
    """What the import says; it must have changed nothing."""
    before = roster.addresses()
    with pytest.raises(BadRoster, match="nothing was changed") as said:
        roster(rows, **how)
    assert roster.addresses() == before
    return str(said.value).partition("\n")[2].strip()


def test_an_address_that_a_present_other_holds_is_asked_about_with_its_line(roster: Any) -> None:
    roster(MIKE)

    said = refused(roster, MIKE + MIKA)

    assert said.startswith(
        "line 3: the work_email of 9 is that of 2 Mike Dalton (line 2) too: --same 9 if that is"
    )
    assert "--given-on" not in said


def test_one_that_a_former_person_held_may_have_been_given_on(roster: Any) -> None:
    roster(MIKE)

    said = refused(roster, MIKA, gone=True)

    assert "is that of 2 Mike Dalton, who has left, too" in said
    assert "--given-on 9 if it was given to somebody new" in said


def test_two_rows_of_one_file_are_asked_about_in_the_second(roster: Any) -> None:
    assert refused(roster, MIKA + MIKE).startswith(
        "line 3: the work_email of 2 is that of 9 Mika Dahl (line 2) too"
    )


def test_who_had_it_before_the_file_is_asked_about_nowhere(roster: Any) -> None:
    roster(MIKE)

    assert refused(roster, MIKA + MIKE).startswith(
        "line 2: the work_email of 9 is that of 2 Mike Dalton (line 3) too"
    )


def test_an_address_that_changes_to_another_ones_is_asked_about_too(roster: Any) -> None:
    roster(MIKE + MIKA.replace("Mike@", "mika@"))

    assert refused(roster, MIKA).startswith("line 2: the work_email of 9 is that of 2 Mike Dalton too")


def test_another_hr_systems_people_are_looked_at_as_well(roster: Any) -> None:
    roster(MIKE)

    assert "is that of 2 Mike Dalton too" in refused(roster, MIKA, source="bought")


def test_that_it_is_one_person_is_said_once_and_then_known(roster: Any) -> None:
    roster(MIKE)

    said = roster(MIKA, same="9")

    assert said == Imported(added=1, changed=0)
    assert roster(MIKE + MIKA) == Imported(added=0, changed=0)


def test_all_rows_may_be_said_to_be_the_same_people(roster: Any) -> None:
    roster(MIKE)

    assert roster(MIKA, source="bought", same=("all",)) == Imported(added=1, changed=0)


def test_one_employee_number_is_one_person_and_nothing_is_asked(roster: Any) -> None:
    roster(MIKE)

    assert roster(MIKA.replace("E-9", "e-2"), source="bought") == Imported(added=1, changed=0)


def test_one_given_on_is_taken_from_who_has_left(roster: Any) -> None:
    roster(MIKE)

    said = roster(MIKA, gone=True, given_on="9")

    assert said == Imported(added=1, changed=1, given_up=1)
    assert roster.addresses() == {"2": None, "9": "Mike@Example.com"}


def test_nobody_who_is_here_gives_up_their_address(roster: Any) -> None:
    roster(MIKE)

    assert refused(roster, MIKA, given_on="9").startswith("line 2: the work_email of 9 is that of 2")


def test_who_gets_another_one_in_the_same_file_holds_it_no_more(roster: Any) -> None:
    roster(MIKE)

    roster(MIKA + MIKE.replace("mike@", "mike.dalton@"))

    assert roster.addresses() == {"2": "mike.dalton@example.com", "9": "Mike@Example.com"}


def test_a_file_without_addresses_asks_nothing(roster: Any) -> None:
    roster(MIKE)

    assert roster("9,Mika Dahl\n", head="source_id,name\n") == Imported(added=1, changed=0)
