"""Taking back what was changed by a try whose answer was lost, or before a person had it tried again."""

from collections.abc import Callable

from connectors.sdk.fakes.server import FakeAnswer, FakeRequest
from service.departures.kind import DepartureState
from service.engine.decisions import Decision
from service.engine.states import StepState
from service.engine.undos import Undo
from tests.unit.engine.test_undo import ACCOUNT, account, departure, sweep_and_drain, undo
from tests.unit.engine.world import World


def answering(world: World, instead: Callable[[FakeRequest], FakeAnswer | None]) -> None:
    """The target system answers so where `instead` gives an answer, and as always elsewhere."""
    usual = world.fake.answer_to
    world.fake.answer_to = lambda request: instead(request) or usual(request)  # type: ignore[method-assign]


def loses_the_answer(world: World, *, then_looks_open: bool = False) -> None:
    """The login is shut and the answer is lost; the first look afterwards may come too early to see it."""
    stale = [FakeAnswer(json={"opens": True})] if then_looks_open else []

    def instead(request: FakeRequest) -> FakeAnswer | None:
        if request.method == "PATCH" and "active" in request.json():
            world.fake.faults.lose_answers = 1
        return stale.pop() if stale and request.path.startswith("/probe/") else None

    answering(world, instead)


def test_a_change_whose_answer_was_lost_is_undone_from_the_before_image(world: World) -> None:
    before = account(world)
    world.begin()
    loses_the_answer(world)
    world.drain()
    world.clock.turn(minutes=1)
    world.drain()
    assert world.step("shut").state is StepState.DONE
    assert account(world)["blocked_by"] == "exeunt"

    undo(world)
    sweep_and_drain(world)

    assert account(world) == before


def test_a_second_try_that_finds_nothing_to_change_does_not_hide_the_first(world: World) -> None:
    before = account(world)
    world.begin()
    loses_the_answer(world, then_looks_open=True)
    world.drain()
    world.clock.turn(minutes=1)
    world.drain()
    assert (world.step("shut").state, world.step("shut").tries) == (StepState.DONE, 2)

    undo(world)
    sweep_and_drain(world)

    assert account(world) == before


def test_a_try_that_a_person_asked_for_does_not_hide_the_first_either(world: World) -> None:
    before = account(world)
    world.begin()
    loses_the_answer(world, then_looks_open=True)
    world.drain()
    world.clock.turn(minutes=11)
    world.fake.faults.status_once[("GET", r"/probe/.*")] = [(500, {})]
    world.drain()
    failed = world.step("shut")
    assert failed.state is StepState.FAILED
    again = Decision(
        step_run_id=failed.id, revision=failed.revision, person_id=world.people["ivan"], door="web"
    )
    world.desk.retry(again)
    world.drain()
    assert (world.step("shut").state, world.step("shut").tries) == (StepState.DONE, 1)

    undo(world)
    sweep_and_drain(world)

    assert account(world) == before


def test_what_somebody_else_shut_while_we_looked_stays_shut(world: World) -> None:
    world.begin()
    found, to_come = world.fake.state["accounts"][ACCOUNT], [False]

    def instead(request: FakeRequest) -> FakeAnswer | None:
        if request.path != f"/accounts/{ACCOUNT}" or not to_come:
            return None
        seen = FakeAnswer(json=dict(found))
        found["active"] = to_come.pop()
        return seen

    answering(world, instead)
    world.drain()
    assert world.step("shut").state is StepState.DONE

    undo(world)
    sweep_and_drain(world)

    assert account(world)["active"] is False
    assert departure(world).state is DepartureState.WITHDRAWN


def test_what_a_person_had_tried_again_is_listed_before_that_try_too(world: World) -> None:
    world.begin()
    world.drain(rounds=1)
    world.fake.faults.status_once[("GET", r"/accounts/[^/]+/sessions")] = [(403, {})]
    world.drain()
    failed = world.step("sessions")
    again = Decision(
        step_run_id=failed.id, revision=failed.revision, person_id=world.people["ivan"], door="web"
    )
    world.desk.retry(again)

    undo(world)

    with world.store.read() as session:
        assert [title for title, _ in session.get_one(Undo, world.run_id).lost] == [
            "Chaos: End every session"
        ]
