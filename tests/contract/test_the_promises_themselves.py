"""Each promise turns red when a connector breaks it: chaos is spoilt, one way at a time."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from connectors.sdk.errors import AuthError, ConnectorError
from connectors.sdk.fakes.conformance import World, registry_for
from connectors.sdk.types import Evidence, Health, Outcome, Proof, Receipt

from . import test_how_every_connector_behaves as promises
from .conftest import CHAOS, CONFORMANCE

Spoil = Callable[[Any], None]


@pytest.fixture
def world() -> Iterator[World]:
    with CONFORMANCE["chaos"].world() as world:
        yield world


def spoilt(world: World, spoil: Spoil) -> World:
    """The same world, in which every connector that is opened is spoilt first."""
    well = world.open

    def opened(*args: Any) -> Any:
        connector = well(*args)
        spoil(connector)
        return connector

    world.open = opened  # type: ignore[method-assign]
    return world


def says(connector: Any, proof: Proof) -> tuple[Evidence, ...]:
    return (Evidence(kind="x", proof=proof, how="x", observed_at=connector._context.now()),)


def always_proven(connector: Any) -> None:
    connector.verify = lambda *_: says(connector, Proof.PROVEN)


def always_contradicted(connector: Any) -> None:
    connector.verify = lambda *_: says(connector, Proof.CONTRADICTED)


def never_sure(connector: Any) -> None:
    connector.verify = lambda *_: says(connector, Proof.UNPROVABLE)


def writes_without_looking(connector: Any) -> None:
    disable = connector.disable_account
    connector.disable_account = lambda account: Outcome(changed=True, receipt=disable(account).receipt)


def does_nothing(connector: Any) -> None:
    connector.disable_account = lambda _: Outcome(changed=False)


def restores_nothing(connector: Any) -> None:
    connector.restore_account = lambda *_: Outcome(changed=True)


def opens_whatever_it_is_handed(connector: Any) -> None:
    disable = connector.disable_account

    def always_with_a_receipt(account: Any) -> Outcome:
        first = disable(account)
        return Outcome(changed=first.changed, receipt=Receipt(before={"active": True}))

    connector.disable_account = always_with_a_receipt


def writes_where_it_may_only_read(connector: Any) -> None:
    connector._http._context = replace(connector._context, read_only=False)


def takes_the_first(connector: Any) -> None:
    find = connector.find_accounts
    connector.find_accounts = lambda person: list(find(person))[:1]


def finds_anybody(connector: Any) -> None:
    listing = connector.list_accounts
    connector.find_accounts = lambda _: list(listing())


def reads_one_page(connector: Any) -> None:
    listing = connector.list_accounts
    connector.list_accounts = lambda: list(listing())[:2]


def does_not_renew(connector: Any) -> None:
    def refused() -> None:
        raise AuthError("No.", hint="No.")

    object.__setattr__(connector._http, "_auth", _Stale(connector._http._auth, refused))


class _Stale:
    def __init__(self, inner: Any, refresh: Callable[[], None]) -> None:
        self.headers = inner.headers
        self.refresh = refresh


def shows_its_token(connector: Any) -> None:
    connector.leak = connector._settings["token"].reveal()


def checks_nothing(connector: Any) -> None:
    connector.check = lambda: Health(checks=())


SPOILT: list[tuple[str, Spoil]] = [
    ("test_a_second_call_changes_nothing", writes_without_looking),
    ("test_a_second_call_changes_nothing", does_nothing),
    ("test_where_only_reading_is_allowed_nothing_is_written", writes_where_it_may_only_read),
    ("test_what_was_not_done_is_not_proven", always_proven),
    ("test_what_was_not_done_is_not_proven", never_sure),
    ("test_what_was_done_is_proven_by_reading_it_back", always_contradicted),
    ("test_what_was_done_is_proven_by_reading_it_back", never_sure),
    ("test_reading_back_changes_nothing_and_asks_anew", always_proven),
    ("test_a_system_that_lies_is_contradicted", always_proven),
    ("test_a_lost_answer_is_looked_up_and_nothing_is_changed_twice", does_nothing),
    ("test_a_lost_answer_is_looked_up_and_nothing_is_changed_twice", never_sure),
    ("test_what_is_undone_is_as_it_was", restores_nothing),
    ("test_undoing_twice_changes_nothing_the_second_time", restores_nothing),
    ("test_what_was_shut_before_us_stays_shut", opens_whatever_it_is_handed),
    ("test_finding_yields_every_candidate_and_no_stranger", takes_the_first),
    ("test_finding_yields_every_candidate_and_no_stranger", finds_anybody),
    ("test_a_roster_of_several_pages_has_everybody_once", reads_one_page),
    ("test_a_check_reads_only_and_is_all_good", checks_nothing),
]


@pytest.mark.parametrize(
    ("name", "spoil"), SPOILT, ids=lambda each: each if isinstance(each, str) else each.__name__
)
def test_a_promise_that_is_broken_turns_red(world: World, name: str, spoil: Spoil) -> None:
    promise = getattr(promises, name)

    with pytest.raises((AssertionError, ConnectorError, pytest.fail.Exception)):
        promise(spoilt(world, spoil), "disable_account")


@pytest.mark.parametrize(
    ("name", "spoil"),
    [
        ("test_credentials_that_ran_out_are_renewed_once", does_not_renew),
        ("test_no_secret_is_seen_anywhere", shows_its_token),
    ],
    ids=lambda each: each if isinstance(each, str) else each.__name__,
)
def test_a_promise_about_the_whole_connector_that_is_broken_turns_red(
    world: World, name: str, spoil: Spoil
) -> None:
    promise = getattr(promises, name)

    with pytest.raises((AssertionError, ConnectorError, pytest.fail.Exception)):
        promise(spoilt(world, spoil))


@pytest.mark.parametrize("mood", ["lies", "half", "limited", "crashes", "mumbles"])
def test_every_bad_mood_of_chaos_is_noticed(world: World, mood: str) -> None:
    world.registry = registry_for("chaos", {**world.fake.settings(), "mood": mood}, CHAOS)

    with pytest.raises((AssertionError, ConnectorError, ZeroDivisionError)):
        promises.test_what_was_done_is_proven_by_reading_it_back(world, "disable_account")


def test_a_connector_that_lies_about_itself_is_contradicted_by_the_system(world: World) -> None:
    target = promises.target_of(world, "disable_account")
    world.registry = registry_for("chaos", {**world.fake.settings(), "mood": "lies"}, CHAOS)

    outcome = promises.act(world, "disable_account", target)

    assert outcome.changed
    assert promises.proofs(world, "disable_account", target) == {Proof.CONTRADICTED}


def test_a_connector_that_does_half_does_the_rest_when_asked_again(world: World) -> None:
    target = promises.target_of(world, "revoke_sessions")
    world.registry = registry_for("chaos", {**world.fake.settings(), "mood": "half"}, CHAOS)
    with pytest.raises(ConnectorError):
        promises.act(world, "revoke_sessions", target)
    half = promises.proofs(world, "revoke_sessions", target)

    world.registry = registry_for("chaos", world.fake.settings(), CHAOS)
    promises.act(world, "revoke_sessions", target)

    assert (half, promises.proofs(world, "revoke_sessions", target)) == ({Proof.CONTRADICTED}, {Proof.PROVEN})
