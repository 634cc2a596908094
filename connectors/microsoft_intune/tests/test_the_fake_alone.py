"""The fake is held to Graph's own schema and manners by a client that is not ours."""

import re
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import pytest
import requests

from connectors.microsoft_intune import connector, fake, owner, posture
from connectors.microsoft_intune.fake import CLIENT, CLIENT_SECRET, TENANT, FakeIntune
from connectors.microsoft_intune.lock import ActionState

EDM = "{http://docs.oasis-open.org/odata/ns/edm}"
SCHEMA = ET.parse(Path(__file__).parents[1] / "fixtures" / "graph-v1.0-extract.csdl.xml").getroot()[0][0]  # noqa: S314  # our own file
TYPES = {node.get("Name"): node for node in SCHEMA}


def properties(name: str | None) -> dict[str, str]:
    """Every property of a type and of what it derives from, with its type."""
    found: dict[str, str] = {}
    while name:
        node = TYPES[name.rpartition(".")[2]]
        found |= {each.get("Name", ""): each.get("Type", "") for each in node.findall(f"{EDM}Property")}
        name = node.get("BaseType")
    return found


def members(name: str) -> set[str]:
    return {each.get("Name", "") for each in TYPES[name]}


def off_schema(row: dict[str, Any], name: str) -> list[str]:
    """Where a row says something Graph's schema does not know."""
    known = properties(name)
    wrong = []
    for key, value in row.items():
        if key.startswith("@odata."):
            continue
        kind = known.get(key, "")
        inner = re.sub(r"Collection\((.*)\)", r"\1", kind).removeprefix("graph.")
        if not kind:
            wrong.append(key)
        elif isinstance(value, list):
            wrong += [bad for each in value for bad in off_schema(each, each_type(each, inner))]
        elif kind.startswith("graph.") and value not in members(inner):
            wrong.append(f"{key}={value}")
        elif value is not None and not fits(value, kind):
            wrong.append(f"{key}:{kind}")
    return wrong


def each_type(row: dict[str, Any], declared: str) -> str:
    return str(row.get("@odata.type", declared)).rpartition(".")[2]


def fits(value: object, kind: str) -> bool:
    if kind == "Edm.DateTimeOffset":
        return bool(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", str(value)))
    return isinstance(value, {"Edm.Boolean": bool, "Edm.String": str}.get(kind, str))


def token(intune: FakeIntune, **changed: str) -> requests.Response:
    form = {
        "grant_type": "client_credentials",
        "client_id": CLIENT,
        "client_secret": CLIENT_SECRET,
        "scope": f"{intune.url}/.default",
        **changed,
    }
    tenant = form.pop("tenant", TENANT)
    return requests.post(f"{intune.url}/{tenant}/oauth2/v2.0/token", data=form, timeout=5)


def ask(intune: FakeIntune, path: str, method: str = "GET", **params: str) -> requests.Response:
    bearer = token(intune).json()["access_token"]
    return requests.request(
        method,
        intune.url + "/v1.0" + path,
        params={f"${name}": value for name, value in params.items()},
        headers={"Authorization": f"Bearer {bearer}"},
        timeout=5,
    )


def device_id(intune: FakeIntune, serial: str) -> str:
    rows = ask(intune, "/deviceManagement/managedDevices").json()["value"]
    return str(next(row["id"] for row in rows if row["serialNumber"] == serial))


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/users", "user"),
        ("/deviceManagement/managedDevices", "managedDevice"),
        ("/informationProtection/bitlocker/recoveryKeys", "bitlockerRecoveryKey"),
    ],
)
def test_every_row_it_serves_is_in_graphs_schema(intune: FakeIntune, path: str, name: str) -> None:
    for serial in ("MAC-1", "WIN-1"):
        ask(intune, f"/deviceManagement/managedDevices/{device_id(intune, serial)}/remoteLock", "POST")

    rows = ask(intune, path).json()["value"]

    assert rows
    assert [bad for row in rows for bad in off_schema(row, name)] == []


