"""Held departures on the pages: one hold however many, a list and two persons, the board of a batch."""

import uuid
from typing import Any

import pytest

from service.departures.batch import Batch, Origin
from service.departures.departure import Departure
from service.departures.kind import DepartureKind, DepartureState
from service.engine.board import Board, Wave
from service.people.person import Role, RoleGrant
from service.web.held import WIDTH, pieces
from tests.unit.engine.world import person

WHY = "HR has confirmed each by phone."


@pytest.fixture
def batch(office: Any) -> list[str]:
    """Eight departures of one batch, held by the mass guard, and a second approver."""
    world, now = office.world, office.world.clock()
    leavers = [person(f"Leaver{n} Lind", f"L-{n}", department="Sales") for n in range(8)]
    with world.store.write() as session:
        session.add_all(leavers)
        session.add(
            Batch(id="b-1", number=1, origin=Origin.GUARDRAIL, title="Too many", opened_at=now, opened_by="x")
        )
        session.flush()
        for n, leaver in enumerate(leavers):
            session.add(
                Departure(
                    id=f"h-{n}",
                    source="hr",
                    source_id=f"h-{n}",
                    person_id=leaver.id,
                    kind=DepartureKind.VOLUNTARY,
                    state=DepartureState.HELD,
                    held_because="More people were announced.",
                    held_codes=["mass"],
                    civil_at="2026-03-02T12:00",
                    zone="UTC",
                    effective_at=now,
                    interpretation={"zone_source": "event"},
                    announced_at=now,
                    announced_by="source:hr",
                    batch_id="b-1",
                )
            )
        grant = RoleGrant(id=str(uuid.uuid4()), person_id=world.people["hr"], role=Role.APPROVER, since=now)
        session.add(grant)
    return [f"h-{n}" for n in range(8)]


def post(office: Any, who: str, path: str = "/departures/held", **form: Any) -> Any:
    client = office.browser(who)
    return client.post(path, data={"token": office.token(client), **form})


def second_yes(office: Any, who: str) -> Any:
    page = office.browser(who).get("/departures/held").text
    found = {
        name: page.partition(f'name="{name}" value="')[2].partition('"')[0] for name in ("release", "digest")
    }
    return post(office, who, do="approve", **found)


def states(office: Any) -> dict[str, int]:
    with office.world.store.read() as session:
        found = [d.state.value for d in session.query(Departure).filter(Departure.batch_id == "b-1")]
    return {state: found.count(state) for state in found}


def test_a_batch_is_one_hold_with_who_and_what(office: Any, batch: list[str]) -> None:
    page = office.browser("auditor").get("/departures/held").text

    assert page.count('class="alert held"') == 1
    assert "8 departures" in page
    assert "Leaver7 Lind" in page
    assert "What would be done" in page
    assert 'value="approve"' not in page


def test_two_persons_let_a_batch_go_from_the_pages(office: Any, batch: list[str]) -> None:
    assert post(office, "approver", do="ask", batch="1", everybody="8", because=WHY).status_code == 303
    assert second_yes(office, "approver").status_code == 409
    assert states(office) == {"held": 8}

    assert second_yes(office, "hr").status_code == 303

    assert states(office) == {"scheduled": 8}


def test_the_second_person_sees_when_and_what_before_saying_yes(office: Any, batch: list[str]) -> None:
    post(office, "approver", do="ask", batch="1", departure=batch[:2], because=WHY)

    page = office.browser("hr").get("/departures/held").text
    card = page.partition("List L-1")[2].partition("</section>")[0]

    assert card.count("UTC</time>\n") >= 2
    assert "What would be done to Leaver" in card
    assert "<ol><li>" in card
    assert 'value="approve"' in card


def test_a_part_that_was_ticked_is_let_go(office: Any, batch: list[str]) -> None:
    post(office, "approver", do="ask", batch="1", departure=batch[:3], because=WHY)
    second_yes(office, "hr")

    assert states(office) == {"held": 5, "scheduled": 3}


def test_a_mistake_is_cancelled_with_a_reason(office: Any, batch: list[str]) -> None:
    assert post(office, "hr", do="cancel", batch="1", everybody="8", because="no").status_code == 422

    long = post(office, "hr", do="cancel", batch="1", everybody="8", because=501 * "x")
    assert (long.status_code, 501 * "x" in long.text) == (422, True)
    assert "Say why, in 10 to 500 characters. Nothing was changed." in long.text

    post(office, "hr", do="cancel", batch="1", everybody="8", because="The feed was forged.")

    assert states(office) == {"withdrawn": 8}


@pytest.mark.parametrize("verb", ["ask", "cancel"])
def test_that_nobody_is_ticked_never_means_everybody(office: Any, batch: list[str], verb: str) -> None:
    refused = post(office, "hr", do=verb, batch="1", because=WHY)

    assert refused.status_code == 422
    assert "Nobody was ticked. Tick some of the list, or everybody." in refused.text
    assert "<details open><summary>Who, and when" in refused.text
    assert WHY in refused.text
    assert states(office) == {"held": 8}
    assert office.world.bodies("approval.given") == []


