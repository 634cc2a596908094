"""A directory that is not ours, lies, points elsewhere, or is asked with poison: one clear error, no change."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from connectors.ldap.certificate import make_certificate
from connectors.ldap.fake import FakeLdap
from connectors.sdk.context import Context
from connectors.sdk.errors import ConfigError, ConnectorError, Refused, Unavailable
from connectors.sdk.fakes.conformance import registry_for
from connectors.sdk.types import Account, Expectation, Person, Proof

MIKE: dict[str, Any] = {
    "employee_no": "E-17", "username": "mike", "email": "mike@example.com", "display_name": "Mike Doe",
}  # fmt: skip
NORA: dict[str, Any] = {
    "employee_no": "E-18", "username": "nora", "email": "nora@example.com", "display_name": "Nora Ek",
}  # fmt: skip


@pytest.fixture
def ours() -> Iterator[FakeLdap]:
    with FakeLdap() as fake:
        fake.seed([MIKE, NORA])
        yield fake


@pytest.fixture
def stranger() -> Iterator[FakeLdap]:
    with FakeLdap() as fake:
        fake.seed([MIKE, NORA])
        yield fake


def connect(fake: FakeLdap, **settings: str) -> Any:
    context = Context(now=fake.now, idempotency_key="run-1/close", deadline_s=3)
    return registry_for("ldap", {**fake.settings(), **settings}).open("ldap", context)


def mike_in(fake: FakeLdap) -> Account:
    (account,) = connect(fake).find_accounts(Person(display_name="Mike", employee_no="E-17"))
    return account


def test_a_certificate_of_another_authority_gets_no_password(ours: FakeLdap, tmp_path: Path) -> None:
    another = make_certificate(tmp_path)

    with pytest.raises(ConfigError, match="certificate"):
        connect(ours, ca_file=str(another.ca)).check()

    assert ours.binds == []


def test_a_certificate_for_another_host_gets_no_password(tmp_path: Path) -> None:
    make_certificate(tmp_path / "state.tls", host="another.example.com")
    with FakeLdap(tmp_path / "state.jsonl") as other:
        other.seed([MIKE])

        with pytest.raises(ConfigError, match="certificate"):
            connect(other, url=other.url.replace("127.0.0.1", "localhost")).check()

        assert other.binds == []


def test_a_stripped_start_tls_gets_no_password() -> None:
    with FakeLdap(tls=False) as plain:
        plain.seed([MIKE])

        with pytest.raises(ConnectorError):
            connect(plain, start_tls="true").check()
        with pytest.raises(ConfigError, match="clear"):
            connect(plain).check()

        assert plain.binds == []


def test_a_referral_gets_no_password_and_no_change(ours: FakeLdap, stranger: FakeLdap) -> None:
    mike = mike_in(ours)
    ours.faults.refer_to = f"{stranger.url}/{mike.label}"

    with pytest.raises(Refused, match="another host"):
        connect(ours).disable_account(mike)
    with pytest.raises(Refused, match="another host"):
        connect(ours).remove_entitlements(mike)

    assert stranger.binds == []
    assert (ours.effects, stranger.effects) == ([], [])


def test_success_without_a_change_is_never_taken_for_one(ours: FakeLdap) -> None:
    mike = mike_in(ours)
    ours.faults.lie = {"modify"}

    with pytest.raises(Refused, match="answered success"):
        connect(ours).disable_account(mike)

    proofs = {each.proof for each in connect(ours).verify(mike, Expectation.DISABLED)}
    assert proofs == {Proof.CONTRADICTED}


def test_a_directory_that_is_down_is_unavailable_and_nothing_is_claimed(ours: FakeLdap) -> None:
    mike = mike_in(ours)
    ours.stop()

    with pytest.raises(Unavailable):
        connect(ours).disable_account(mike)
    with pytest.raises(Unavailable):
        connect(ours).verify(mike, Expectation.DISABLED)


@pytest.mark.parametrize(
    "poison",
    ["*", "mike)(|(uid=*", "*)(objectClass=*", "mike@example.com)(mail=nora@example.com", "\\2a", "m*e"],
)
def test_a_poisoned_identifier_reaches_nobody(ours: FakeLdap, poison: str) -> None:
    person = Person(display_name="Mallory", employee_no=poison, emails=(poison,), usernames=(poison,))

    assert list(connect(ours).find_accounts(person)) == []


@pytest.mark.parametrize("poison", ["mike\x00", "mike\r\nuid: nora", "\x1b[2J"])
def test_a_control_character_in_an_identifier_is_refused(ours: FakeLdap, poison: str) -> None:
    with pytest.raises(Refused):
        list(connect(ours).find_accounts(Person(display_name="Mallory", usernames=(poison,))))


def test_a_poisoned_account_id_reaches_nobody(ours: FakeLdap) -> None:
    for number in ("*", f"{mike_in(ours).id})(uid=nora", ""):
        with pytest.raises(ConnectorError):
            connect(ours).disable_account(Account(connector="ldap", id=number, label="somebody"))

    assert ours.effects == []