def test_its_windows_protection_is_in_graphs_schema(intune: FakeIntune) -> None:
    row = ask(
        intune, f"/deviceManagement/managedDevices/{device_id(intune, 'WIN-1')}/windowsProtectionState"
    ).json()

    assert off_schema(row, "windowsProtectionState") == []


@pytest.mark.parametrize(
    ("fields", "name"),
    [
        (owner.USER_FIELDS, "user"),
        (connector.OWNED_FIELDS, "managedDevice"),
        (connector.READ_FIELDS, "managedDevice"),
        (posture.DEVICE_FIELDS, "managedDevice"),
        (posture.PROTECTION_FIELDS, "windowsProtectionState"),
        (posture.KEY_FIELDS, "bitlockerRecoveryKey"),
    ],
)
def test_every_property_the_connector_selects_is_in_graphs_schema(fields: tuple[str, ...], name: str) -> None:
    assert set(fields) - set(properties(name)) == set()


def test_the_connector_knows_every_state_graph_gives_an_order() -> None:
    assert {state.value for state in ActionState} == members("actionState")


def test_graph_has_the_action_the_connector_orders_and_it_takes_no_body() -> None:
    parameters = [each.get("Name") for each in TYPES["remoteLock"]]

    assert parameters == ["bindingParameter"]


@pytest.mark.parametrize(
    ("changed", "status", "error"),
    [
        ({"client_secret": "wrong"}, 401, "invalid_client"),
        ({"client_id": "other"}, 400, "unauthorized_client"),
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
        ({"scope": "https://graph.example.com/.default"}, 400, "invalid_scope"),
        ({"tenant": "elsewhere"}, 400, "invalid_request"),
    ],
)
def test_it_gives_no_token_for_wrong_credentials(
    intune: FakeIntune, changed: dict[str, str], status: int, error: str
) -> None:
    answer = token(intune, **changed)

    assert (answer.status_code, answer.json()["error"]) == (status, error)


def test_a_token_it_did_not_issue_is_refused_in_graphs_words(intune: FakeIntune) -> None:
    answer = requests.get(f"{intune.url}/v1.0/users", headers={"Authorization": "Bearer forged"}, timeout=5)

    assert (answer.status_code, answer.json()["error"]["code"]) == (401, "InvalidAuthenticationToken")


def test_an_expired_token_is_refused(intune: FakeIntune) -> None:
    bearer = token(intune).json()["access_token"]

    intune.expire_tokens()

    headers = {"Authorization": f"Bearer {bearer}"}
    assert requests.get(f"{intune.url}/v1.0/users", headers=headers, timeout=5).status_code == 401


def test_a_permission_the_token_lacks_is_forbidden(intune: FakeIntune) -> None:
    intune.roles = (fake.READ_USERS,)

    answer = ask(intune, "/deviceManagement/managedDevices")

    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "Forbidden")


def test_users_are_found_by_equality_without_regard_to_case(intune: FakeIntune) -> None:
    rows = ask(intune, "/users", filter="employeeId eq 'E-0' or mail eq 'MIKE@example.com'").json()["value"]

    assert [row["employeeId"] for row in rows] == ["E-17"]


def test_a_doubled_quote_in_a_filter_is_one_quote(intune: FakeIntune) -> None:
    rows = ask(intune, "/users", filter="mail eq 'o''neil@example.com'").json()["value"]

    assert [row["employeeId"] for row in rows] == ["E-19"]


@pytest.mark.parametrize("text", ["displayName eq 'Mike Doe'", "mail eq 'a' and 1 eq 1", "mail eq 'a'b'"])
def test_a_filter_it_does_not_take_is_refused(intune: FakeIntune, text: str) -> None:
    assert ask(intune, "/users", filter=text).status_code == 400


def test_a_property_graph_does_not_have_is_refused(intune: FakeIntune) -> None:
    assert ask(intune, "/users", select="id,salary").status_code == 400


