"""Departures from a file."""

import pytest
from sqlalchemy.exc import OperationalError

from service.departures.event import Change
from service.intake.source import Envelope, NotUnderstood
from service.intake.sources import csv_file
from service.settings import SourceSection
from tests.unit.intake.hr import DATA

HEADER = "source_id,name,work_email,kind,last_day,timezone\n"
MIKE = "1042,Mike Doe,mike@example.org,voluntary,2026-03-31,Europe/Berlin\n"
ANN = "1043,Ann Lee,,involuntary,2026-04-30,\n"
SECTION = SourceSection(format="csv_file", timezone="America/Vancouver")


def read(text, clock):
    raw = text if isinstance(text, bytes) else text.encode()
    envelope = Envelope(source="hr", delivery_id="f", body=raw, received_at=clock())
    return tuple(told.event for told in csv_file.read_file(envelope, SECTION))


def test_every_row_is_a_departure(clock):
    mike, ann = read(HEADER + MIKE + ANN, clock)

    assert (mike.change, mike.kind, str(mike.last_day)) == (Change.SCHEDULED, "voluntary", "2026-03-31")
    assert (mike.timezone, ann.timezone) == ("Europe/Berlin", "America/Vancouver")
    assert (ann.person.name, ann.person.work_email) == ("Ann Lee", None)


@pytest.mark.parametrize(
    "text",
    [
        "\ufeff" + HEADER + MIKE,
        (HEADER + MIKE).replace("\n", "\r\n"),
        (HEADER + MIKE).replace(",", ";"),
        HEADER + "\n" + MIKE + "\n\n,,,,,\n",
        HEADER.upper() + MIKE,
        HEADER + MIKE.replace("Mike Doe", '"Mike Doe"'),
        HEADER + MIKE.strip(),
    ],
    ids=["byte order mark", "Windows", "semicolons", "empty lines", "capitals", "quotes", "no last newline"],
)
def test_what_spreadsheets_do_to_a_file_is_put_up_with(clock, text):
    (mike,) = read(text, clock)

    assert mike.person.name == "Mike Doe"


@pytest.mark.parametrize("name", ["=1+1", "=cmd|' /C calc'!A0", "+49", "-1", "@SUM(A1)"])
def test_a_cell_that_looks_like_a_formula_is_text(clock, name):
    (event,) = read(HEADER + MIKE.replace("Mike Doe", name), clock)

    assert event.person.name == name


def test_every_mistake_is_listed_with_its_place(clock):
    text = HEADER + MIKE + "=1,Ann,nobody,retired,2026-02-30,Berlin\n" + ANN + "1,2\n"

    with pytest.raises(NotUnderstood) as refused:
        read(text, clock)

    assert [slip.where for slip in refused.value.slips] == ["3:1", "3:3", "3:4", "3:5", "3:6", "5:1"]


def test_a_place_is_right_after_a_cell_of_several_lines(clock):
    text = HEADER + MIKE.replace("Mike Doe", '"Mike\nDoe"') + ANN.replace("involuntary", "fired")

    with pytest.raises(NotUnderstood) as refused:
        read(text, clock)

    assert [slip.where for slip in refused.value.slips] == ["2:2", "4:4"]


@pytest.mark.parametrize(
    ("text", "where"),
    [
        (b"", "1:1"),
        (b"\n\n", "1:1"),
        ("source_id,name,shoe_size\n", "1:3"),
        ("source_id,name,name\n", "1:3"),
        ("source_id,kind\n", "1:1"),
        ((HEADER + MIKE.replace("Mike", "Zoë")).encode("latin-1"), "2:1"),
        (HEADER.encode("utf-16"), "1:1"),
        (HEADER + '1,"Mike\n', "2:1"),
        (HEADER + '1,"Mike"x,,,,\n', "2:1"),
        (HEADER + "1,Mike\0,,,,\n", "2:2"),
        (b"x" * (5 * 1024 * 1024 + 1), ""),
    ],
)
def test_a_file_that_is_no_table_of_departures_is_refused(clock, text, where):
    with pytest.raises(NotUnderstood) as refused:
        read(text, clock)

    assert where in {slip.where for slip in refused.value.slips}


def test_the_same_row_is_the_same_event_in_every_file(clock):
    (first,) = read(HEADER + MIKE, clock)
    _, again = read(HEADER + ANN + MIKE, clock)
    (changed,) = read(HEADER + MIKE.replace("03-31", "04-30"), clock)

    assert first.source_id == again.source_id != changed.source_id


def test_a_file_is_announced_in_one_go(door):
    departures = door.intake.take_file("hr", SECTION, (HEADER + MIKE + ANN).encode())

    assert len(departures) == len(door.announced.events) == 2
    assert door.accepted.acquire(blocking=False)