def test_some_and_everybody_is_neither(office: Any, batch: list[str]) -> None:
    refused = post(office, "hr", do="cancel", batch="1", departure=batch[:2], everybody="8", because=WHY)

    assert refused.status_code == 422
    assert "Some were ticked, and everybody too" in refused.text
    assert states(office) == {"held": 8}


def test_everybody_is_as_many_as_stood_on_the_page(office: Any, batch: list[str]) -> None:
    assert "Everybody: all 8 departures" in office.browser("hr").get("/departures/held").text

    refused = post(office, "hr", do="cancel", batch="1", everybody="7", because=WHY)

    assert refused.status_code == 409
    assert "Everybody is 8 now, not as many as the page showed." in refused.text
    assert states(office) == {"held": 8}


@pytest.mark.parametrize("who", ["it", "auditor", "admin"])
def test_nobody_else_decides(office: Any, batch: list[str], who: str) -> None:
    assert post(office, who, do="ask", batch="1", because=WHY).status_code == 403
    assert states(office) == {"held": 8}


@pytest.mark.parametrize("form", [{}, {"do": "burn"}])
def test_a_form_that_is_not_ours_changes_nothing(office: Any, batch: list[str], form: dict[str, str]) -> None:
    assert post(office, "approver", batch="1", because=WHY, **form).status_code == 400
    assert states(office) == {"held": 8}


def test_a_board_shows_each_wave_and_opens_the_next(office: Any, batch: list[str]) -> None:
    post(office, "approver", do="ask", batch="1", everybody="8", because=WHY, wave="3")
    second_yes(office, "hr")
    page = office.browser("it").get("/batches/B-1").text
    assert page.count("<svg") == 3
    assert "8 departures: 8 scheduled." in page
    assert "every 2s" in page

    assert post(office, "it", "/batches/B-1", do="next").status_code == 303
    assert post(office, "it", "/batches/B-1", do="stop", because="no").status_code == 422
    assert post(office, "it", "/batches/B-1", do="stop", because=WHY).status_code == 303

    page = office.browser("auditor").get("/batches/B-1").text
    assert "Stopped since" in page
    assert page.count(">open<") == 2
    assert "<form class=" not in page.partition("<main")[2]


def test_the_board_of_what_is_held_leads_to_whoever_decides(office: Any, batch: list[str]) -> None:
    page = office.browser("it").get("/batches/B-1").text

    assert '8 are held: two persons let them go, or somebody cancels, at <a href="/departures/held">' in page
    assert "in no wave" in page
    assert ">open<" not in page


def test_of_two_who_open_the_next_wave_at_once_one_opens_it(office: Any, batch: list[str]) -> None:
    post(office, "approver", do="ask", batch="1", everybody="8", because=WHY, wave="2")
    second_yes(office, "hr")
    seen = office.browser("it").get("/batches/B-1").text.partition('name="open" value="')[2].partition('"')[0]

    assert post(office, "it", "/batches/B-1", do="next", open=seen).status_code == 303
    late = post(office, "admin", "/batches/B-1", do="next", open=seen)

    assert late.status_code == 409
    assert "Wave 2 is open already" in late.text
    assert late.text.count(">open<") == 2


def test_who_names_the_same_list_twice_has_named_it_once(office: Any, batch: list[str]) -> None:
    for wave in ("2", "4"):
        post(office, "approver", do="ask", batch="1", departure=batch[:4], because=WHY, wave=wave)

    page = office.browser("hr").get("/departures/held").text

    assert page.count('value="approve"') == 1
    assert "<dt>In waves of<dd>4" in page
    assert office.world.bodies("approval.given")[-1]["replaces"] != []


def test_a_list_of_which_somebody_is_held_no_more_is_not_offered(office: Any, batch: list[str]) -> None:
    post(office, "approver", do="ask", batch="1", departure=batch[:4], because=WHY)
    post(office, "hr", do="cancel", batch="1", departure=batch[:1], because="The feed was forged.")

    assert 'value="approve"' not in office.browser("hr").get("/departures/held").text


def test_there_is_no_board_of_a_batch_that_is_none(office: Any) -> None:
    assert office.browser("it").get("/batches/B-7").status_code == 404


def test_a_bar_is_as_long_as_its_wave() -> None:
    wave = Wave(number=1, counts={DepartureState.HELD: 1, DepartureState.CLOSED: 3}, open=True)

    first, second = pieces(wave, 8)

    assert (first.x, first.width, second.x, second.width) == (0, WIDTH / 8, WIDTH / 8, WIDTH * 3 / 8)
    assert Board.__doc__
