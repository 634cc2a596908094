"""Whoever reports to the leaver leaves nothing of theirs open and approves nothing of it, at any door."""

from typing import Any

import pytest

from service.engine.decisions import Decision, NotDecided, Said
from service.engine.interventions import Verb
from service.engine.states import StepState
from service.people.person import Person
from service.playbook.model import Grade
from tests.unit.engine.test_asking import answer, seed
from tests.unit.engine.test_interventions import do, refused
from tests.unit.engine.test_undo import hanna_reports_to_mike
from tests.unit.engine.world import World

NOTE = "Asked the vendor, and looked there."
APPROVAL = """
  - {id: may-wipe, action: ask, minimum: attested, with: {question: May it be wiped?}}
"""


@pytest.fixture
def below(world: World) -> World:
    """Hanna of IT reports to Mike, who leaves."""
    hanna_reports_to_mike(world)
    world.begin(extra=APPROVAL)
    world.drain()
    return world


def confirm(world: World, step: str, said: Said = Said.DONE) -> None:
    row = world.step(step)
    world.desk.confirm(
        Decision(
            step_run_id=row.id,
            revision=row.revision,
            person_id=world.people["hanna"],
            door="slack",
            said=said,
            note=NOTE,
        )
    )


@pytest.mark.parametrize("verb", [Verb.SKIP, Verb.CANCEL, Verb.PAUSE], ids=str)
@pytest.mark.parametrize("step", ["", "mailbox"])
def test_a_report_of_the_leaver_leaves_nothing_of_theirs_open(below: World, verb: Verb, step: str) -> None:
    assert refused(below, verb, step, who="hanna") == "report"

    assert below.bodies("intervention.refused") == [{"verb": verb.value, "reason": "report", "door": "cli"}]


def test_a_report_of_the_leaver_may_have_access_end(below: World) -> None:
    do(below, Verb.CHECK, who="hanna")
    do(below, Verb.PAUSE, who="ivan")

    do(below, Verb.RESUME, who="hanna")
    do(below, Verb.CANCEL, who="ivan")
    do(below, Verb.RETRY, who="hanna")

    assert below.step("mailbox").state is StepState.READY


@pytest.mark.parametrize(
    ("step", "said"),
    [("mailbox", Said.DOES_NOT_APPLY), ("may-wipe", Said.DONE), ("may-wipe", Said.ALREADY_GONE)],
    ids=str,
)
def test_a_report_of_the_leaver_waives_and_approves_nothing(below: World, step: str, said: Said) -> None:
    before = below.step(step)

    with pytest.raises(NotDecided, match="reports to the leaver neither skips") as why:
        confirm(below, step, said)

    assert why.value.reason == "report"
    assert (below.step(step).state, below.step(step).revision) == (StepState.WAITING, before.revision)
    assert below.bodies("confirmation.refused") == [{"reason": "report", "door": "slack"}]


def test_a_report_of_the_leaver_says_what_they_have_done_and_hands_on_what_they_cannot(below: World) -> None:
    confirm(below, "may-wipe", Said.CANNOT)
    confirm(below, "mailbox")

    assert below.step("mailbox").grade is Grade.ATTESTED
    assert below.step("may-wipe").state is StepState.WAITING


def test_what_a_report_of_the_leaver_confirmed_says_so_though_they_work_for_somebody_else_by_now(
    below: World,
) -> None:
    confirm(below, "mailbox")
    with below.store.write() as session:
        session.get_one(Person, below.people["hanna"]).manager_id = below.people["ivan"]

    (mailbox,) = (step for step in below.facts().steps if step.step == "mailbox")
    assert [said.report for said in mailbox.confirmations] == [True]
    assert below.bodies("step.confirmed")[-1]["report"] is True


def test_a_report_of_the_leaver_does_not_say_that_there_is_no_account(world: Any) -> None:
    hanna_reports_to_mike(world)
    seed(world, {"email": "mike@example.com"}, {"username": "mike"})
    world.begin()
    world.drain()

    with pytest.raises(NotDecided, match="does not say that they have no account") as why:
        answer(world, None, by="hanna")

    assert why.value.reason == "report"
    assert world.step("shut").state is StepState.WAITING
    assert world.bodies("confirmation.refused")[-1]["reason"] == "report"
