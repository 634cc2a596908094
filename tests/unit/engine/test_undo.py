"""Taking a run back: what was changed is as it was, nothing else is touched, and whoever must decide is asked."""

from collections.abc import Callable

import pytest
from sqlalchemy import select

from connectors.sdk.types import Proof
from service.departures.departure import Departure
from service.departures.kind import DepartureState
from service.engine.decisions import Decision, NotDecided, Said
from service.engine.states import Colour, StepState
from service.engine.tables import Run, StepRun
from service.engine.undo import UndoWish, sweep
from service.engine.undos import Because, Undo
from service.ledger.entry import LedgerEntry
from service.people.person import Person, Role, RoleGrant
from service.playbook.model import Grade
from tests.unit.engine.world import World

NOTE = "HR had the wrong person in the list."
ACCOUNT = "acc-1"


def undo(world: World, **more: object) -> None:
    """Ivan says that the run is to be undone."""
    given = {"run_id": world.run_id, "person_id": world.people["ivan"], "door": "cli", "note": NOTE}
    world.desk.undo(UndoWish(**(given | more)))  # type: ignore[arg-type]


def sweep_and_drain(world: World) -> None:
    """What every cycle of the engine does."""
    for _ in range(20):
        with world.store.write() as session:
            sweep(session, now=world.clock())
        orders = world.admit()
        if not orders:
            return
        for order in orders:
            world.finish(order)


def states(world: World) -> dict[str, StepState]:
    with world.store.read() as session:
        query = select(StepRun).where(StepRun.run_id == world.run_id).order_by(StepRun.position)
        return {step.step: step.state for step in session.scalars(query)}


def departure(world: World) -> Departure:
    with world.store.read() as session:
        return session.scalars(select(Departure)).one()


def run(world: World) -> Run:
    with world.store.read() as session:
        return session.get_one(Run, world.run_id)


def events(world: World) -> list[str]:
    with world.store.read() as session:
        return list(session.scalars(select(LedgerEntry.event).order_by(LedgerEntry.seq)))


def account(world: World) -> dict[str, object]:
    return {key: value for key, value in world.fake.state["accounts"][ACCOUNT].items() if key != "sessions"}


def test_an_undone_run_leaves_the_account_as_it_was_and_withdraws_the_departure(world: World) -> None:
    before = account(world)
    world.begin()
    world.drain()
    assert account(world) != before

    undo(world)
    sweep_and_drain(world)

    assert account(world) == before
    assert states(world) == {
        "shut": StepState.DONE,
        "sessions": StepState.DONE,
        "mailbox": StepState.CANCELLED,
        "undo.shut": StepState.DONE,
    }
    assert world.step("undo.shut").grade is Grade.CORROBORATED
    assert (run(world).colour, departure(world).state) == (Colour.GREEN, DepartureState.WITHDRAWN)
    assert events(world)[-1] == "departure.withdrawn"
    assert "run.undoing" in events(world)
    assert "run.undone" in events(world)


def test_what_is_never_brought_back_is_listed_with_what_to_do(world: World) -> None:
    world.begin()
    world.drain()

    undo(world)

    with world.store.read() as session:
        made = session.get_one(Undo, world.run_id)
    assert [title for title, _ in made.lost] == ["Chaos: End every session"]
    assert (made.because, made.note, made.door) == (Because.MISTAKE, NOTE, "cli")


def test_what_is_brought_back_only_sometimes_is_listed_where_the_outcome_said_so(world: World) -> None:
    world.begin()
    world.drain()
    what = "Nobody knows the password any more."
    with world.store.write() as session:
        shut = session.query(StepRun).filter(StepRun.step == "shut").one()
        shut.residual = [
            {"what": "An old ticket.", "until": None},
            {"what": what, "until": None, "lost": True},
        ]

    undo(world)

    with world.store.read() as session:
        lost = session.get_one(Undo, world.run_id).lost
    assert [shut.title, what] in lost
    assert "An old ticket." not in str(lost)


