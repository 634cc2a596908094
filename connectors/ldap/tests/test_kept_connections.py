"""Connections are kept between steps, and a proof is never asked of one that wrote."""

from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest

from connectors.ldap.directory import open_directory
from connectors.ldap.fake import FakeLdap
from connectors.ldap.settings import LdapSettings, read_settings
from connectors.sdk import ldap_pool
from connectors.sdk.context import Context
from connectors.sdk.errors import Unavailable
from connectors.sdk.fakes.ldap_server import Session
from connectors.sdk.ldap_pool import close_connections
from connectors.sdk.types import Account, Expectation


class Seen:
    """Which connection carried what, in the words of the server."""

    def __init__(self, fake: FakeLdap, monkeypatch: pytest.MonkeyPatch) -> None:
        self.said: list[tuple[int, str]] = []
        self._sessions: list[Session] = []
        for name in ("bind", "search", "write"):
            monkeypatch.setattr(fake, name, self._noting(name, getattr(fake, name)))

    def _noting(self, name: str, answer: Any) -> Any:
        def noted(session: Session, *rest: Any) -> Any:
            if session not in self._sessions:
                self._sessions.append(session)
            self.said.append((self._sessions.index(session), name))
            return answer(session, *rest)

        return noted

    def of(self, what: str) -> set[int]:
        """The connections that carried it."""
        return {number for number, name in self.said if name == what}


@pytest.fixture
def seen(directory: FakeLdap, mike: Account, monkeypatch: pytest.MonkeyPatch) -> Seen:
    assert mike.id
    close_connections()
    return Seen(directory, monkeypatch)


@pytest.fixture
def proof(directory: FakeLdap) -> Context:
    return Context(now=directory.now, read_only=True, fresh=True, idempotency_key="run-1/step-1")


@pytest.fixture
def mike_s_directory(openldap: FakeLdap) -> LdapSettings:
    return read_settings(openldap.settings())


def test_ten_steps_shake_hands_once(directory: FakeLdap, opened: Any, mike: Account, seen: Seen) -> None:
    for _ in range(10):
        opened(directory).read(mike)

    assert [what for _, what in seen.said].count("bind") == 1
    assert seen.of("search") == {0}


def test_a_proof_is_never_asked_of_a_connection_that_wrote(
    directory: FakeLdap, opened: Any, mike: Account, seen: Seen, proof: Context
) -> None:
    for _ in range(3):
        opened(directory).disable_account(mike)
        opened(directory, context=proof).verify(mike, Expectation.DISABLED)
        opened(directory).remove_entitlements(mike)
        opened(directory, context=proof).verify(mike, Expectation.NO_ENTITLEMENTS)

    assert seen.of("write") == {0}
    assert seen.of("search") == {0, 1}


def test_each_proof_begins_a_session_of_its_own(
    directory: FakeLdap, opened: Any, mike: Account, seen: Seen, proof: Context
) -> None:
    for _ in range(3):
        opened(directory, context=proof).verify(mike, Expectation.NO_ENTITLEMENTS)

    ours = [what for _, what in seen.said]
    assert ours.count("bind") == 3
    assert seen.of("bind") == {0}


def test_after_a_bind_as_the_leaver_nobody_reads_as_nobody(
    openldap: FakeLdap, opened: Any, proof: Context
) -> None:
    reading = replace(proof, fresh=False)
    (mike,) = [each for each in opened(openldap).list_accounts() if each.label.startswith("uid=mike")]
    opened(openldap).disable_account(mike)
    proofs = [opened(openldap, context=reading).verify(mike, Expectation.DISABLED) for _ in range(3)]

    assert [[fact.proof for fact in facts] for facts in proofs] == [[proofs[0][0].proof] * 2] * 3


def test_a_connection_the_directory_has_closed_is_not_used_again(
    directory: FakeLdap, opened: Any, mike: Account
) -> None:
    opened(directory).read(mike)
    directory.__exit__()
    with directory:
        assert opened(directory).read(mike).account == mike


def test_a_connection_that_gave_no_answer_is_not_kept(
    directory: FakeLdap, opened: Any, mike: Account, seen: Seen
) -> None:
    directory.faults.hang_up = 1
    with pytest.raises(Unavailable):
        opened(directory).read(mike)

    opened(directory).read(mike)

    assert seen.of("bind") == {0, 1}


def test_a_connection_is_not_used_after_it_has_idled_long(
    directory: FakeLdap, opened: Any, mike: Account, seen: Seen, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened(directory).read(mike)
    monkeypatch.setattr(ldap_pool, "KEPT_S", -1.0)
    opened(directory).read(mike)

    assert seen.of("bind") == {0, 1}


def test_another_service_account_gets_no_connection_of_the_first(
    directory: FakeLdap, opened: Any, mike: Account, seen: Seen
) -> None:
    opened(directory).read(mike)
    with pytest.raises(Exception, match="refused the service account"):
        opened(directory, bind_password="another").read(mike)

    assert seen.of("bind") == {0, 1}


def test_a_connection_that_owes_an_answer_is_not_kept_though_somebody_swallows_the_error(
    openldap: FakeLdap, mike_s_directory: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    hasty = Context(now=openldap.now, deadline_s=0.3)
    with open_directory(mike_s_directory, hasty) as directory:
        openldap.faults.delay_ms = 3000
        with suppress(Unavailable):
            directory.entry("dc=example,dc=com", ("1.1",))
        openldap.faults.delay_ms = 0
    seen = Seen(openldap, monkeypatch)

    with open_directory(mike_s_directory, hasty) as directory:
        assert directory.entry("dc=example,dc=com", ("1.1",)) is not None

    assert [what for _, what in seen.said] == ["bind", "search"]
