"""What we promise of every connector while it runs, against its fake, by the names the guide gives the promises."""

from collections import Counter
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest

from connectors.sdk.errors import ConnectorError, RateLimited, Unavailable, Unsafe
from connectors.sdk.fakes.conformance import World
from connectors.sdk.manifest import On
from connectors.sdk.types import (
    AccountStatus,
    CoverageDay,
    Device,
    Evidence,
    Outcome,
    Proof,
    RawLog,
    Since,
    Target,
    Window,
)

from .conftest import MANIFESTS, cases, is_changing


def promise(name: str, wanted: Any) -> pytest.MarkDecorator:
    return pytest.mark.parametrize(("connector", "action"), cases(name, wanted))


def target_of(world: World, action: str) -> Target:
    """The one account or device of the person."""
    on = MANIFESTS[world.connector].actions[action].on
    looking = world.open(world.context(read_only=True))
    found = list(looking.devices(world.person) if on is On.DEVICE else looking.find_accounts(world.person))
    assert len(found) == 1, "the person of a world has one account, or one device"
    target: Target = found[0]
    return target


def act(world: World, action: str, target: Target) -> Outcome:
    outcome: Outcome = getattr(world.open(), action)(target)
    return outcome


def proofs(world: World, action: str, target: Target) -> set[Proof]:
    return {fact.proof for fact in evidence(world, action, target)}


def evidence(world: World, action: str, target: Target) -> tuple[Evidence, ...]:
    expects = MANIFESTS[world.connector].actions[action].expects
    facts: tuple[Evidence, ...] = world.open(world.context(read_only=True, fresh=True)).verify(
        target, expects
    )
    return facts


def good(target: Target) -> set[Proof]:
    """What a reading may say when all is well: a device may still have to answer."""
    return {Proof.PROVEN, Proof.PENDING} if isinstance(target, Device) else {Proof.PROVEN}


def anything(world: World) -> list[Any]:
    """Some reading call that goes out."""
    connector = world.open()
    look = getattr(connector, "find_accounts", None) or connector.devices
    return list(look(world.person))


@promise("twice", lambda manifest, name, _: is_changing(manifest, name))
def test_a_second_call_changes_nothing(world: World, action: str) -> None:
    target = target_of(world, action)
    first = act(world, action, target)
    effects = len(world.fake.effects)

    second = act(world, action, target)

    assert (first.changed, second.changed) == (True, False)
    assert effects > 0
    assert len(world.fake.effects) == effects


@promise("read-only", lambda manifest, name, _: is_changing(manifest, name))
def test_where_only_reading_is_allowed_nothing_is_written(world: World, action: str) -> None:
    target = target_of(world, action)

    with pytest.raises(Unsafe):
        getattr(world.open(world.context(read_only=True)), action)(target)

    assert world.fake.effects == []


@promise("before", lambda manifest, name, spec: is_changing(manifest, name) and spec.expects)
def test_what_was_not_done_is_not_proven(world: World, action: str) -> None:
    said = proofs(world, action, target_of(world, action))

    assert Proof.CONTRADICTED in said
    assert said & {Proof.PROVEN, Proof.PENDING} == set()


@promise("proven", lambda manifest, name, spec: is_changing(manifest, name) and spec.expects)
def test_what_was_done_is_proven_by_reading_it_back(world: World, action: str) -> None:
    target = target_of(world, action)
    act(world, action, target)

    said = proofs(world, action, target)

    assert said & good(target)
    assert Proof.CONTRADICTED not in said


@promise("proven", lambda manifest, name, spec: is_changing(manifest, name) and spec.expects)
def test_reading_back_changes_nothing_and_asks_anew(world: World, action: str) -> None:
    target = target_of(world, action)
    context = world.context(read_only=True, fresh=True)

    world.open(context).verify(target, MANIFESTS[world.connector].actions[action].expects)

    assert world.fake.effects == []
    assert context.calls


@promise("lie", lambda manifest, name, spec: is_changing(manifest, name) and spec.expects)
def test_a_system_that_lies_is_contradicted(world: World, action: str) -> None:
    target = target_of(world, action)
    world.lie(action)

    with suppress(ConnectorError):
        act(world, action, target)

    said = proofs(world, action, target)
    assert Proof.CONTRADICTED in said


