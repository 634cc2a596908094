from collections.abc import Callable
from typing import Any

import pytest

from connectors.microsoft_intune.connector import IntuneConnector
from connectors.microsoft_intune.fake import FakeIntune
from connectors.sdk.errors import Ambiguous, Refused, Unavailable, Unsafe
from connectors.sdk.types import Device, Person

Opened = Callable[..., IntuneConnector]


def serials(devices: object) -> set[str]:
    return {device.serial for device in devices}  # type: ignore[attr-defined]  # an iterator of devices


def test_a_persons_devices_are_found_by_employee_number(connector: IntuneConnector) -> None:
    person = Person(display_name="Mike Doe", employee_no="E-17")

    assert serials(connector.devices(person)) == {"MAC-1", "WIN-1", "PHONE-1"}


def test_a_persons_devices_are_found_by_mail_address(connector: IntuneConnector) -> None:
    person = Person(display_name="Mike Doe", emails=("Mike@Example.com",))

    assert serials(connector.devices(person)) == {"MAC-1", "WIN-1", "PHONE-1"}


def test_a_persons_devices_are_found_by_user_principal_name(intune: FakeIntune, opened: Opened) -> None:
    intune.seed(
        [
            {
                "email": "zoe@example.com",
                "user_principal_name": "zsmith@corp.example.com",
                "devices": [{"serial": "MAC-9"}],
            }
        ]
    )

    found = opened().devices(Person(display_name="Zoe", usernames=("zsmith@corp.example.com",)))

    assert serials(found) == {"MAC-9"}


def test_a_device_says_what_it_is_and_whose(mac: Device) -> None:
    told = (mac.label, mac.serial, mac.platform, mac.owner_email)

    assert told == ("MIKE-MAC", "MAC-1", "macOS", "mike@example.com")


def test_nobody_is_found_by_name(connector: IntuneConnector) -> None:
    assert list(connector.devices(Person(display_name="Mike Doe"))) == []


def test_someone_entra_does_not_know_has_no_devices(connector: IntuneConnector) -> None:
    person = Person(display_name="Nobody", employee_no="E-0", emails=("nobody@example.com",))

    assert list(connector.devices(person)) == []


def test_identifiers_on_two_users_stop_before_any_device_is_seen(
    intune: FakeIntune, connector: IntuneConnector
) -> None:
    torn = Person(display_name="Mike Doe", employee_no="E-17", emails=("ann@example.com",))

    with pytest.raises(Ambiguous) as stopped:
        list(connector.devices(torn))

    assert {label.split()[0] for label in stopped.value.candidates} == {"mike@example.com", "ann@example.com"}
    assert not [request for request in intune.requests if "managedDevices" in request.path]


def test_a_mail_address_given_to_a_newcomer_does_not_lead_to_their_laptop(
    connector: IntuneConnector,
) -> None:
    left_long_ago = Person(display_name="Ann Senior", employee_no="E-02", emails=("ann@example.com",))

    with pytest.raises(Ambiguous) as stopped:
        list(connector.devices(left_long_ago))

    assert stopped.value.candidates == ("ann@example.com (employee E-18)",)


@pytest.mark.parametrize(
    "email", ["' or mail ne '", "mike@example.com' or mail eq 'ann@example.com", "*", "o'neil@example.co"]
)
def test_a_hostile_mail_address_finds_nobody(connector: IntuneConnector, email: str) -> None:
    assert list(connector.devices(Person(display_name="Mallory", emails=(email,)))) == []


def test_a_quote_in_a_mail_address_is_no_obstacle(connector: IntuneConnector) -> None:
    person = Person(display_name="Ann O'Neil", emails=("o'neil@example.com",))

    assert serials(connector.devices(person)) == {"MAC-3"}


def test_control_characters_never_reach_graph(intune: FakeIntune, connector: IntuneConnector) -> None:
    with pytest.raises(Unsafe):
        list(connector.devices(Person(display_name="Mallory", employee_no="E-17\r\nX: y")))

    assert intune.requests == []


def test_every_page_of_devices_is_read(intune: FakeIntune, connector: IntuneConnector, mike: Person) -> None:
    intune.page_size = 1

    assert serials(connector.devices(mike)) == {"MAC-1", "WIN-1", "PHONE-1"}


@pytest.mark.parametrize(
    "link",
    [
        "http://evil.example.com/v1.0/users/1/managedDevices",
        "http://127.0.0.1:1/v1.0/users/1/managedDevices",
        "{url}@evil.example.com/v1.0/users",
        "{url}/v1.0.evil/users",
        "{url}/beta/users",
        "//evil.example.com/",
        {"not": "a link"},
    ],
)
def test_a_next_page_elsewhere_is_not_followed(
    intune: Any, connector: IntuneConnector, mike: Person, link: object
) -> None:
    where = link.format(url=intune.url) if isinstance(link, str) else link
    intune.words["/v1.0/users"] = {"value": [], "@odata.nextLink": where}

    with pytest.raises(Unsafe):
        list(connector.devices(mike))

    assert [request.path for request in intune.requests if request.method == "GET"] == ["/v1.0/users"]


def test_a_collection_that_never_ends_is_given_up(
    intune: Any, connector: IntuneConnector, mike: Person
) -> None:
    intune.words["/v1.0/users"] = {"value": [], "@odata.nextLink": f"{intune.url}/v1.0/users?again=1"}

    with pytest.raises(Refused):
        list(connector.devices(mike))


@pytest.mark.parametrize("body", [{"value": "none"}, {}, [], {"value": [1]}])
def test_an_answer_that_is_not_odata_is_not_taken_for_no_devices(
    intune: Any, connector: IntuneConnector, mike: Person, body: object
) -> None:
    intune.words["/v1.0/users"] = body

    with pytest.raises(Unavailable):
        list(connector.devices(mike))
