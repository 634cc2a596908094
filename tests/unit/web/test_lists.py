"""The lists: runs, departures, connectors."""

import csv
import io
import re
import uuid
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy.event import listen

from service.departures.departure import Departure
from service.departures.kind import DepartureKind, DepartureState
from service.departures.times import civil, instant
from service.engine.states import Colour
from service.engine.tables import Gate, Run
from tests.unit.engine import world as worlds


def many_runs(office: Any, count: int, *, first: int = 1) -> None:
    """Runs that somebody else's departures led to; no step of theirs matters here."""
    with office.world.store.write() as session:
        for n in range(first, first + count):
            leaver = worlds.person(f"Leaver{n:03} Berg", f"E-7{n:03}")
            departure = scheduled(leaver.id, state=DepartureState.CLOSED)
            session.add(leaver)
            session.flush()
            session.add(departure)
            session.flush()
            session.add(
                Run(
                    id=str(uuid.uuid4()),
                    number=n,
                    departure_id=departure.id,
                    playbook="leaver",
                    playbook_version=1,
                    playbook_digest="0" * 64,
                    plan_digest="0" * 64,
                    colour=Colour.GREEN if n % 2 else Colour.RED,
                    started_at=office.world.clock(),
                )
            )


def scheduled(person_id: str, *, state: DepartureState, held: str = "") -> Departure:
    meant = instant(civil("2026-03-29T02:30"), "Europe/Stockholm")
    return Departure(
        id=str(uuid.uuid4()),
        source="hr",
        source_id=str(uuid.uuid4()),
        person_id=person_id,
        kind=DepartureKind.INVOLUNTARY,
        state=state,
        held_because=held,
        civil_at="2026-03-29T02:30",
        zone="Europe/Stockholm",
        effective_at=meant.instant,
        interpretation=meant.as_json(),
        announced_at=meant.instant - timedelta(days=30),
        announced_by="source:hr",
    )


def numbers(client: Any, address: str) -> list[str]:
    return [line["number"] for line in client.get(address).json["runs"]]


def test_an_empty_list_says_what_to_do_next(office: Any) -> None:
    page = office.browser("auditor").get("/runs").text

    assert "No runs yet." in page
    assert "exeunt run PERSON" in page


def test_a_filter_that_fits_nothing_says_so(office: Any) -> None:
    office.run()

    page = office.browser("auditor").get("/runs?kind=involuntary").text

    assert "No run fits this filter." in page


def test_the_list_shows_how_each_run_stands(office: Any) -> None:
    office.run()

    page = office.browser("auditor").get("/runs").text

    assert '<a href="/runs/R-1">R-1</a>' in page
    assert "1 waits" in page
    assert "2/3" in page
    assert "under 0.1 s" in page


def test_pages_follow_each_other_without_gap_or_repeat(office: Any) -> None:
    many_runs(office, 25)
    client = office.browser("auditor")

    seen, before = [], ""
    while before is not None:
        told = client.get(f"/runs.json?limit=10{before and f'&before={before}'}").json
        seen += [line["number"] for line in told["runs"]]
        before = told["older_before"]

    assert seen == [f"R-{n}" for n in range(25, 0, -1)]


def test_the_page_links_to_older_runs_and_keeps_the_filter(office: Any) -> None:
    many_runs(office, 25)

    page = office.browser("auditor").get("/runs?colour=green&limit=5").text

    assert 'href="/runs?colour=green&amp;limit=5&amp;before=17"' in page


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("colour=red", ["R-4", "R-2"]),
        ("colour=green&before=4", ["R-3", "R-1"]),
        ("name=leaver003", ["R-3"]),
        ("name=%25", []),
        ("name=_", []),
        ("kind=voluntary", []),
        ("state=closed&kind=involuntary", ["R-5", "R-4", "R-3", "R-2", "R-1"]),
        ("state=&colour=&kind=&name=", ["R-5", "R-4", "R-3", "R-2", "R-1"]),
    ],
)
def test_the_address_is_the_filter(office: Any, query: str, found: list[str]) -> None:
    many_runs(office, 5)

    assert numbers(office.browser("auditor"), f"/runs.json?{query}") == found


@pytest.mark.parametrize(
    "query", ["colour=blue", "before=x", "before=0", "limit=501", "state=CLOSED", "sort=name", "before=1e9"]
)
def test_what_cannot_be_asked_is_told_and_not_ignored(office: Any, query: str) -> None:
    client = office.browser("auditor")

    page, told, api = (client.get(f"{at}?{query}") for at in ("/runs", "/runs.json", "/api/v1/runs"))

    assert (page.status_code, told.status_code, api.status_code) == (400, 400, 422)
    assert told.json["code"] == "bad-filter"
    assert api.content_type == "application/problem+json"