@promise("lost-answer", lambda manifest, name, _: is_changing(manifest, name))
def test_a_lost_answer_is_looked_up_and_nothing_is_changed_twice(world: World, action: str) -> None:
    target = target_of(world, action)
    world.lose_next_answer()

    with pytest.raises(Unavailable) as lost:
        act(world, action, target)
    act(world, action, target)

    assert lost.value.maybe_applied
    counted = Counter((effect["what"], effect["target"]) for effect in world.fake.effects)
    assert max(counted.values()) == 1
    if MANIFESTS[world.connector].actions[action].expects:
        assert proofs(world, action, target) & good(target)


@promise("restore", lambda manifest, name, spec: is_changing(manifest, name) and spec.undo)
def test_what_is_undone_is_as_it_was(world: World, action: str) -> None:
    target = target_of(world, action)
    undo = MANIFESTS[world.connector].actions[action].undo
    before = world.open(world.context(read_only=True)).read(target)

    receipt = act(world, action, target).receipt
    during = world.open(world.context(read_only=True)).read(target)
    outcome = getattr(world.open(), undo)(target, receipt)
    after = world.open(world.context(read_only=True, fresh=True)).read(target)

    assert outcome.changed
    assert (during.attributes, during.sealed) != (before.attributes, before.sealed)
    assert (after.attributes, after.sealed) == (before.attributes, before.sealed)


@promise("restore", lambda manifest, name, spec: is_changing(manifest, name) and spec.undo)
def test_undoing_twice_changes_nothing_the_second_time(world: World, action: str) -> None:
    target = target_of(world, action)
    undo = MANIFESTS[world.connector].actions[action].undo
    receipt = act(world, action, target).receipt
    getattr(world.open(), undo)(target, receipt)
    effects = len(world.fake.effects)

    again = getattr(world.open(), undo)(target, receipt)

    assert not again.changed
    assert len(world.fake.effects) == effects


@promise("restore", lambda manifest, name, spec: is_changing(manifest, name) and spec.undo)
def test_what_would_be_undone_is_said_before_and_after(world: World, action: str) -> None:
    target = target_of(world, action)
    undo = MANIFESTS[world.connector].actions[action].undo
    receipt = act(world, action, target).receipt
    looking = world.open(world.context(read_only=True))

    left = {each.since for each in looking.compare(target, receipt)}
    getattr(world.open(), undo)(target, receipt)
    restored = world.open(world.context(read_only=True)).compare(target, receipt)

    assert left == {Since.AS_LEFT}
    assert {each.since for each in restored} == {Since.AS_BEFORE}
    assert {each.now for each in restored} == {each.before for each in restored}


@promise("restore", lambda manifest, name, spec: is_changing(manifest, name) and spec.undo)
def test_a_change_whose_answer_was_lost_is_undone_from_the_before_image(world: World, action: str) -> None:
    target = target_of(world, action)
    undo = MANIFESTS[world.connector].actions[action].undo
    before = world.open(world.context(read_only=True)).read(target)
    act(world, action, target)

    receipt = world.open(world.context(read_only=True)).receipt_of(action, before)
    outcome = getattr(world.open(world.context(key="run-1/undo")), undo)(target, receipt)

    after = world.open(world.context(read_only=True, fresh=True)).read(target)
    assert outcome.changed
    assert (after.attributes, after.sealed) == (before.attributes, before.sealed)


@promise("shut-before", lambda _manifest, name, spec: name == "disable_account" and spec.undo)
def test_a_before_image_that_was_shut_gives_nothing_to_undo(world: World, action: str) -> None:
    target = target_of(world, action)
    getattr(world.open(world.context(key="run-0/step-1")), action)(target)
    shut = world.open(world.context(read_only=True)).read(target)

    receipt = world.open(world.context(read_only=True)).receipt_of(action, shut)

    assert world.open(world.context(read_only=True)).compare(target, receipt) == ()


@promise("shut-before", lambda _manifest, name, spec: name == "disable_account" and spec.undo)
def test_what_was_shut_before_us_stays_shut(world: World, action: str) -> None:
    target = target_of(world, action)
    getattr(world.open(world.context(key="run-0/step-1")), action)(target)
    receipt = act(world, action, target).receipt

    if receipt is not None:
        getattr(world.open(), str(MANIFESTS[world.connector].actions[action].undo))(target, receipt)

    assert Proof.CONTRADICTED not in proofs(world, action, target)