def test_one_unknown_person_stops_the_whole_file(door):
    text = HEADER + MIKE.replace("Mike Doe", "A Stranger") + ANN

    with pytest.raises(NotUnderstood, match=r"2:1: Nobody here has this id. Import the roster"):
        door.intake.take_file("hr", SECTION, text.encode())

    assert not door.accepted.acquire(blocking=False)
    assert door.ledger() == ["batch.refused"]


def test_somebody_who_stands_in_a_file_twice_stops_the_whole_file(door):
    text = HEADER + MIKE + ANN + MIKE.replace("03-31", "04-30")

    with pytest.raises(NotUnderstood, match="4:1: this person stands in the file already, in line 2"):
        door.intake.take_file("hr", SECTION, text.encode())

    assert not door.accepted.acquire(blocking=False)
    assert door.ledger() == ["batch.refused"]


def test_a_database_that_fails_in_the_middle_of_a_file_is_told(door):
    door.announced.failure = OperationalError("INSERT", {}, Exception("disk full"))

    with pytest.raises(OperationalError):
        door.intake.take_file("hr", SECTION, (HEADER + MIKE).encode())


@pytest.mark.parametrize("column", csv_file.COLUMNS)
def test_every_column_is_described_in_the_reference(column):
    assert f"| `{column}` |" in (DATA.parents[1] / "docs" / "reference" / "sources.md").read_text()


@pytest.mark.parametrize(
    ("cells", "sealed", "named"),
    [
        ("yes,", True, ()),
        ("TRUE,E-7", True, ("E-7",)),
        (",E-7; E-8", True, ("E-7", "E-8")),
        ("no,", False, ()),
        (",", False, ()),
    ],
)
def test_a_row_says_whether_it_is_sealed_and_for_whom(clock, cells, sealed, named):
    (event,) = read(f"{HEADER.strip()},sealed,sealed_for\n{MIKE.strip()},{cells}\n", clock)

    assert (event.sealed, event.sealed_for) == (sealed, named)


@pytest.mark.parametrize("cells", ["perhaps,", "no,E-7"])
def test_a_seal_that_is_not_clear_is_refused_at_its_place(clock, cells):
    with pytest.raises(NotUnderstood, match="2:7"):
        read(f"{HEADER.strip()},sealed,sealed_for\n{MIKE.strip()},{cells}\n", clock)


def slips(text, clock, zone="UTC"):
    raw = text if isinstance(text, bytes) else text.encode()
    envelope = Envelope(source="hr", delivery_id="f", body=raw, received_at=clock())
    with pytest.raises(NotUnderstood) as refused:
        csv_file.read_file(envelope, SourceSection(format="csv_file", timezone=zone))
    return [str(slip) for slip in refused.value.slips]


def test_a_file_without_the_line_of_columns_is_one_mistake(clock):
    (said,) = slips(MIKE + ANN, clock)

    assert said.startswith(
        "1:1: the first line names the columns, and none of ours is in it. There are source_id"
    )


def test_the_columns_there_are_stand_once_beside_those_there_are_not(clock):
    said = slips("source_id,name,Grund,Ort\n1,A,b,c\n", clock)

    assert [line.count("source_id, employee_no") for line in said] == [0, 1]
    assert [line[:3] for line in said] == ["1:3", "1:4"]


def test_a_zone_beside_the_file_that_is_none_is_one_mistake_and_stands_in_no_row(clock):
    said = slips(HEADER + MIKE + ANN, clock, zone="Mars/Base")

    assert said == ["for rows that name no zone: there is no such time zone. Write it as in Europe/Berlin."]


def test_a_row_of_other_separators_is_told_how_it_differs(clock):
    (said,) = slips(HEADER + MIKE.replace(",", ";"), clock)

    assert (
        said == "2:1: cells: 1, and in the first line 6. Write as many, with the separators of the first line"
    )


@pytest.mark.parametrize(
    ("row", "says"),
    [
        (",Ann,,layoff,2026-04-30,", "source_id: this is missing"),
        ("1,,,layoff,2026-04-30,", "name: this is missing"),
        (f"1,{'x' * 301},,layoff,2026-04-30,", "name: this is longer than 300 characters"),
        (f"1,Ann,,layoff,2026-04-30,{'x' * 65}", "timezone: this is longer than 64 characters"),
        (
            '1,"Ann,,layoff,2026-04-30,',
            "this is not CSV from here on. Look for a quotation mark that is never",
        ),
    ],
)
def test_a_cell_that_is_wrong_is_told_in_our_words(clock, row, says):
    (said,) = slips(HEADER + row + "\n", clock)

    assert says in said
