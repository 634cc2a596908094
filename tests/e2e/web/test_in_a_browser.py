"""The pages as people meet them: in a browser, by keyboard, on a phone, in the dark, without a script."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from service.departures.batch import Origin, open_batch
from service.departures.departure import Departure
from service.departures.times import instant
from service.engine.states import StepState
from service.engine.tables import StepRun
from service.people.person import Person, Role, RoleGrant
from service.web.server import Server
from tests.unit.engine.test_undo import sweep_and_drain
from tests.unit.web.test_lists import scheduled

pytestmark = pytest.mark.browser

AXE = Path(__file__).parents[2] / "data" / "axe" / "axe.min.js"
END = datetime(2026, 3, 6, 18)  # noqa: DTZ001  a civil time
STANDARDS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
LOOKS = {
    "light": {"viewport": {"width": 1200, "height": 900}, "color_scheme": "light"},
    "dark": {"viewport": {"width": 1200, "height": 900}, "color_scheme": "dark"},
    "phone": {"viewport": {"width": 390, "height": 844}, "color_scheme": "light"},
    "dark phone": {"viewport": {"width": 390, "height": 844}, "color_scheme": "dark"},
}
PAGES = [
    "/runs",
    "/runs?kind=involuntary",
    "/runs/R-1",
    "/runs/R-1/intervene",
    "/runs/R-1/undo",
    "/departures",
    "/departures/held",
    "/batches/B-1",
    "/batches/B-1/undo",
    "/stop",
    "/connectors",
    "/nothing",
]


@contextmanager
def visiting(chromium: Browser, server: Server, office: Any, name: str | None, **look: Any) -> Iterator[Page]:
    """A window of somebody with this role; whatever goes wrong in it is kept in `page.troubles`."""
    context = chromium.new_context(**look)
    if name is not None:
        opened = office.app.extensions["exeunt"].sessions.open(office.world.people[name], way="demonstration")
        context.add_cookies([{"name": "exeunt-demo", "value": opened, "url": server.url}])
    page = context.new_page()
    troubles: list[str] = []
    page.on("console", lambda said: troubles.append(said.text) if said.type in {"error", "warning"} else None)
    page.on("pageerror", lambda error: troubles.append(str(error)))
    page.on("request", lambda asked: None if asked.url.startswith(server.url) else troubles.append(asked.url))
    page.troubles = troubles  # type: ignore[attr-defined]  carried along for the claims
    yield page
    context.close()


def fill(office: Any) -> None:
    """A run with everything in it, and a departure that is held."""
    office.busy_run()
    with office.world.store.write() as session:
        row = session.query(StepRun).filter(StepRun.step == "end-vpn").one()
        row.state, row.why, row.fix = StepState.FAILED, "It may not end sessions.", "Grant the right."
        departure = scheduled(office.world.people["hanna"], state="held", held="Two accounts look like hers.")
        session.add(departure)
        both = open_batch(session, Origin.FILE, "leavers.csv", now=office.world.clock(), by="source:hr")
        departure.batch_id = session.get_one(Departure, "d-1").batch_id = both.id
        session.add(
            RoleGrant(
                id=str(uuid.uuid4()),
                person_id=office.world.people["it"],
                role=Role.APPROVER,
                since=office.world.clock(),
            )
        )


def violations(page: Page) -> list[str]:
    page.add_script_tag(path=AXE)
    found = page.evaluate("standards => axe.run(document, {preload: false, runOnly: standards})", STANDARDS)
    return [f"{v['id']}: {[node['target'] for node in v['nodes'][:3]]}" for v in found["violations"]]


@pytest.mark.parametrize("look", LOOKS)
def test_no_page_violates_the_accessibility_rules(
    chromium: Browser, server: Server, office: Any, look: str
) -> None:
    fill(office)
    found: dict[str, list[str]] = {}

    with visiting(chromium, server, office, "it", **LOOKS[look], bypass_csp=True) as page:
        for address in PAGES:
            page.goto(server.url + address)
            page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
            found[address] = violations(page)
    with visiting(chromium, server, office, None, **LOOKS[look], bypass_csp=True) as page:
        page.goto(f"{server.url}/sign-in")
        found["/sign-in"] = violations(page)

    assert {address: broken for address, broken in found.items() if broken} == {}


def test_pages_ask_no_other_host_and_break_no_policy(chromium: Browser, server: Server, office: Any) -> None:
    fill(office)

    with visiting(chromium, server, office, "it", **LOOKS["light"]) as page:
        for address in PAGES[:-1]:
            page.goto(server.url + address)

        assert page.troubles == []  # type: ignore[attr-defined]


def test_an_injected_script_would_be_stopped_by_the_policy(
    chromium: Browser, server: Server, office: Any
) -> None:
    with visiting(chromium, server, office, "it", **LOOKS["light"]) as page:
        page.goto(f"{server.url}/runs")
        page.evaluate(
            "() => { const s = document.createElement('script'); s.textContent = 'window.bad = 1';"
            " document.body.append(s); }"
        )

        assert page.evaluate("window.bad") is None


@pytest.mark.parametrize("look", ["phone", "dark phone"])
def test_no_page_is_wider_than_a_phone(chromium: Browser, server: Server, office: Any, look: str) -> None:
    fill(office)

    with visiting(chromium, server, office, "it", **LOOKS[look]) as page:
        for address in [*PAGES, "/sign-in"]:
            page.goto(server.url + address)
            page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), address


@pytest.mark.parametrize("look", ["light", "phone"])
def test_a_name_of_one_long_word_pushes_nothing_out_of_sight(
    chromium: Browser, server: Server, office: Any, look: str
) -> None:
    fill(office)
    with office.world.store.write() as session:
        session.query(Person).update({"display_name": "W" * 300, "department": "W" * 200})

    with visiting(chromium, server, office, "it", **LOOKS[look]) as page:
        for address in PAGES:
            page.goto(server.url + address)
            page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), address
        page.goto(f"{server.url}/runs")
        column = page.evaluate("document.querySelector('.list td:nth-child(2)').offsetWidth")

    assert column < 320  # pixels; the columns behind it stay within reach


#: Words of marks in lists that a narrow column has broken in two.
BROKEN = """[...document.querySelectorAll('.list .badge')].flatMap(badge => {
  const text = badge.firstChild, words = [...text.data.matchAll(/\\S+/g)];
  return words.filter(word => {
    const range = document.createRange();
    range.setStart(text, word.index); range.setEnd(text, word.index + word[0].length);
    return range.getClientRects().length > 1;
  }).map(word => word[0]);
})"""


def test_on_a_phone_no_word_of_a_mark_in_a_list_is_broken(
    chromium: Browser, server: Server, office: Any
) -> None:
    fill(office)
    with office.world.store.write() as session:
        session.query(Person).update({"display_name": "Maximiliane Oberhauser-Lindqvist"})
        session.query(Departure).update({"wave": 1})

    with visiting(chromium, server, office, "it", **LOOKS["phone"]) as page:
        for address in ("/runs", "/batches/B-1", "/batches/B-1/undo"):
            page.goto(server.url + address)
            assert page.locator(".list .badge").count(), address
            assert page.evaluate(BROKEN) == [], address


@pytest.mark.parametrize("look", ["light", "phone"])
def test_the_facts_of_a_run_stand_beside_their_names(
    chromium: Browser, server: Server, office: Any, look: str
) -> None:
    fill(office)
    with office.world.store.write() as session:
        run = session.query(Departure).filter(Departure.run_id.is_not(None)).one()
        run.interpretation = instant(END, "Europe/Stockholm").as_json()

    with visiting(chromium, server, office, "it", **LOOKS[look]) as page:
        page.goto(f"{server.url}/runs/R-1")
        boxes = (
            page.locator("aside dl")
            .first.locator("dd")
            .evaluate_all(
                "all => all.map(dd => [dd.getBoundingClientRect().left, dd.getBoundingClientRect().width])"
            )
        )

    assert len({left for left, _ in boxes}) == 1
    assert min(width for _, width in boxes) > 120  # pixels, so that words stay whole


def test_without_a_script_it_signs_in_confirms_and_signs_out(
    chromium: Browser, server: Server, office: Any
) -> None:
    office.run()

    with visiting(chromium, server, office, None, java_script_enabled=False) as page:
        page.goto(f"{server.url}/runs/R-1")
        page.get_by_role("button", name="it", exact=True).click()
        assert page.url == f"{server.url}/runs/R-1"
        page.get_by_label("Note").fill("Changed in the vault, and tried.")
        page.get_by_role("button", name="Confirm").click()
        assert page.url == f"{server.url}/runs/R-1#mailbox"
        said = page.get_by_text("Confirmed by It Lind in web").count()
        page.get_by_role("button", name="Sign out").click()
        page.goto(f"{server.url}/runs")

        assert said == 1
        assert page.url == f"{server.url}/sign-in?next=/runs"
        assert [at for at in page.troubles if "/" in at] == []  # type: ignore[attr-defined]


def test_everything_can_be_reached_and_seen_by_keyboard(
    chromium: Browser, server: Server, office: Any
) -> None:
    fill(office)

    with visiting(chromium, server, office, "it", **LOOKS["light"]) as page:
        page.goto(f"{server.url}/runs/R-1")
        reached, unseen = set(), []
        for _ in range(120):
            page.keyboard.press("Tab")
            name, outlined = page.evaluate(
                "() => { const e = document.activeElement, s = getComputedStyle(e);"
                " return [e.tagName, s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) >= 2]; }"
            )
            if name == "BODY":
                break
            reached.add(name)
            if not outlined:
                unseen.append(name)

    assert {"A", "SUMMARY", "SELECT", "INPUT", "BUTTON", "PRE", "DIV"} <= reached
    assert unseen == []


def test_a_live_page_shows_what_happens_and_then_comes_to_rest(
    chromium: Browser, server: Server, office: Any
) -> None:
    office.world.begin()
    orders = office.world.admit()  # one for the login, one for the person: the login is under way

    with visiting(chromium, server, office, "it", **LOOKS["light"]) as page:
        page.goto(f"{server.url}/runs/R-1")
        assert page.locator("#shut .badge").inner_text() == "Under way"
        for order in orders:
            office.world.finish(order)
        page.locator("#mailbox .badge.wait").wait_for()
        page.locator("#mailbox summary").click()
        page.get_by_label("Note").fill("I am writing this while the page moves.")
        office.world.drain()
        page.locator("#sessions .badge.ok").wait_for()
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        page.wait_for_timeout(4500)

        assert page.locator("#shut .badge").inner_text() == "Done, read back"
        assert page.get_by_label("Note").input_value() == "I am writing this while the page moves."
        assert page.troubles == []  # type: ignore[attr-defined]
        assert asked == []


def test_the_picture_prints(chromium: Browser, server: Server, office: Any) -> None:
    fill(office)

    with visiting(chromium, server, office, "auditor", **LOOKS["light"]) as page:
        page.goto(f"{server.url}/runs/R-1")
        page.emulate_media(media="print")

        assert page.locator("svg.chart").is_visible()
        assert not page.get_by_role("button", name="Sign out").is_visible()
        assert len(page.pdf()) > 10_000


def test_the_report_of_a_batch_that_is_taken_back_follows_by_itself(
    chromium: Browser, server: Server, office: Any
) -> None:
    office.run()
    with office.world.store.write() as session:
        made = open_batch(session, Origin.FILE, "leavers.csv", now=office.world.clock(), by="source:hr")
        session.get_one(Departure, "d-1").batch_id = made.id

    with visiting(chromium, server, office, "it", **LOOKS["light"]) as page:
        page.goto(f"{server.url}/batches/B-1/undo")
        assert page.locator("[hx-trigger]").count() == 0  # somebody ticks here
        page.get_by_label("Take back R-1").check()
        page.get_by_label("Why").fill("The import held the list of another company.")
        page.get_by_role("button", name="Open their access again").click()
        assert "0 of 1 put back" in page.locator("#undone").inner_text()

        sweep_and_drain(office.world)

        page.locator("#undone", has_text="1 of 1 put back").wait_for()
        assert page.locator("[hx-trigger]").count() == 0
        assert page.troubles == []  # type: ignore[attr-defined]
