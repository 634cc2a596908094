"""Announcing by hand: what must not be, or cannot be, is one sentence, an entry, and nothing else."""

import json
from datetime import timedelta
from typing import Any

import pytest

from service.app import create_service
from service.departures.departure import Departure
from service.departures.kind import LEAVING, DepartureState
from service.people.person import Person
from service.settings import load
from tests.unit.cli.test_commands import PLAYBOOK, Shell, empty, exeunt

__all__ = ["empty", "exeunt"]


def entries(exeunt: Shell) -> list[dict[str, Any]]:
    """What the record holds."""
    exeunt("ledger", "export", "record")
    lines = (exeunt.folder / "record" / "entries.jsonl").read_text().splitlines()
    return [json.loads(line) for line in lines]


def events(exeunt: Shell) -> list[str]:
    """Their names."""
    return [entry["type"] for entry in entries(exeunt)]


def refusals(exeunt: Shell) -> list[tuple[str, str]]:
    """The reason and the door of each refusal in the record."""
    refused = [entry["body"] for entry in entries(exeunt) if entry["type"] == "departure.refused"]
    return [(body["reason"], body["door"]) for body in refused]


@pytest.mark.parametrize(
    ("words", "says", "reason"),
    [
        (("E-2", "--at", "2026-02-30"), "There is no such day in the calendar. Nothing", "time"),
        (
            ("E-2", "--at", "2026-12-05T25:00"),
            "No clock shows such a time: hours go from 00 to 23",
            "time",
        ),
        (
            ("E-2", "--at", "2026-12-05", "--zone", "Mars/Base"),
            "--zone: there is no such time zone. Write it",
            "time",
        ),
        (("E-2", "--at", ""), "A time is written", "time"),
        (("E-2", "--at", " "), "A time is written", "time"),
        (("E-2", "--at="), "A time is written", "time"),
        (("E-2", "--at", "2026-12-05", "--zone", ""), "--zone: this is empty.", "time"),
        (("E-99",), "Nobody here has the employee number", "stranger"),
        (("",), 'Nobody here has the employee number, HR id, e-mail or user name "".', "stranger"),
        (
            ("E-9\x1b[2J",),
            "Nobody here has the employee number, HR id, e-mail or user name E-9\ufffd[2J.",
            "stranger",
        ),
        (
            ("x" * 5000,),
            f"Nobody here has the employee number, HR id, e-mail or user name {'x' * 60}….",
            "stranger",
        ),
        (("E-1",), "Nobody announces their own departure.", "own"),
    ],
)
def test_what_cannot_be_announced_is_one_sentence_and_on_record(
    exeunt: Shell, words: tuple[str, ...], says: str, reason: str
) -> None:
    exeunt.maps("E-1")
    exeunt("people", "grant", "E-1", "hr")

    said = exeunt("run", *words, "--kind", "voluntary", "--yes")

    assert said.code == 2
    assert said.err.startswith(says)
    assert "Nothing was done." in said.err
    assert refusals(exeunt) == [(reason, "cli")]
    assert json.loads(exeunt("departures", "--json").out) == []


def test_nobody_announces_their_own_by_another_record(exeunt: Shell) -> None:
    twin = "source_id,name,employee_no,work_email\nb-1,Hanna E.,B-1,Hanna@Example.com\n"
    (exeunt.folder / "bought.csv").write_text(twin)
    asked = exeunt("people", "import", "bought.csv", "--source", "bought")
    exeunt("people", "import", "bought.csv", "--source", "bought", "--same", "b-1")
    exeunt.maps("E-1")
    exeunt("people", "grant", "E-1", "hr")

    said = exeunt("run", "B-1", "--kind", "voluntary", "--yes")

    assert (said.code, said.err[:36]) == (2, "Nobody announces their own departure")
    assert "line 2: the work_email of b-1 is that of hr-1 Hanna Ek too: --same b-1" in asked.err


def test_one_person_by_two_names_stops_the_file_with_the_line(exeunt: Shell) -> None:
    exeunt.maps("E-1")
    exeunt("people", "grant", "E-1", "hr")
    head = "name,kind,last_day,source_id,employee_no,work_email\n"
    rows = "M,layoff,2027-03-31,hr-2,,\nM,layoff,2027-04-30,other-2,E-2,Mike@example.com\n"
    (exeunt.folder / "leavers.csv").write_text(head + rows + "X,layoff,2027-03-31,hr-99,,\n")

    said = exeunt("departures", "import", "leavers.csv")

    assert said.code == 2
    assert "  3:4: this is the person of line 2 too. Keep one row.\n" in said.err
    assert "  4:4: Nobody here has the id hr-99 of hr" in said.err
    assert json.loads(exeunt("departures", "--json").out) == []


