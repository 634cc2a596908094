"""Saying on a run's page whose account it is."""

import re
from typing import Any


def unclear(office: Any) -> None:
    """Two accounts carry one identifier of Mike each."""
    fake = office.world.fake
    fake.state["accounts"].clear()
    fake.seed(
        [
            {"employee_no": "", "email": "mike@example.com", "username": "x"},
            {"employee_no": "", "email": "x@example.com", "username": "mike"},
        ]
    )
    office.run()


def opened(office: Any) -> dict[str, str]:
    """What a browser keeps of the form until somebody presses the button."""
    form = (
        office.browser("it").get("/runs/R-1").text.partition('<form class="ask"')[2].partition("</form>")[0]
    )
    return dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', form))


def send(office: Any, form: dict[str, str], account: str) -> Any:
    client = office.browser("it")
    fresh = {**form, "token": office.token(client)}
    return client.post("/runs/R-1/accounts/chaos", data={**fresh, "account": account})


def test_the_candidates_stay_asked_about_one_after_the_other(office: Any) -> None:
    unclear(office)

    assert send(office, opened(office), "acc-1").status_code == 303
    office.world.drain()
    assert send(office, opened(office), "").status_code == 303

    active = {id_: one["active"] for id_, one in office.world.fake.state["accounts"].items()}
    assert active == {"acc-1": False, "acc-2": True}


def test_of_two_who_answer_at_once_the_second_is_told_to_look_again(office: Any) -> None:
    unclear(office)
    first, second = opened(office), opened(office)
    send(office, first, "acc-1")
    office.world.drain()

    late = send(office, second, "acc-2")
    office.world.drain()

    assert late.status_code == 409
    assert "Not answered." in late.text
    assert "look again" in late.text
    assert office.world.fake.state["accounts"]["acc-2"]["active"]
