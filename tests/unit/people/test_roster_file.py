"""The roster as HR exports it: every slip with its line, and all or nothing."""

from pathlib import Path
from typing import Any

import pytest

from service.people.person import Person
from service.people.roster_file import BadRoster, Imported, import_roster
from service.store import Store

HEAD = "source_id,name,employee_no,work_email,username,title,department,country,timezone,manager_source_id,hired_on\n"
SARA = "1,Sara Ek,E-1,sara@example.com,sara,Head,Sales,SE,Europe/Stockholm,,2019-05-01\n"
MIKE = "2,Mike Dalton,E-2,mike@example.com,mike,AE,Sales,SE,Europe/Stockholm,1,2020-01-07\n"


@pytest.fixture
def roster(any_store: Store, tmp_path: Path) -> Any:
    def read(text: str | bytes) -> Imported:
        path = tmp_path / "people.csv"
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        with any_store.write() as session:
            return import_roster(session, path, source="hr")

    read.people = lambda: people(any_store)
    return read


def people(store: Store) -> dict[str, Person]:
    with store.read() as session:
        return {person.source_id: person for person in session.query(Person)}


def test_people_are_added_with_their_manager(roster: Any) -> None:
    done = roster(HEAD + MIKE + SARA)

    found = roster.people()
    assert done == Imported(added=2, changed=0)
    assert found["2"].manager_id == found["1"].id
    assert found["2"].hired_on.isoformat() == "2020-01-07"


def test_the_same_file_again_changes_nobody(roster: Any) -> None:
    roster(HEAD + SARA + MIKE)

    assert roster(HEAD + SARA + MIKE) == Imported(added=0, changed=0)


def test_only_who_changed_is_counted(roster: Any) -> None:
    roster(HEAD + SARA + MIKE)

    done = roster(HEAD + SARA + MIKE.replace("AE", "Senior AE"))

    assert done == Imported(added=0, changed=1)
    assert roster.people()["2"].title == "Senior AE"


def test_a_column_that_is_not_in_the_file_takes_nothing_away(roster: Any) -> None:
    roster(HEAD + SARA + MIKE)

    roster("source_id,name\n2,Mike Dalton-Ek\n")

    mike = roster.people()["2"]
    assert (mike.display_name, mike.employee_no, mike.department) == ("Mike Dalton-Ek", "E-2", "Sales")
    assert mike.manager_id is not None
    assert mike.timezone == "Europe/Stockholm"


def test_an_empty_cell_does_take_away(roster: Any) -> None:
    roster(HEAD + SARA + MIKE)

    roster("source_id,name,username,manager_source_id\n2,Mike Dalton,,\n")

    assert (roster.people()["2"].username, roster.people()["2"].manager_id) == (None, None)


def test_whose_zone_nobody_says_has_none(roster: Any) -> None:
    roster("source_id,name\n7,Ann Lee\n")
    roster(HEAD + SARA + MIKE.replace("Europe/Stockholm", "UTC"))
    roster("source_id,name,timezone\n1,Sara Ek,\n")

    zones = {number: person.timezone for number, person in roster.people().items()}

    assert zones == {"1": "", "2": "UTC", "7": ""}


@pytest.mark.parametrize("zone", ["Factory", "posix/Europe/Berlin", "europe/berlin", "Etc", "../etc/passwd"])
def test_a_zone_that_no_departure_could_be_timed_by_is_refused(roster: Any, zone: str) -> None:
    with pytest.raises(BadRoster, match="timezone is no time zone"):
        roster(f"source_id,name,timezone\n7,Ann Lee,{zone}\n")


def test_who_would_be_their_own_manager_is_told_as_that(roster: Any) -> None:
    with pytest.raises(BadRoster, match="line 2: 7 would be their own manager"):
        roster("source_id,name,manager_source_id\n7,Ann Lee,7\n")