def test_a_time_that_is_none_is_explained_as_a_sentence(empty: Shell) -> None:
    said = empty("when", "--at", "2026-02-30", "--zone", "Europe/Berlin")

    assert said.err == "There is no such day in the calendar.\n"


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (
            ("voluntary", "--at", "2019-12-05"),
            "It is so far from today that it looks like a slip in the year: it is",
        ),
        (
            ("voluntary", "--at", "2190-12-05"),
            "It is so far from today that it looks like a slip in the year: it is",
        ),
        (("voluntary",), "Access ends at once."),
        (("rehire",), "It begins at once."),
        (
            ("lost-device", "--at", "2190-12-05"),
            "It begins at 2190-12-06 00:00 on the clocks of Europe/Stockholm.",
        ),
    ],
)
def test_whoever_is_asked_is_told_what_the_time_comes_to(
    hr: Shell, words: tuple[str, ...], says: str
) -> None:
    for kind in ("rehire", "lost-device"):
        (hr.folder / "playbooks" / f"{kind}.yaml").write_text(PLAYBOOK.replace("leaver", kind))

    said = hr("run", "E-2", "--kind", *words, answer="n\n")

    assert says in said.out
    assert words[0] == "voluntary" or "ccess" not in said.out


def test_the_list_says_of_which_kind_each_is(hr: Shell) -> None:
    hr("departures", "import", "leavers.csv")

    assert ["layoff" in line for line in hr("departures").out.splitlines()].count(True) == 1
    assert {each["kind"] for each in json.loads(hr("departures", "--json").out)} == {"voluntary", "layoff"}


FILE = "source_id,name,kind,last_day\nhr-2,Mike Dalton,voluntary,2027-03-31\nhr-3,Mike Dalton,layoff,2027-03-31\n"


@pytest.fixture
def hr(exeunt: Shell) -> Shell:
    """Somebody of HR at the keyboard, with a file."""
    exeunt.maps("E-1")
    exeunt("people", "grant", "E-1", "hr")
    (exeunt.folder / "leavers.csv").write_text(FILE)
    return exeunt


def test_a_file_imported_again_opens_no_batch_and_says_that_it_was_known(hr: Shell) -> None:
    first = hr("departures", "import", "leavers.csv")
    again = hr("departures", "import", "leavers.csv")

    assert first.out == "2 departures are stored. `exeunt serve` acts on each when its time comes.\n"
    assert again.out == "2 were known already: only what is different was changed.\n"
    assert events(hr).count("batch.opened") == 1


def test_whoever_is_announced_by_hand_leaves_on_their_own_clocks(hr: Shell) -> None:
    said = hr("run", "E-2", "--kind", "voluntary", "--at", "2027-03-05", "--yes")

    assert "2027-03-05 is the last day, to its end on the clocks of Europe/Stockholm." in said.out
    assert "HR named no zone: it is the leaver's own, as the roster says." in said.out


def test_whoever_has_no_zone_in_the_roster_leaves_on_the_clocks_of_the_source(hr: Shell) -> None:
    (hr.folder / "people.csv").write_text("source_id,name,timezone\nhr-2,Mike Dalton,\nhr-3,Mike Dalton,\n")
    hr("people", "import", "people.csv")

    nobodys = hr("run", "E-2", "--kind", "voluntary", "--at", "2027-03-05", "--yes")
    toml = hr.folder / "exeunt.toml"
    toml.write_text(toml.read_text() + '\n[sources.hr]\nformat = "csv_file"\ntimezone = "Asia/Tokyo"\n')
    sources = hr("run", "E-3", "--kind", "voluntary", "--at", "2027-03-05", "--yes")

    assert "Nobody named the leaver's zone, so UTC was taken" in nobodys.out
    assert "to its end on the clocks of Asia/Tokyo." in sources.out


def departures() -> list[tuple[str, str]]:
    service = create_service(load())
    with service.store.read() as session:
        found = [
            (d.civil_at, d.state.value) for d in session.query(Departure).order_by(Departure.announced_at)
        ]
    service.close()
    return found


def lines(hr: Shell, *rows: str) -> str:
    (hr.folder / "leavers.csv").write_text(
        "source_id,name,change,kind,last_day,source_version\n" + "".join(f"{row}\n" for row in rows)
    )
    said = hr("departures", "import", "leavers.csv")
    assert said.code == 0, said.err
    return said.out


MOVED = "hr-2,Mike Dalton,,voluntary,2027-04-01,"


@pytest.mark.parametrize("began", [(), ("hr-2,Mike Dalton,,voluntary,2027-03-05,",)], ids=["first", "moved"])
def test_a_row_imported_again_after_it_was_taken_back_revives_nobody(
    hr: Shell, began: tuple[str, ...]
) -> None:
    told = [lines(hr, row) for row in (*began, MOVED, "hr-2,Mike Dalton,rescinded,,,")]
    assert "taken back" not in "".join(told)
    assert departures() == [("2027-04-01", "withdrawn")]

    said = lines(hr, MOVED)

    assert departures() == [("2027-04-01", "withdrawn")]
    assert "1 of them was taken back since, and stays so" in said


