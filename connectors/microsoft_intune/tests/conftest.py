"""Mike with his Mac, his colleagues, and a clock that tests turn."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from connectors.microsoft_intune.connector import IntuneConnector
from connectors.microsoft_intune.fake import FakeIntune
from connectors.sdk.context import Context, Secret
from connectors.sdk.fakes.server import FakeAnswer, FakeRequest
from connectors.sdk.types import Device, Person

PEOPLE = [
    {
        "employee_no": "E-17",
        "email": "mike@example.com",
        "display_name": "Mike Doe",
        "devices": [
            {"serial": "MAC-1", "name": "MIKE-MAC", "platform": "macOS"},
            {
                "serial": "WIN-1",
                "name": "MIKE-PC",
                "platform": "Windows",
                "encrypted": True,
                "antivirus_on": True,
                "antivirus_up_to_date": False,
                "escrowed": True,
            },
            {"serial": "PHONE-1", "name": "MIKE-PHONE", "platform": "iOS"},
        ],
    },
    {
        "employee_no": "E-18",
        "email": "ann@example.com",
        "display_name": "Ann O'Neil",
        "devices": [
            {
                "serial": "WIN-2",
                "platform": "Windows",
                "encrypted": False,
                "antivirus_on": False,
                "escrowed": False,
            }
        ],
    },
    {"employee_no": "E-19", "email": "o'neil@example.com", "devices": [{"serial": "MAC-3"}]},
]


@dataclass
class TurnedClock:
    at: datetime = field(default=datetime(2026, 3, 2, 12, 0, tzinfo=UTC))

    def __call__(self) -> datetime:
        return self.at

    def turn(self, **by: float) -> None:
        self.at += timedelta(**by)


class WaywardIntune(FakeIntune):
    """Says what a test puts into its mouth: by path, the body of the answer."""

    words: dict[str, Any]

    def answer(self, request: FakeRequest) -> FakeAnswer | None:
        if request.path in self.words:
            self.requests.append(request)
            return FakeAnswer(json=self.words[request.path])
        return super().answer(request)


@pytest.fixture
def clock() -> TurnedClock:
    return TurnedClock()


@pytest.fixture
def intune(clock: TurnedClock) -> Iterator[WaywardIntune]:
    with WaywardIntune(now=clock) as fake:
        fake.words = {}
        fake.seed(PEOPLE)
        yield fake


@pytest.fixture
def opened(intune: FakeIntune) -> Callable[..., IntuneConnector]:
    """A connector on the fake, with any circumstances and settings."""

    def opened(*, settings: dict[str, str] | None = None, **circumstances: object) -> IntuneConnector:
        given: dict[str, str | Secret] = {**intune.settings(), **(settings or {})}
        given["client_secret"] = Secret(str(given["client_secret"]))
        return IntuneConnector.from_settings(given, Context(now=intune.now, **circumstances))

    return opened


@pytest.fixture
def connector(opened: Callable[..., IntuneConnector]) -> IntuneConnector:
    return opened()


@pytest.fixture
def mike() -> Person:
    return Person(display_name="Mike Doe", employee_no="E-17", emails=("mike@example.com",))


@pytest.fixture
def ann() -> Person:
    return Person(display_name="Ann O'Neil", employee_no="E-18", emails=("ann@example.com",))


@pytest.fixture
def mikes(connector: IntuneConnector, mike: Person) -> dict[str, Device]:
    """His devices by serial number."""
    return {device.serial: device for device in connector.devices(mike)}


@pytest.fixture
def mac(mikes: dict[str, Device]) -> Device:
    return mikes["MAC-1"]


@pytest.fixture
def pc(mikes: dict[str, Device]) -> Device:
    return mikes["WIN-1"]


@pytest.fixture
def phone(mikes: dict[str, Device]) -> Device:
    return mikes["PHONE-1"]