def test_spaces_around_a_cell_are_not_part_of_it(roster: Any) -> None:
    roster("source_id,name,employee_no\n 7 , Ann Lee ,E-7 \n")

    assert roster.people()["7"].employee_no == "E-7"


def test_what_excel_saves_is_read(roster: Any) -> None:
    roster(("\ufeff" + HEAD + SARA).replace("\n", "\r\n"))

    assert set(roster.people()) == {"1"}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("source_id\n1\n", "line 1: the column name is missing"),
        ("", "line 1: the file is empty"),
        (HEAD, "line 2: the file names nobody; below the first line comes a row for each"),
        (SARA, "line 1: the first line names the columns, and none of ours is in it; there are source_id"),
        (HEAD + SARA.replace("2019-05-01", "2019-02-30"), "line 2: hired_on is no day in the calendar"),
        (HEAD + SARA.replace("2019-05-01", "0001-01-01"), "line 2: hired_on is in a year that nobody is"),
        (HEAD + SARA.replace("1,Sara", "a/b,Sara"), "line 2: source_id is made of letters, digits and"),
        (
            HEAD + SARA.replace("sara@example.com", "n/a"),
            "line 2: work_email is not an e-mail address; leave",
        ),
        ("source_id,name,salary\n1,A,9\n", "line 1: there is no column salary"),
        ("source_id,name,name\n1,A,B\n", "line 1: the column name is there twice"),
        (HEAD + "1,,,,,,,,,,\n", "line 2: source_id and name may not be empty"),
        (HEAD + SARA + "2,Too,few\n", "line 3: it has another number of cells"),
        (HEAD + SARA.strip() + ",more\n", "line 2: it has another number of cells"),
        (HEAD + SARA + SARA, "line 3: the source_id 1 is used twice, first in line 2"),
        (HEAD + SARA + MIKE.replace("E-2", "E-1"), "line 3: the employee_no E-1 is used twice"),
        (HEAD + SARA.replace("2019-05-01", "1.5.2019"), "line 2: hired_on is written 2026-12-05"),
        (HEAD + SARA.replace("2019-05-01", "20190501"), "line 2: hired_on is written 2026-12-05"),
        (HEAD + SARA.replace("SE", "Sweden"), "line 2: country is longer than 2"),
        (HEAD + SARA.replace("SE", "se"), "line 2: country is two capital letters"),
        (HEAD + SARA.replace("Stockholm", "Stokholm"), "line 2: timezone is no time zone"),
        (HEAD + SARA.replace("Europe/Stockholm", "../../etc"), "line 2: timezone is no time zone"),
        (HEAD + SARA.replace("Sara Ek", "S" * 301), "line 2: name is longer than 300"),
        (HEAD + SARA.replace("Sara Ek", "Sara\x1b[2J"), "line 2: name holds characters"),
        (HEAD + MIKE, "line 2: there is nobody with the source_id 1"),
        (HEAD + "\n\n" + SARA + "\n" + MIKE.replace(",1,", ",9,"), "line 6: there is nobody"),
    ],
    ids=[f"slip-{n}" for n in range(1, 26)],
)
def test_a_slip_is_told_with_its_line_and_nothing_is_imported(roster: Any, text: str, said: str) -> None:
    with pytest.raises(BadRoster, match="nothing was changed") as refused:
        roster(text)

    assert said in str(refused.value)
    assert roster.people() == {}


def test_every_slip_is_told_at_once(roster: Any) -> None:
    with pytest.raises(BadRoster) as refused:
        roster(HEAD + SARA.replace("SE", "se") + MIKE.replace("2020-01-07", "soon"))

    assert "line 2: country" in str(refused.value)
    assert "line 3: hired_on" in str(refused.value)