@pytest.mark.parametrize("row", [MOVED.replace("04-01", "04-02"), f"{MOVED}2"], ids=["date", "version"])
def test_a_row_that_was_changed_since_announces_who_leaves_after_all(hr: Shell, row: str) -> None:
    for one in (MOVED, "hr-2,Mike Dalton,rescinded,,,"):
        lines(hr, one)

    said = lines(hr, row)

    assert [state for _, state in departures()] == ["withdrawn", "scheduled"]
    assert "taken back" not in said


FIRED = "hr-2,Mike Dalton,immediate,involuntary,,"


def came_back_after_it_was_over() -> None:
    service = create_service(load())
    with service.store.write() as session:
        departure = session.query(Departure).one()
        departure.state, departure.run_id = DepartureState.CLOSED, "a run"
        session.get_one(Person, departure.person_id).hired_on = departure.effective_at.date() + timedelta(2)
    service.close()


def test_a_row_that_says_at_once_again_after_the_end_is_said_to_do_nothing(hr: Shell) -> None:
    lines(hr, FIRED)
    came_back_after_it_was_over()
    service = create_service(load())
    with service.store.write() as session:
        session.query(Person).filter(Person.hired_on.is_not(None)).one().hired_on = None
    service.close()

    said = lines(hr, FIRED)

    assert (
        "1 of them says at once, as before, and the departure it told is over: nothing is done twice." in said
    )
    assert "needs a row that was changed, such as to a higher source_version." in said


def test_a_row_that_says_at_once_again_after_they_came_back_is_held(hr: Shell) -> None:
    lines(hr, FIRED)
    came_back_after_it_was_over()

    said = [lines(hr, FIRED) for _ in range(2)]

    assert [state for _, state in departures()] == ["closed", "held"]
    held = "It is held until people decide: `exeunt departures held` says why.\n"
    assert said[0] == f"1 departure is stored. {held}"
    assert said[1] == f"1 was known already: only what is different was changed. {held}"
    assert "HR sent these very words before" in hr("departures", "held").out


def test_a_file_that_names_nobody_is_refused_and_opens_no_batch(hr: Shell) -> None:
    (hr.folder / "leavers.csv").write_text(FILE.partition("\n")[0])

    said = hr("departures", "import", "leavers.csv")

    assert said.code == 2
    assert said.err.endswith(
        "nothing was changed:\n  2:1: the file names nobody; below the header comes a row for each\n"
    )
    assert [name for name in events(hr) if name.startswith("batch")] == ["batch.refused"]


def test_each_mistake_of_a_file_stands_on_a_line_of_its_own(hr: Shell) -> None:
    (hr.folder / "leavers.csv").write_text(FILE.replace("2027-03-31", "2027-02-30"))

    said = hr("departures", "import", "leavers.csv")

    assert [line[:15] for line in said.err.splitlines()[1:]] == ["  2:4: last_day", "  3:4: last_day"]


def test_of_many_mistakes_of_a_file_the_first_are_listed_and_the_rest_counted(hr: Shell) -> None:
    rows = "".join(f"hr-{number},Nobody,layoff,2027-03-31\n" for number in range(100, 5100))
    (hr.folder / "leavers.csv").write_text(FILE.partition("\n")[0] + "\n" + rows)

    said = hr("departures", "import", "leavers.csv")

    assert len(said.err.splitlines()) == 22
    assert said.err.endswith("  and 4980 more\n")
    assert json.loads(hr("departures", "--json").out) == []


def test_a_zone_that_is_nearly_one_is_asked_about_as_a_question(empty: Shell) -> None:
    said = empty("when", "--at", "2026-02-03", "--zone", "Europe/Berlim")

    assert said.err == "There is no such time zone. Did you mean Europe/Berlin?\n"


def test_a_playbook_that_is_none_is_said_to_be_none(exeunt: Shell) -> None:
    said = exeunt("playbook", "diff", "nonsense")

    assert said.code == 2
    assert said.err.startswith("No playbook in use is called nonsense. There are contractor-end, ")


def test_what_was_probably_meant_is_asked_and_not_said(empty: Shell) -> None:
    said = empty("when", "--at", "2026-12-05", "--zone", "europe/berlin")

    assert (said.code, said.err) == (2, "There is no such time zone. Did you mean Europe/Berlin?\n")


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ("source_id,name,kind,last_day", "3:1: this is the first line once more. Take it out"),
        (
            "hr-2,M,voluntry,2027-03-31",
            f"3:3: kind: this is one of {', '.join(LEAVING)}; exeunt run announces lost-device and rehire",
        ),
    ],
)
def test_a_slip_of_a_file_is_named_with_what_may_stand_there(hr: Shell, row: str, says: str) -> None:
    (hr.folder / "leavers.csv").write_text(f"source_id,name,kind,last_day\nhr-3,M,layoff,2027-03-31\n{row}\n")

    said = hr("departures", "import", "leavers.csv")

    assert (said.code, said.err.splitlines()[1:]) == (2, [f"  {says}"])