@promise("ambiguous", lambda _manifest, name, _spec: name == "find_accounts")
def test_finding_yields_every_candidate_and_no_stranger(world: World, action: str) -> None:
    looking = world.open(world.context(read_only=True))
    assert world.twins is not None

    mine = list(looking.find_accounts(world.person))
    both = [account.id for account in looking.find_accounts(world.twins)]
    nobody = list(looking.find_accounts(world.stranger))

    assert len(both) == len(set(both)) > 1
    assert nobody == []
    assert [(account.connector, account.status) for account in mine] == [
        (world.connector, AccountStatus.ACTIVE)
    ]
    assert set(mine[0].identifiers) <= {"employee_no", "email", "username"}
    assert mine[0].identifiers


@promise("devices", lambda _manifest, name, _spec: name == "devices")
def test_a_person_has_their_device_and_a_stranger_none(world: World, action: str) -> None:
    looking = world.open(world.context(read_only=True))

    assert [device.connector for device in looking.devices(world.person)] == [world.connector]
    assert list(looking.devices(world.stranger)) == []


@promise("paging", lambda _manifest, name, _spec: name == "list_accounts")
def test_a_roster_of_several_pages_has_everybody_once(world: World, action: str) -> None:
    context = world.context(read_only=True)

    listed = [account.id for account in world.open(context).list_accounts()]

    assert sorted(listed) == sorted(world.everybody)
    asked = Counter(call.asked for call in context.calls)
    assert max(asked.values()) >= 3


@pytest.mark.parametrize(
    "connector", [case.values[0] for case in cases("credentials", lambda *_: _[1] == "check")]
)
def test_credentials_that_ran_out_are_renewed_once(world: World) -> None:
    expected = anything(world)
    world.refuse_credentials_once()

    assert anything(world) == expected


@pytest.mark.parametrize(
    "connector", [case.values[0] for case in cases("rate-limit", lambda *_: _[1] == "check")]
)
def test_a_system_that_wants_us_to_wait_is_left_alone(world: World) -> None:
    world.limit_once(7)

    with pytest.raises(RateLimited) as limited:
        anything(world)
    asked = len(world.fake.requests)
    with pytest.raises(RateLimited):
        anything(world)

    assert 6 <= limited.value.retry_after_s <= 7
    assert len(world.fake.requests) == asked


@pytest.mark.parametrize(
    "connector", [case.values[0] for case in cases("secrets", lambda *_: _[1] == "check")]
)
def test_no_secret_is_seen_anywhere(world: World) -> None:
    manifest = MANIFESTS[world.connector]
    settings = world.fake.settings()
    secrets = [
        settings[name] for name, spec in manifest.settings.items() if spec.secret and settings.get(name)
    ]

    seen = _everything_said(world)

    assert secrets
    assert [secret for secret in (*secrets, *world.secrets) if secret in seen] == []


@promise("check", lambda _manifest, name, _spec: name == "check")
def test_a_check_reads_only_and_is_all_good(world: World, action: str) -> None:
    health = world.open(world.context(read_only=True)).check()

    assert health.checks
    assert [check for check in health.checks if not check.ok] == []
    assert world.fake.effects == []


@promise("logs", lambda _manifest, name, _spec: name == "collect_logs")
def test_collected_logs_say_of_each_day_how_complete_they_are(world: World, action: str) -> None:
    context = world.context(read_only=True)
    window = Window(start=context.now() - timedelta(days=3), end=context.now())

    items = list(world.open(context).collect_logs(window))

    logs = [item for item in items if isinstance(item, RawLog)]
    days = Counter((item.kind, item.day) for item in items if isinstance(item, CoverageDay))
    assert len(logs) + sum(days.values()) == len(items)
    assert set(days.values()) == {1}
    assert {(log.kind, log.day) for log in logs} <= set(days)
    assert world.fake.effects == []


def _everything_said(world: World) -> str:
    """Whatever the connector shows while it works and while it fails."""
    said: list[object] = [world.registry, anything(world)]
    manifest = MANIFESTS[world.connector]
    for action in manifest.actions:
        if not is_changing(manifest, action):
            continue
        context = world.context()
        connector = world.open(context)
        target = target_of(world, action)
        outcome = getattr(connector, action)(target)
        said += [connector, vars(connector) if hasattr(connector, "__dict__") else "", outcome, context.calls]
        if manifest.actions[action].expects:
            said.append(evidence(world, action, target))
    for trouble in (world.refuse_credentials_once, lambda: world.limit_once(7)):
        context = world.context(fresh=True)
        try:
            trouble()
            said += [world.open(context).check().checks]
        except ConnectorError as error:
            said += [error, repr(error), error.__cause__, error.hint]
        said.append(context.calls)
    return "\n".join(f"{each!r} {each!s}" for each in said)
