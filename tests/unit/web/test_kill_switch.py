"""One button stops everything; every page says so."""

from typing import Any

import pytest


def post(office: Any, client: Any, **form: str) -> Any:
    return client.post("/stop", data={"token": office.token(client), **form})


@pytest.mark.parametrize("who", ["it", "admin"])
def test_a_button_stops_everything_and_another_goes_on(office: Any, who: str) -> None:
    client = office.browser(who)

    post(office, client, because="The feed looks forged.")
    assert "The feed looks forged." in office.browser("auditor").get("/runs").text

    post(office, client, do="go")
    assert "The feed looks forged." not in office.browser("auditor").get("/runs").text


@pytest.mark.parametrize("who", ["hr", "auditor", "approver"])
def test_nobody_else_may(office: Any, who: str) -> None:
    client = office.browser(who)

    assert client.get("/stop").status_code == 403
    assert post(office, client, because="The feed looks forged.").status_code == 403
    assert "Stop</a>" not in client.get("/runs").text


def test_a_stop_without_a_reason_is_refused_and_says_so(office: Any) -> None:
    client = office.browser("it")

    refused = post(office, client, because="no")

    assert refused.status_code == 422
    assert "Say why" in refused.text


def test_a_collector_sees_it(office: Any) -> None:
    client = office.browser("it")
    assert "exeunt_stopped 0.0" in client.get("/metrics").text

    post(office, client, because="The feed looks forged.")

    assert "exeunt_stopped 1.0" in client.get("/metrics").text
