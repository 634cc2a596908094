"""Servers set up otherwise: without a policy, silent about locks, hashing, killed."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from connectors.ldap.slapd import RealSlapd
from connectors.sdk.context import Context
from connectors.sdk.errors import Refused
from connectors.sdk.fakes.conformance import registry_for
from connectors.sdk.types import Evidence, Expectation, Person, Proof

MIKE = {"employee_no": "E-17", "username": "mike", "email": "m@example.com", "display_name": "Mike Doe"}


@pytest.mark.slapd
def test_without_the_policy_overlay_the_password_alone_is_set_aside(tmp_path: Path) -> None:
    _shut_and_opened(RealSlapd(tmp_path / "slapd", policy=False), means_left={"attribute read"})


@pytest.mark.slapd
def test_a_policy_that_hashes_what_it_takes_for_clear_text_leaves_the_password_to_us(tmp_path: Path) -> None:
    means_left = {"attribute read", "bind refused"}

    _shut_and_opened(RealSlapd(tmp_path / "slapd", hashes=True), means_left=means_left)


@pytest.mark.slapd
def test_a_server_that_does_not_say_why_leaves_one_means(tmp_path: Path) -> None:
    _shut_and_opened(RealSlapd(tmp_path / "slapd", says_locked=False), means_left={"attribute read"})


@pytest.mark.slapd
def test_a_killed_server_starts_again_with_what_it_knew(tmp_path: Path) -> None:
    server = RealSlapd(tmp_path / "slapd")
    server.seed([MIKE])
    server.start()
    url = server.url
    server.kill()

    again = RealSlapd(tmp_path / "slapd")
    with again:
        assert again.url == url
        assert again.seeded


@pytest.mark.slapd
def test_a_company_of_more_people_than_openldap_lets_anybody_read_is_listed_whole(tmp_path: Path) -> None:
    people = [
        {
            "employee_no": f"E-{number}",
            "username": f"user{number}",
            "email": f"user{number}@example.com",
            "display_name": "Some One",
        }
        for number in range(501)
    ]
    server = RealSlapd(tmp_path / "slapd")
    server.seed(people)
    with server:
        context = Context(now=lambda: datetime.now(UTC), idempotency_key="run-1/step-1")
        connector: Any = registry_for("ldap", server.settings()).open("ldap", context)

        assert len({account.label for account in connector.list_accounts()}) == len(people)


@pytest.mark.slapd
def test_a_database_that_is_frozen_for_a_backup_is_somebodys_business_at_once(tmp_path: Path) -> None:
    server = RealSlapd(tmp_path / "slapd")
    server.seed([MIKE])
    server.frozen = True
    with server:
        context = Context(now=lambda: datetime.now(UTC), idempotency_key="run-1/step-1")
        connector: Any = registry_for("ldap", server.settings()).open("ldap", context)
        (mike,) = connector.find_accounts(Person(display_name="Mike", usernames=("mike",)))

        with pytest.raises(Refused, match="result 53") as refused:
            connector.disable_account(mike)

    assert "may not be changed for now" in refused.value.hint


def _shut_and_opened(server: RealSlapd, *, means_left: set[str]) -> None:
    server.seed([MIKE])
    with server:
        context = Context(now=lambda: datetime.now(UTC), idempotency_key="run-1/step-1")
        connector: Any = registry_for("ldap", server.settings()).open("ldap", context)
        (mike,) = connector.find_accounts(Person(display_name="Mike", usernames=("mike",)))
        before = connector.read(mike)

        outcome = connector.disable_account(mike)

        assert _means(connector.verify(mike, Expectation.DISABLED)) == dict.fromkeys(means_left, Proof.PROVEN)
        connector.restore_account(mike, outcome.receipt)
        after = connector.read(mike)
        assert (after.attributes, after.sealed) == (before.attributes, before.sealed)


def _means(found: tuple[Evidence, ...]) -> dict[str, Proof]:
    return {each.how: each.proof for each in found}
