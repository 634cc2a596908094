"""A change that takes several calls and was cut short: the next try finishes it, and says again what stays open."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from connectors.ldap.fake import FakeLdap
from connectors.sdk.fakes.ldap_messages import Modify, Result
from connectors.sdk.fakes.ldap_server import HangUp
from service.engine.decisions import Decision
from service.engine.interventions import Verb, Wish
from service.engine.states import StepState
from service.ledger.keys import Keys
from service.store import Store
from tests.unit.engine import world as worlds
from tests.unit.engine.test_undo import sweep_and_drain, undo
from tests.unit.engine.world import MIKE, World

PLAYBOOK = """
playbook: test
version: 1
summary: A directory.
steps:
  - {id: shut, action: ldap.disable_account, minimum: observed, deadline: 10m, critical: true}
"""
GROUPS = PLAYBOOK.replace("disable_account", "remove_entitlements")
MIKE_DN = "uid=mike,ou=people,dc=example,dc=com"
Met = Callable[[str], Result | None]


@contextmanager
def directory_world(store: Store, clock: Any, keys: Keys, fake: FakeLdap, **more: str) -> Iterator[World]:
    fake.seed([{**MIKE, "groups": ["vpn", "wiki"]}, {**MIKE, "employee_no": "E-18", "email": "n@example.com",
               "username": "nora", "display_name": "Nora", "groups": ["vpn", "wiki"]}])  # fmt: skip
    with worlds.made(store, clock, keys, also={"ldap": {**fake.settings(), **more}}) as world:
        yield world


@pytest.fixture
def ad(store: Store, clock: Any, keys: Keys) -> Iterator[tuple[World, FakeLdap]]:
    with (
        FakeLdap(dialect="ad", now=clock) as fake,
        directory_world(store, clock, keys, fake, reset_password="true") as world,
    ):
        yield world, fake


@pytest.fixture
def openldap(store: Store, clock: Any, keys: Keys) -> Iterator[tuple[World, FakeLdap]]:
    with FakeLdap(now=clock) as fake, directory_world(store, clock, keys, fake) as world:
        yield world, fake


def met(fake: FakeLdap, by: Met) -> None:
    """A change of an attribute is answered so, where `by` gives an answer."""
    usual = fake.write

    def write(session: Any, request: Any) -> Result:
        operation = request.operation
        names = [name for _, name, _ in operation.changes] if isinstance(operation, Modify) else []
        return next((answer for name in names if (answer := by(name))), None) or usual(session, request)

    fake.write = write  # type: ignore[method-assign]


def first(attribute: str, code: int) -> Met:
    """The first change of the attribute is answered with the code; -1 hangs up."""
    to_come = [code]

    def answer(name: str) -> Result | None:
        if name != attribute or not to_come:
            return None
        code = to_come.pop()
        if code < 0:
            raise HangUp
        return Result(code=code)

    return answer


def control(fake: FakeLdap) -> str:
    return fake.entry(MIKE_DN).text("userAccountControl")  # type: ignore[union-attr]  # Mike is there


def was_reset(fake: FakeLdap) -> bool:
    return bool(fake.entry(MIKE_DN).values("unicodePwd"))  # type: ignore[union-attr]  # as above


def by_hand(fake: FakeLdap, **values: str) -> None:
    held = dict(fake.entry(MIKE_DN).attributes.values())  # type: ignore[union-attr]  # as above
    fake.put(
        MIKE_DN,
        {name: list(each) for name, each in held.items()} | {k: [v.encode()] for k, v in values.items()},
    )


def residual(world: World) -> str:
    return " ".join(row["what"] for row in world.step("shut").residual)


def drained(world: World) -> None:
    world.drain()
    world.clock.turn(minutes=2)
    world.drain()


def decided(world: World, verb: Callable[[Decision], Any]) -> None:
    step = world.step("shut")
    verb(Decision(step_run_id=step.id, revision=step.revision, person_id=world.people["ivan"], door="web"))
    world.drain()


@pytest.mark.parametrize("code", [51, 52, -1])
def test_a_reset_that_failed_for_now_is_made_up_for_and_what_stays_open_is_said(
    ad: tuple[World, FakeLdap], code: int
) -> None:
    world, fake = ad
    met(fake, first("unicodePwd", code))
    world.begin(PLAYBOOK)
    world.drain()
    assert (control(fake), was_reset(fake), world.step("shut").state) == ("514", False, StepState.READY)
    world.clock.turn(minutes=2)
    world.drain()

    assert world.step("shut").state is StepState.DONE
    assert was_reset(fake)
    assert "Kerberos tickets" in residual(world)
    assert "Nobody knows the password any more" in residual(world)
    undo(world)
    sweep_and_drain(world)
    assert control(fake) == "512"


def test_a_reset_that_is_refused_for_good_is_said_and_tried_again_when_somebody_says_so(
    ad: tuple[World, FakeLdap],
) -> None:
    world, fake = ad
    fake.faults.may_write = {"useraccountcontrol"}
    world.begin(PLAYBOOK)
    world.drain()
    failed = world.step("shut")
    assert (control(fake), failed.state) == ("514", StepState.FAILED)
    assert failed.why.startswith("The login is shut, and its password was not reset.")
    assert "Reset password" in failed.fix
    assert "The password is what it was" in residual(world)
    fake.faults.may_write = None

    decided(world, world.desk.retry)

    assert (world.step("shut").state, was_reset(fake)) == (StepState.DONE, True)
    assert "Nobody knows the password any more" in residual(world)


def test_a_reading_does_not_hide_that_the_password_is_what_it_was(ad: tuple[World, FakeLdap]) -> None:
    world, fake = ad
    fake.faults.may_write = {"useraccountcontrol"}
    world.begin(PLAYBOOK)
    world.drain()

    wish = Wish(verb=Verb.CHECK, run_id=world.run_id, person_id=world.people["ivan"], door="cli", step="shut")
    world.desk.intervene(wish)
    world.drain()

    assert world.step("shut").state is StepState.DONE
    assert "The password is what it was" in residual(world)


def test_who_takes_over_resets_the_password_too(ad: tuple[World, FakeLdap]) -> None:
    world, fake = ad
    met(fake, first("unicodePwd", -1))
    world.begin(PLAYBOOK)
    (order,) = world.admit()
    world.executor.carry_out(order)  # and its process dies
    with world.store.write() as session:
        world.admission.lose(session, now=world.clock())
    world.drain()

    assert (world.step("shut").state, was_reset(fake)) == (StepState.DONE, True)
    undo(world)
    sweep_and_drain(world)
    assert control(fake) == "514"
    assert "nobody can say" in world.step("undo.shut").why


def test_a_login_that_security_shut_after_the_directory_was_busy_stays_shut(
    ad: tuple[World, FakeLdap],
) -> None:
    world, fake = ad
    met(fake, first("userAccountControl", 51))
    world.begin(PLAYBOOK)
    world.drain()
    by_hand(fake, userAccountControl="514")
    world.clock.turn(minutes=2)
    world.drain()
    assert world.step("shut").state is StepState.DONE

    undo(world)
    sweep_and_drain(world)

    assert control(fake) == "514"
    assert world.step("undo.shut").state is StepState.DONE


def test_one_shut_door_does_not_hide_that_the_others_are_open(openldap: tuple[World, FakeLdap]) -> None:
    world, fake = openldap
    before = dict(fake.entry(MIKE_DN).attributes)  # type: ignore[union-attr]  # Mike is there
    fake.faults.lose_answer_after_write = 1
    world.begin(PLAYBOOK)
    drained(world)

    shut = fake.entry(MIKE_DN)
    assert shut is not None
    assert shut.text("pwdAccountLockedTime") == "000001010000Z"
    assert shut.text("pwdEndTime").startswith("1970")
    undo(world)
    sweep_and_drain(world)
    kept = {"userpassword", "pwdaccountlockedtime", "pwdendtime"}
    after = fake.entry(MIKE_DN).attributes  # type: ignore[union-attr]  # as above
    assert {k: v for k, v in after.items() if k in kept} == {k: v for k, v in before.items() if k in kept}


def test_a_login_that_security_locked_after_an_answer_was_lost_stays_locked(
    openldap: tuple[World, FakeLdap],
) -> None:
    world, fake = openldap
    met(fake, first("userPassword", 52))
    world.begin(PLAYBOOK)
    world.drain()
    by_hand(fake, pwdAccountLockedTime="000001010000Z")
    world.clock.turn(minutes=2)
    world.drain()
    assert world.step("shut").state is StepState.DONE

    undo(world)
    sweep_and_drain(world)

    assert fake.entry(MIKE_DN).text("pwdAccountLockedTime") == "000001010000Z"  # type: ignore[union-attr]  # as above
    assert world.step("undo.shut").state is StepState.FAILED


def groups_of(fake: FakeLdap) -> set[str]:
    return {
        name
        for name in ("vpn", "wiki", "sales")
        if MIKE_DN.encode() in fake.entry(f"cn={name},ou=groups,dc=example,dc=com").values("member")  # type: ignore[union-attr]  # they are there
    }


@pytest.mark.parametrize("code", [51, 52])
def test_groups_that_an_earlier_try_left_are_joined_again_too(
    openldap: tuple[World, FakeLdap], code: int
) -> None:
    world, fake = openldap
    held = groups_of(fake)
    changes: list[str] = []

    def second(name: str) -> Result | None:
        changes.append(name)
        return Result(code=code) if len(changes) == 2 else None

    met(fake, second)
    world.begin(GROUPS)
    drained(world)
    assert (world.step("shut").state, groups_of(fake)) == (StepState.DONE, set())

    undo(world)
    sweep_and_drain(world)

    assert groups_of(fake) == held