def test_pages_are_linked_until_the_last(intune: FakeIntune) -> None:
    intune.page_size = 2
    bearer = token(intune).json()["access_token"]
    link, serials = f"{intune.url}/v1.0/deviceManagement/managedDevices?$select=serialNumber", []

    while link:
        page = requests.get(link, headers={"Authorization": f"Bearer {bearer}"}, timeout=5).json()
        serials += [row["serialNumber"] for row in page["value"]]
        link = page.get("@odata.nextLink", "")

    assert sorted(serials) == ["MAC-1", "MAC-3", "PHONE-1", "WIN-1", "WIN-2"]


def test_a_lock_is_pending_until_the_device_checks_in(intune: FakeIntune) -> None:
    order = ask(intune, f"/deviceManagement/managedDevices/{device_id(intune, 'MAC-1')}/remoteLock", "POST")

    states = [intune.lock_state("MAC-1"), intune.check_in("MAC-1"), intune.lock_state("MAC-1")]

    assert (order.status_code, states) == (204, ["pending", True, "done"])


def test_a_device_that_is_off_never_answers(intune: FakeIntune) -> None:
    intune.switch("MAC-1", online=False)
    ask(intune, f"/deviceManagement/managedDevices/{device_id(intune, 'MAC-1')}/remoteLock", "POST")

    answered = intune.check_in("MAC-1")

    assert (answered, intune.lock_state("MAC-1")) == (False, "pending")


def test_windows_answers_that_it_cannot_be_locked(intune: FakeIntune) -> None:
    ask(intune, f"/deviceManagement/managedDevices/{device_id(intune, 'WIN-1')}/remoteLock", "POST")

    assert intune.lock_state("WIN-1") == "notSupported"


def test_a_second_order_is_a_second_effect(intune: FakeIntune) -> None:
    path = f"/deviceManagement/managedDevices/{device_id(intune, 'MAC-1')}/remoteLock"

    for _ in range(2):
        ask(intune, path, "POST")

    assert [effect["target"] for effect in intune.effects] == ["MAC-1", "MAC-1"]


def test_a_lying_intune_says_yes_and_queues_nothing(intune: FakeIntune) -> None:
    intune.faults.lie = {"remoteLock"}

    answer = ask(intune, f"/deviceManagement/managedDevices/{device_id(intune, 'MAC-1')}/remoteLock", "POST")

    assert (answer.status_code, intune.lock_state("MAC-1"), intune.effects) == (204, "none", [])


def test_a_busy_graph_says_when_to_come_back(intune: FakeIntune) -> None:
    bearer = token(intune).json()["access_token"]
    intune.faults.limit_once = 7

    answer = requests.get(
        f"{intune.url}/v1.0/users", headers={"Authorization": f"Bearer {bearer}"}, timeout=5
    )

    said = (answer.status_code, answer.headers["Retry-After"], answer.json()["error"]["code"])
    assert said == (429, "7", "TooManyRequests")


def test_a_device_with_a_time_of_its_own_checks_in_then(intune: FakeIntune, clock: Any) -> None:
    intune.seed([{"email": "zoe@example.com", "devices": [{"serial": "MAC-9", "check_in_after_s": 60}]}])
    path = f"/deviceManagement/managedDevices/{device_id(intune, 'MAC-9')}"
    ask(intune, path + "/remoteLock", "POST")

    states = []
    for _ in range(2):
        states.append(ask(intune, path).json()["deviceActionResults"][0]["actionState"])
        clock.turn(seconds=60)

    assert states == ["pending", "done"]


def test_what_it_was_told_survives_its_own_death(tmp_path: Path) -> None:
    kept = tmp_path / "intune.json"
    people = [{"email": "zoe@example.com", "devices": [{"serial": "MAC-9"}]}]
    with FakeIntune(kept) as first:
        first.seed(people)
        ask(first, f"/deviceManagement/managedDevices/{device_id(first, 'MAC-9')}/remoteLock", "POST")

    with FakeIntune(kept) as second:
        second.seed(people)

        assert (second.lock_state("MAC-9"), len(second.effects)) == ("pending", 1)


def test_it_has_no_wipe(intune: FakeIntune) -> None:
    path = f"/deviceManagement/managedDevices/{device_id(intune, 'MAC-1')}/wipe"

    assert ask(intune, path, "POST").status_code == 404
