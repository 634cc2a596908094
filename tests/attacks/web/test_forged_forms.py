"""Forms that somebody else sent, and clicks by the wrong person: one clear refusal, and nothing changes."""

from typing import Any

import pytest

from service.engine.states import StepState

NOTE = "Changed in the vault, and tried."
OTHER_SITES = [
    {"Origin": "https://evil.example"},
    {"Origin": "null"},
    {"Origin": "http://localhost.evil.example"},
    {"Origin": "https://localhost"},
    {"Origin": "http://localhost:81"},
    {"Origin": ""},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {"Sec-Fetch-Site": "none", "Origin": "null"},
    {"Sec-Fetch-Site": "cross-site", "Origin": "null"},
    {"Sec-Fetch-Site": "cross-site", "Origin": "http://localhost"},
    {"Sec-Fetch-Site": "same-origin", "Origin": "https://evil.example"},
]


def honest(office: Any, client: Any) -> dict[str, str]:
    revision = str(office.world.step("mailbox").revision)
    return {
        "token": office.token(client),
        "revision": revision,
        "do": "confirm",
        "said": "done",
        "note": NOTE,
    }


def untouched(office: Any) -> bool:
    return office.world.step("mailbox").state is StepState.WAITING and not office.world.bodies(
        "step.confirmed"
    )


@pytest.mark.parametrize("headers", OTHER_SITES, ids=str)
def test_a_form_of_another_site_changes_nothing(office: Any, headers: dict[str, str]) -> None:
    office.run()
    client = office.browser("it")

    sent = client.post("/runs/R-1/steps/mailbox", data=honest(office, client), headers=headers)

    assert sent.status_code == 403
    assert untouched(office)


@pytest.mark.parametrize("headers", OTHER_SITES, ids=str)
def test_another_site_signs_nobody_in_and_nobody_out(office: Any, headers: dict[str, str]) -> None:
    client = office.browser("it")
    out = client.post("/sign-out", data={"token": office.token(client)}, headers=headers)
    stranger = office.browser()
    into = stranger.post("/sign-in", data={"person": office.world.people["it"]}, headers=headers)

    assert (out.status_code, into.status_code) == (403, 403)
    assert client.get("/runs").status_code == 200
    assert stranger.get("/runs").status_code == 303


@pytest.mark.parametrize("token", ["", "x", "0" * 32, "ä", "\ud800", "0" * 100_000])
def test_a_form_without_the_sessions_token_changes_nothing(office: Any, token: str) -> None:
    office.run()
    client = office.browser("it")

    given = honest(office, client) | {"token": token.encode("utf-8", "surrogatepass")}
    sent = client.post("/runs/R-1/steps/mailbox", data=given)

    assert sent.status_code == 403
    assert untouched(office)


def test_the_token_of_somebody_elses_session_changes_nothing(office: Any) -> None:
    office.run()
    client, other = office.browser("it"), office.browser("auditor")

    sent = client.post(
        "/runs/R-1/steps/mailbox", data=honest(office, client) | {"token": office.token(other)}
    )

    assert sent.status_code == 403
    assert untouched(office)


def test_the_token_of_a_session_before_changes_nothing(office: Any) -> None:
    office.run()
    client = office.browser("it")
    old = honest(office, client)
    client.post("/sign-in", data={"person": office.world.people["it"]})

    sent = client.post("/runs/R-1/steps/mailbox", data=old)

    assert sent.status_code == 403
    assert untouched(office)


@pytest.mark.parametrize("name", ["hr", "auditor", "admin", "approver", "investigator", "counsel", "nobody"])
def test_the_wrong_person_changes_nothing(office: Any, name: str) -> None:
    office.run()
    client = office.browser(name)
    helper = office.browser("it")
    form = honest(office, helper) | {"token": office.token(client)}

    sent = client.post("/runs/R-1/steps/mailbox", data=form)

    assert sent.status_code == 403
    assert untouched(office)


def test_the_leaver_with_an_old_cookie_changes_nothing(office: Any) -> None:
    mike = office.browser("mike")  # has the role it, and a session from before
    token = office.token(mike)
    office.run()

    sent = mike.post("/runs/R-1/steps/mailbox", data=honest(office, office.browser("it")) | {"token": token})

    assert sent.status_code == 401
    assert untouched(office)


@pytest.mark.parametrize(
    "change",
    [
        {"do": "delete"},
        {"do": ""},
        {"revision": ""},
        {"revision": "-1"},
        {"revision": "1e3"},
        {"revision": "9" * 30},
        {"revision": "9" * 5000},
        {"revision": "٣"},
        {"said": "done; DROP TABLE runs"},
        {"said": "DONE"},
        {"note": "x" * 2001},
        {"note": "\0" * 30},
    ],
    ids=lambda change: f"{change}"[:24] + f" {len(str(change))}",
)
def test_a_form_that_is_not_ours_changes_nothing(office: Any, change: dict[str, str]) -> None:
    office.run()
    client = office.browser("it")

    sent = client.post("/runs/R-1/steps/mailbox", data=honest(office, client) | change)

    assert sent.status_code in {400, 409, 422}
    assert untouched(office)


def test_looking_changes_nothing(office: Any) -> None:
    office.run()
    client = office.browser("it")
    before = office.world.events()

    for rule in office.app.url_map.iter_rules():
        if "GET" in rule.methods and not rule.rule.startswith("/static"):
            address = rule.rule.replace("R-<int(max=2147483647):number>", "R-1").replace("<int:number>", "1")
            client.get(address.replace("<token>", "x"))

    assert office.world.events() == before
    assert client.get("/runs").status_code == 200


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "TRACE", "CONNECT", "PROPFIND"])
def test_other_methods_are_refused(office: Any, method: str) -> None:
    client = office.browser("it")

    told = client.open("/runs", method=method)

    assert told.status_code in {403, 405}


def test_a_step_of_another_run_is_not_reached_through_this_one(office: Any) -> None:
    office.run()
    client = office.browser("it")
    form = honest(office, client)

    told = [client.post(f"/runs/{at}/steps/mailbox", data=form).status_code for at in ("R-2", "R-0", "R-01")]

    assert told[:2] == [404, 404]
    assert client.post("/runs/R-1/steps/nothing", data=form).status_code == 404
