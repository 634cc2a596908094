"""One-time sign-in links."""

from datetime import timedelta
from typing import Any

import pytest

from service.web.links import OneTimeLinks, SignInLink, path_of


@pytest.fixture
def links(office: Any) -> OneTimeLinks:
    return OneTimeLinks(store=office.world.store, real_now=lambda: office.real_now)


def test_a_link_opens_a_session_once(office: Any, links: OneTimeLinks) -> None:
    app, path = office.made(), path_of(links.issue(office.world.people["auditor"]))
    first, second = app.test_client(), app.test_client()

    opened, refused = first.post(path), second.post(path)

    assert (opened.status_code, opened.location) == (303, "/runs")
    assert refused.status_code == 403
    assert "This link was used" in refused.text


def test_looking_at_a_link_uses_nothing_up(office: Any, links: OneTimeLinks) -> None:
    token = links.issue(office.world.people["auditor"])

    seen = office.made().test_client().get(path_of(token))

    assert seen.status_code == 200
    assert "Set-Cookie" not in seen.headers
    assert links.redeem(token) == office.world.people["auditor"]


def test_a_link_is_over_after_ten_minutes(office: Any, links: OneTimeLinks) -> None:
    token = links.issue(office.world.people["auditor"])

    office.real_now += timedelta(minutes=10)

    assert links.redeem(token) is None


def test_a_link_is_good_until_ten_minutes_have_passed(office: Any, links: OneTimeLinks) -> None:
    token = links.issue(office.world.people["auditor"])

    office.real_now += timedelta(minutes=9, seconds=59)

    assert links.redeem(token) == office.world.people["auditor"]


def test_a_link_nobody_made_opens_nothing(office: Any, links: OneTimeLinks) -> None:
    assert links.redeem("x" * 43) is None


def test_the_database_holds_no_link(office: Any, links: OneTimeLinks) -> None:
    token = links.issue(office.world.people["auditor"])

    with office.world.store.read() as session:
        kept = [row.token_sha256 for row in session.query(SignInLink)]

    assert len(kept) == 1
    assert token not in kept


def test_without_a_demonstration_nobody_can_be_played(office: Any) -> None:
    client = office.made().test_client()

    answered = client.post("/sign-in", data={"person": office.world.people["auditor"]})

    assert answered.status_code == 403
    assert "Set-Cookie" not in answered.headers


def test_without_a_demonstration_the_page_says_how_to_get_in(office: Any) -> None:
    page = office.made().test_client().get("/sign-in").text

    assert "exeunt sign-in PERSON" in page
    assert "There are no passwords here" in page
    assert "Auditor" not in page


def test_the_demonstration_offers_its_people(office: Any) -> None:
    page = office.browser().get("/sign-in?next=/runs/R-1").text

    assert f'value="{office.world.people["auditor"]}"' in page
    assert 'name="next" value="/runs/R-1"' in page


def test_only_people_of_the_demonstration_can_be_played(office: Any) -> None:
    answered = office.browser().post("/sign-in", data={"person": office.world.people["hanna"]})

    assert answered.status_code == 403
