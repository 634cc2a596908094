"""Fakes stand at addresses of their own: what is kept by address never meets another's."""

from connectors.salesforce.fake import FakeSalesforce
from connectors.sdk.fakes.ports import PORTS, spare_port


def test_a_port_comes_again_only_after_thousands_of_others() -> None:
    given = [spare_port() for _ in range(len(PORTS) // 4)]

    assert len(set(given)) == len(given)
    assert set(given) <= set(PORTS)


def test_one_fake_after_another_stands_at_another_address() -> None:
    places = set()
    for _ in range(30):
        with FakeSalesforce() as crm:
            places.add(crm.url)

    assert len(places) == 30
    assert all(int(place.rpartition(":")[2]) in PORTS for place in places)