def test_what_was_shut_before_us_stays_shut(world: World) -> None:
    world.fake.state["accounts"][ACCOUNT]["active"] = False
    before = account(world)
    world.begin()
    world.drain()

    undo(world)
    sweep_and_drain(world)

    assert account(world) == before
    assert world.step("undo.shut").state is StepState.DONE
    assert departure(world).state is DepartureState.WITHDRAWN
    assert [effect for effect in world.fake.effects if effect["what"].startswith("account.")] == []


def test_where_somebody_else_was_there_since_nothing_is_put_back_and_a_person_decides(world: World) -> None:
    world.begin()
    world.drain()
    world.fake.state["accounts"][ACCOUNT]["blocked_by"] = "security"
    found = account(world)

    undo(world)
    sweep_and_drain(world)

    stopped = world.step("undo.shut")
    assert account(world) == found
    assert (stopped.state, run(world).colour) == (StepState.FAILED, Colour.RED)
    assert (
        "changed by somebody else since: blocked_by is security now, and was exeunt when we left it"
        in stopped.why
    )
    assert departure(world).state is DepartureState.RESTORING


def test_a_person_may_leave_a_conflict_as_it_is(world: World) -> None:
    world.begin()
    world.drain()
    world.fake.state["accounts"][ACCOUNT]["blocked_by"] = "security"
    undo(world)
    sweep_and_drain(world)

    stopped = world.step("undo.shut")
    world.desk.confirm(
        Decision(
            step_run_id=stopped.id,
            revision=stopped.revision,
            person_id=world.people["ivan"],
            door="web",
            said=Said.DOES_NOT_APPLY,
            note="Security keeps it shut for now.",
        )
    )

    assert (run(world).colour, departure(world).state) == (Colour.AMBER, DepartureState.WITHDRAWN)
    assert world.facts().headline == "Taken back: 0 of 1 put back. 2 are not brought back."
    (progress,) = world.desk.undoing([world.run_id])
    assert progress.lost[-1] == (stopped.title, "A person said that it does not apply: it stays as it is.")


def test_asking_twice_undoes_once(world: World) -> None:
    world.begin()
    world.drain()
    undo(world)

    with pytest.raises(NotDecided, match="It is undone once") as refused:
        undo(world)
    sweep_and_drain(world)

    assert refused.value.reason == "undone"
    written = [effect for effect in world.fake.effects if effect["what"] == "account.active"]
    assert len(written) == 2
    assert events(world).count("run.undoing") == 1
    assert events(world).count("undo.refused") == 1


def test_an_undo_is_not_undone(world: World) -> None:
    world.begin()
    world.drain()
    undo(world)
    sweep_and_drain(world)

    with pytest.raises(NotDecided, match="An undo is not undone"):
        undo(world)

    assert departure(world).state is DepartureState.WITHDRAWN


def test_a_step_under_way_is_recorded_when_it_comes_back_and_then_undone(world: World) -> None:
    before = account(world)
    world.begin()
    out = {order.step: order for order in world.admit()}
    undo(world)
    sweep_and_drain(world)
    assert states(world)["undo.shut"] is StepState.BLOCKED

    world.finish(out["mailbox"])
    world.finish(out["shut"])
    assert account(world) != before
    sweep_and_drain(world)

    assert states(world)["shut"] is StepState.DONE
    assert states(world)["undo.shut"] is StepState.DONE
    assert account(world) == before
    assert departure(world).state is DepartureState.WITHDRAWN


@pytest.mark.parametrize("landed", [True, False])
def test_a_step_whose_process_died_is_not_repeated_but_looked_at_and_undone(
    world: World, landed: bool
) -> None:
    before = account(world)
    world.begin()
    out = next(order for order in world.admit() if order.step == "shut")
    undo(world)
    if landed:
        world.executor.carry_out(out)  # the call was made, and its answer died with the process
    with world.store.write() as session:
        world.admission.lose(session, now=world.clock())

    sweep_and_drain(world)

    assert account(world) == before
    assert states(world)["shut"] is StepState.CANCELLED
    assert departure(world).state is DepartureState.WITHDRAWN


def test_of_a_run_that_is_taken_back_no_step_goes_forward_even_before_it_is_swept(world: World) -> None:
    world.begin()
    world.admit()
    undo(world)
    with world.store.write() as session:
        world.admission.lose(session, now=world.clock())

    assert world.step("shut").state is StepState.READY
    assert world.admit() == []