def test_a_thousand_slips_are_not_a_thousand_lines(roster: Any) -> None:
    with pytest.raises(BadRoster) as refused:
        roster(HEAD + SARA.replace("1,Sara Ek", ",") * 1000)

    assert len(str(refused.value).splitlines()) < 30
    assert "more" in str(refused.value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            b"PK\x03\x04" + bytes(99),
            "line 1: this is an Excel workbook or a zip file, not CSV. Save the file",
        ),
        ((HEAD + SARA).encode("utf-16-le"), "line 1: this is UTF-16, not UTF-8. Save the file as CSV UTF-8"),
        ((HEAD + SARA).encode("utf-16"), "line 1: this is UTF-16, not UTF-8. Save the file as CSV UTF-8"),
        ((HEAD + SARA + MIKE.replace("ike", "\xe4")).encode("cp1252"), "line 3: this is not UTF-8. Save the"),
        (
            HEAD + SARA + MIKE.replace("ike", "\ufffd"),
            "line 3: there is a \ufffd where the export lost a letter",
        ),
        (
            HEAD + SARA + '3,"open',
            "line 3: this is not CSV from here on. Look for a quotation mark that is never",
        ),
        (
            HEAD + SARA.replace("Sara Ek", '"Sara\nEk"'),
            "line 2: name holds characters that cannot be printed, such",
        ),
        (HEAD.replace("\n", ",\n") + SARA.replace("\n", ",x\n"), "line 2: it has another number of cells"),
        ("source_id,,name\n1,,A\n", "line 1: there is no column without a name"),
    ],
    ids=[
        "Excel",
        "utf-16 without a mark",
        "utf-16",
        "windows-1252",
        "lost letter",
        "open quote",
        "line break",
        "nameless, filled",
        "nameless",
    ],
)
def test_what_a_spreadsheet_made_unreadable_is_refused_with_its_line(
    roster: Any, text: str | bytes, said: str
) -> None:
    with pytest.raises(BadRoster, match="was not imported, nothing was changed") as refused:
        roster(text)

    assert said in str(refused.value)
    assert roster.people() == {}


@pytest.mark.parametrize(
    "text",
    [
        (HEAD + SARA + MIKE).replace(",", ";"),
        (HEAD + SARA + MIKE).replace(",", "\t"),
        "\ufeff" + (HEAD + SARA + MIKE).replace(",", ";").replace("\n", "\r\n"),
        (HEAD + SARA + MIKE).replace("\n", ",,\n") + ",,,,,,,,,,,,\n",
        (HEAD + SARA + MIKE).replace("\n", "\r"),
        HEAD.replace("source_id", "Source_ID") + SARA + MIKE,
    ],
    ids=["semicolons", "tabs", "Excel", "empty columns", "old Mac", "capitals"],
)
def test_what_a_spreadsheet_exports_is_read(roster: Any, text: str) -> None:
    assert roster(text) == Imported(added=2, changed=0)
    assert (roster.people()["2"].display_name, roster.people()["2"].hired_on.year) == ("Mike Dalton", 2020)


def test_a_file_that_is_not_there_is_refused_in_a_sentence(store: Store, tmp_path: Path) -> None:
    with pytest.raises(BadRoster, match="cannot be read"), store.write() as session:
        import_roster(session, tmp_path / "none.csv", source="hr")


@pytest.mark.parametrize(
    "managers",
    [("1",), ("2", "1"), ("2", "3", "1"), ("", "3", "4", "2")],
    ids=["self", "two", "three", "below"],
)
def test_people_who_report_to_each_other_in_a_loop_are_refused(
    store: Store, tmp_path: Path, managers: tuple[str, ...]
) -> None:
    rows = "".join(f"{n},Name {n},{boss}\n" for n, boss in enumerate(managers, start=1))
    path = tmp_path / "people.csv"
    path.write_text(f"source_id,name,manager_source_id\n{rows}")

    with store.write() as session, pytest.raises(BadRoster, match=r"in a loop|their own manager") as refused:
        import_roster(session, path, source="hr")

    assert refused.value.slips == 1
