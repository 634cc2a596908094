"""What becomes of a step where some of its accounts could not be dealt with: the most careful of what they want."""

from datetime import UTC, datetime

import pytest

from connectors.sdk.types import Device, Evidence, Outcome, Pending, Proof
from service.engine.carried import Carried, together
from service.engine.order import Again, Ask


def again(*, after_s: float | None = None, look_first: bool = False) -> Again:
    return Again(error="Unavailable", what="No.", hint="Wait.", after_s=after_s, look_first=look_first)


def ask(name: str, *, failed: bool = True, shut_gate: bool = False) -> Ask:
    return Ask(error=name, what="No.", hint="Look.", failed=failed, shut_gate=shut_gate)


@pytest.mark.parametrize(
    ("asked", "waits"), [((3.0, 60.0), 60.0), ((60.0, 3.0), 60.0), ((None, 3.0), 3.0), ((None, None), None)]
)
def test_the_step_waits_as_long_as_the_account_that_needs_longest(
    asked: tuple[float | None, ...], waits: float | None
) -> None:
    found = together([], [again(after_s=seconds) for seconds in asked])

    assert isinstance(found, Again)
    assert found.after_s == waits


@pytest.mark.parametrize("order", [(True, False), (False, True)])
def test_one_account_that_may_have_been_changed_has_all_looked_at_first(order: tuple[bool, bool]) -> None:
    found = together([], [again(look_first=one) for one in order])

    assert isinstance(found, Again)
    assert found.look_first


@pytest.mark.parametrize("turn", [1, -1])
def test_refused_credentials_are_told_before_whatever_else_is_asked(turn: int) -> None:
    asks = [ask("NotFound", failed=False), ask("Refused"), ask("AuthError", shut_gate=True)]

    found = together([], asks[::turn])

    assert isinstance(found, Ask)
    assert (found.error, found.shut_gate) == ("AuthError", True)


@pytest.mark.parametrize("turn", [1, -1])
def test_what_went_wrong_is_told_before_what_only_waits_for_an_answer(turn: int) -> None:
    found = together([], [ask("NotFound", failed=False), ask("Refused")][::turn])

    assert isinstance(found, Ask)
    assert (found.error, found.failed) == ("Refused", True)


def test_refused_credentials_are_not_tried_again_for_the_sake_of_another_account() -> None:
    found = together([], [again(), ask("AuthError", shut_gate=True)])

    assert isinstance(found, Ask)
    assert found.shut_gate


def test_a_device_that_is_ordered_hides_no_other_that_could_not_be() -> None:
    still_open = Evidence(
        kind="lock", proof=Proof.CONTRADICTED, how="probe", observed_at=datetime(2026, 3, 2, tzinfo=UTC)
    )
    ordered = Carried(
        target=Device(connector="mdm", id="d-1", label="Laptop"),
        outcome=Outcome(changed=True, pending=Pending(ref="1", why="It sleeps.")),
        evidence=(still_open,),
    )

    found = together([ordered], [ask("Refused")])

    assert isinstance(found, Ask)
    assert (found.error, found.failed) == ("Refused", True)
    assert [reading.target_id for reading in found.readings] == ["d-1"]