def test_an_undo_that_was_killed_half_way_looks_first_and_repeats_nothing(world: World) -> None:
    before = account(world)
    world.begin()
    world.drain()
    undo(world)
    out = next(order for order in world.admit() if order.step == "undo.shut")
    world.executor.carry_out(out)
    with world.store.write() as session:
        world.admission.lose(session, now=world.clock())
    effects = len(world.fake.effects)

    sweep_and_drain(world)

    assert len(world.fake.effects) == effects
    assert account(world) == before
    assert departure(world).state is DepartureState.WITHDRAWN


def test_an_undo_is_read_back_once_more_and_a_contradiction_opens_it_again(world: World) -> None:
    world.begin()
    world.drain()
    undo(world)
    sweep_and_drain(world)
    world.fake.state["accounts"][ACCOUNT]["active"] = False

    world.clock.turn(minutes=2)
    sweep_and_drain(world)

    assert (run(world).colour, departure(world).state) == (Colour.RED, DepartureState.RESTORING)
    assert world.step("undo.shut").contradicted


def test_what_was_shut_is_not_read_back_once_it_is_open_again(world: World) -> None:
    world.begin()
    world.drain()
    undo(world)
    sweep_and_drain(world)

    world.clock.turn(minutes=2)
    sweep_and_drain(world)

    assert (run(world).colour, departure(world).state) == (Colour.GREEN, DepartureState.WITHDRAWN)
    assert world.step("shut").evidence
    assert not world.step("shut").contradicted


def test_what_a_person_did_is_for_a_person_to_take_back(world: World) -> None:
    world.begin()
    world.drain()
    asked = world.step("mailbox")
    world.desk.confirm(
        Decision(
            step_run_id=asked.id,
            revision=asked.revision,
            person_id=world.people["ivan"],
            door="web",
            note="Changed in the vault.",
        )
    )

    undo(world)
    sweep_and_drain(world)

    back = world.step("undo.mailbox")
    assert (back.state, back.title) == (StepState.WAITING, "Take back: Shared mailbox")
    assert departure(world).state is DepartureState.RESTORING


def test_a_lying_system_is_not_called_restored(world: World) -> None:
    world.begin()
    world.drain()
    undo(world)
    world.fake.faults.lie = {"account.active"}

    sweep_and_drain(world)

    assert world.step("undo.shut").state is StepState.FAILED
    assert Proof.CONTRADICTED.value in [row["proof"] for row in world.step("undo.shut").evidence]


def grant(world: World, person_id: str, role: Role) -> None:
    with world.store.write() as session:
        session.add(RoleGrant(id=f"g-{person_id}"[:36], person_id=person_id, role=role, since=world.clock()))


def hanna_reports_to_mike(world: World) -> None:
    grant(world, world.people["hanna"], Role.IT)
    with world.store.write() as session:
        session.get_one(Person, world.people["hanna"]).manager_id = world.people["mike"]


@pytest.mark.parametrize(
    ("who", "prepare", "reason"),
    [
        ("mike", lambda world: None, "leaver"),
        ("hanna", hanna_reports_to_mike, "report"),
        ("hanna", lambda world: None, "role"),
    ],
)
def test_who_may_not_undo_is_refused_and_the_refusal_is_recorded(
    world: World, who: str, prepare: Callable[[World], None], reason: str
) -> None:
    prepare(world)
    world.begin()
    world.drain()
    found = account(world)

    with pytest.raises(NotDecided) as refused:
        undo(world, person_id=world.people[who])
    sweep_and_drain(world)

    assert refused.value.reason == reason
    assert account(world) == found
    assert events(world).count("undo.refused") == 1


def test_why_must_be_said(world: World) -> None:
    world.begin()

    with pytest.raises(NotDecided, match="Say why"):
        undo(world, note="oops")


def test_a_run_there_is_not_is_not_undone(world: World) -> None:
    with pytest.raises(NotDecided, match="no such run"):
        undo(world, run_id="nobody's")

    assert events(world).count("undo.refused") == 1