def test_the_csv_answers_the_auditors_questions(office: Any) -> None:
    office.run()

    rows = list(csv.DictReader(io.StringIO(office.browser("auditor").get("/runs.csv").text)))

    assert rows[0]["run"] == "R-1"
    assert rows[0]["effective_at"] == "2026-03-02T12:00:00Z"
    assert rows[0]["seconds_to_last_cut"] == "0.000"


def test_a_departure_shows_civil_time_zone_instant_and_why(office: Any) -> None:
    held = scheduled(
        office.world.people["hanna"], state=DepartureState.HELD, held="Two accounts look like hers."
    )
    with office.world.store.write() as session:
        session.add(held)

    page = office.browser("hr").get("/departures").text

    assert "2026-03-29 02:30, Europe/Stockholm" in page
    assert '<time datetime="2026-03-29T01:30:00Z">Sun 29 Mar 2026 01:30:00 UTC</time>' in page
    assert "The clocks jump over 2026-03-29 02:30" in page
    assert "Two accounts look like hers." in page


def announced(office: Any, count: int) -> None:
    """So many leave, one after the other, as a feed that went wrong says."""
    with office.world.store.write() as session:
        for n in range(count):
            leaver = worlds.person(f"Leaver{n:04} Berg", f"E-7{n:04}")
            session.add(leaver)
            session.flush()
            told = scheduled(leaver.id, state=DepartureState.HELD, held="Many at once.")
            told.effective_at += timedelta(seconds=n)
            session.add(told)


def test_of_many_departures_to_come_a_page_shows_some_and_says_how_many_there_are(office: Any) -> None:
    announced(office, 120)
    client, seen, path = office.browser("hr"), [], "/departures?name=leaver"

    while path:
        page = client.get(path).text
        seen.append((re.findall(r"<td>(Leaver\d+)", page), re.findall(r"\d+ announced.*stand here", page)))
        path = "".join(re.findall(r'href="(/departures\?[^"]*first=\d+)"', page)).replace("&amp;", "&")

    assert [name for names, _ in seen for name in names] == [f"Leaver{n:04}" for n in range(120)]
    assert [len(names) for names, _ in seen] == [50, 50, 20]
    assert seen[1][1] == ["120 announced (120 held), and not begun; 51 to 100 stand here"]


def test_somebody_among_many_departures_is_found_by_a_part_of_their_name(office: Any) -> None:
    announced(office, 60)
    client = office.browser("hr")

    found, nobody = (client.get(f"/departures?name={name}").text for name in ("VER0042", "100%25"))

    assert re.findall(r"<td>(Leaver\w+)", found) == ["Leaver0042"]
    assert "Nobody who is to leave fits this." in nobody
    assert client.get("/departures?first=0").status_code == client.get("/departures?x=1").status_code == 400


def test_the_list_of_departures_asks_the_database_as_often_for_many_as_for_one(office: Any) -> None:
    asked: list[str] = []
    listen(office.world.store.engine, "before_cursor_execute", lambda *said: asked.append(said[2]))
    client, often = office.browser("hr"), []

    for count in (0, 60):
        announced(office, count)
        asked.clear()
        assert len(client.get("/departures.json").json["departures"]) == count + 1
        often.append(len(asked))

    assert often[0] == often[1]


def test_a_withdrawn_departure_is_not_to_come(office: Any) -> None:
    with office.world.store.write() as session:
        session.add(scheduled(office.world.people["hanna"], state=DepartureState.WITHDRAWN))

    told = office.browser("hr").get("/departures.json").json["departures"]

    assert [line["leaver"] for line in told] == ["Mike Dalton"]


def test_the_connectors_say_what_they_are(office: Any) -> None:
    told = {line["name"]: line for line in office.browser("it").get("/connectors.json").json["connectors"]}

    assert told["chaos"]["configured"]
    assert not told["ldap"]["configured"]
    assert ["disable_account", "Shut the login"] in told["chaos"]["actions"]


def test_a_connector_whose_door_is_shut_says_why(office: Any) -> None:
    why = "Our credentials were refused. Rotate them."
    with office.world.store.write() as session:
        session.add(Gate(connector="chaos", open_from=office.world.clock(), shut_because=why))

    assert why in office.browser("it").get("/connectors").text
