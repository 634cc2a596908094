"""What clients were told, what targets saw and what the ledger says fit together, whatever happened in between."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from http import HTTPStatus
from pathlib import Path
from typing import Any

import pytest

from connectors.sdk.http import close_sessions
from service.ledger.bound import bind
from tests.integration.faults import company
from tests.integration.faults.company import TestClock
from tests.integration.faults.history import violations
from tests.integration.faults.machine_clock import MachineClock
from tests.integration.faults.seen import History
from tests.integration.faults.serving import Plant, Server
from tests.integration.faults.storm import Storm, told
from tests.integration.faults.strangers import Strangers
from tests.integration.faults.troubles import Cable, DirectoryCable, Troubles
from tests.integration.faults.wire import Wire
from tests.integration.faults.words import judged, words

pytestmark = pytest.mark.timeout(600)

LEAVERS = 24


@pytest.fixture(autouse=True)
def _nobody_bound() -> Iterator[None]:
    yield
    close_sessions()
    bind(None)


def weather(
    folder: Path,
    *,
    seed: int,
    seconds: float,
    kills: int,
    database: str = "",
    plant: Plant | None = None,
    wire: Wire | None = None,
    clock_is_set: bool = False,
) -> History:
    """A storm over a new company, then peace, and a look at everybody's access an hour later; gives its history.

    Args:
        wire: To the database, where it may be cut.
        clock_is_set: The machine's clock is wrong every now and then.
    """
    company.found(folder, leavers=LEAVERS, database=database, manned=True)
    time, up = TestClock.open(folder), threading.Event()
    machine = MachineClock(folder, up) if clock_is_set else None
    with company.opened(folder, time) as opened:

        def start() -> Server:
            return machine.start() if machine else Server.forked(folder, plant=plant)

        opened.chaos.faults.delay_ms = 150  # so that a kill finds something out
        storm = Storm(folder, start(), seed, opened.numbers, up=up)
        storm.server.ready()
        cables = [*map(Cable, opened.fakes.values()), DirectoryCable(opened.directory)]
        besides = (Strangers(opened, seed), Troubles(seed, cables, wire, machine))
        storm.blow(clients=4, seconds=seconds, restart=start, kills=kills, besides=besides)
        opened.chaos.faults.delay_ms = 0
        storm.until_quiet()
        look_again(storm, time, start)
        storm.server.kill()
        return told(storm, opened)


def look_again(storm: Storm, clock: TestClock, restart: Callable[[], Server]) -> None:
    """Let the hour pass after which what was shut is read again."""
    storm.server.kill()
    clock.skip(minutes=65)
    storm.begin_again(restart)
    storm.until_quiet()


def it_holds(history: History, *, judging: int) -> None:
    """Nothing is wrong with it, and it is not so because nobody could be judged."""
    assert violations(history) == {}
    assert len(judged(history)) >= judging, f"{len(judged(history))} of {len(words(history))} judged"
    assert history.effects


def test_a_short_history_with_kills_holds(tmp_path: Path) -> None:
    history = weather(tmp_path / "company", seed=1, seconds=5, kills=1)

    it_holds(history, judging=5)


@pytest.mark.postgres
def test_a_short_history_with_kills_holds_on_postgresql(tmp_path: Path, wire: tuple[Wire, str]) -> None:
    cable, url = wire

    history = weather(tmp_path / "company", seed=1, seconds=5, kills=1, database=url, wire=cable)

    it_holds(history, judging=5)


@pytest.mark.faults
@pytest.mark.parametrize("seed", range(10))
def test_long_histories_with_kills_hold_on_sqlite(seed: int, tmp_path: Path) -> None:
    history = weather(tmp_path / "company", seed=seed, seconds=30, kills=5)

    it_holds(history, judging=10)


@pytest.mark.faults
@pytest.mark.postgres
@pytest.mark.parametrize("seed", range(10))
def test_long_histories_with_kills_and_cut_wires_hold_on_postgresql(
    seed: int, tmp_path: Path, wire: tuple[Wire, str]
) -> None:
    cable, url = wire

    history = weather(tmp_path / "company", seed=seed, seconds=30, kills=5, database=url, wire=cable)

    it_holds(history, judging=10)


@pytest.mark.faults
@pytest.mark.faketime
@pytest.mark.parametrize("seed", range(5))
def test_long_histories_on_a_clock_that_jumps_hold(seed: int, tmp_path: Path) -> None:
    history = weather(tmp_path / "company", seed=seed, seconds=60, kills=3, clock_is_set=True)

    it_holds(history, judging=10)
    assert any(entry.event == "clock.jumped" for entry in history.entries)


# The service is broken on purpose: the storm finds it.


def put_in_place_of(room: Any, name: str, broken: Callable[..., Any]) -> None:
    """Break one thing. Raises `AttributeError` where it is called something else by now: nothing would be broken."""
    getattr(room, name)
    setattr(room, name, broken)


def _answers_before_it_stores() -> None:
    """2xx, and then nothing is stored."""
    from service.intake.answer import Answer
    from service.intake.receive import Intake

    keep = Intake._write
    seen: list[int] = []

    def forgets(self: Intake, *given: Any, **more: Any) -> Answer:
        seen.append(1)
        if len(seen) % 3 == 0:
            return Answer(status=HTTPStatus.ACCEPTED, body={"id": "", "state": "accepted", "departure": None})  # type: ignore[arg-type]
        return keep(self, *given, **more)

    put_in_place_of(Intake, "_write", forgets)


def _lets_out_what_is_out() -> None:
    """After a crash it does not take back: it lets out a second time, with the first still out."""
    from service.engine import admission

    def silently(session: Any, steps: Any, *, now: Any) -> None:
        for step in steps:
            if step.checking:
                step.checking = False
            else:
                step.state, step.next_at = admission.StepState.READY, now

    put_in_place_of(admission, "take_back", silently)


def _changes_before_it_says_so() -> None:
    """The intent is not recorded."""
    from service.engine import admission
    from service.ledger.event import Event

    record = admission.record

    def mute(session: Any, step: Any, event: Event, **more: Any) -> int:
        return 0 if event is Event.STEP_ATTEMPTED else record(session, step, event, **more)

    put_in_place_of(admission, "record", mute)


def _calls_done_what_it_did_not_do() -> None:
    """Nothing is changed at any target, and every step is done."""
    from service.engine.executor import Executor
    from service.engine.order import Done, Returned
    from service.playbook.model import Grade

    carried_out = Executor.carry_out

    def lies(self: Executor, order: Any, looked: Any = None) -> Returned:
        if not order.action.startswith(("chaos.", "salesforce.")):
            return carried_out(self, order, looked)
        return Returned(order=order, result=Done(grade=Grade.OBSERVED, changed=True))

    put_in_place_of(Executor, "carry_out", lies)


def _tells_nobody() -> None:
    """The channel is not told, and nothing seems to be missing there."""
    from service.slack.publisher import Publisher

    put_in_place_of(Publisher, "_touch", lambda *_: None)


def _goes_on_while_paused() -> None:
    """A pause is on record, and stops nothing."""
    from service.engine import interventions
    from service.engine.interventions import Verb

    mark = interventions._mark

    def forgets(session: Any, run: Any, wish: Any, *given: Any, **more: Any) -> None:
        mark(session, run, wish, *given, **more)
        run.paused = False

    put_in_place_of(interventions, "_mark", forgets)
    put_in_place_of(
        interventions, "_DO", {**interventions._DO, Verb.PAUSE: lambda *_: None, Verb.CANCEL: lambda *_: None}
    )


def _lets_one_person_let_go() -> None:
    """Nobody is the same human as anybody: who named a list says the second yes too."""
    from service.engine import approvals

    put_in_place_of(approvals, "same_human", lambda *_: False)


def _calls_put_back_what_it_left() -> None:
    """Nothing is put back, and every step of the way back is done."""
    from service.engine.order import Done
    from service.engine.restoring import Restorer
    from service.playbook.model import Grade

    put_in_place_of(Restorer, "__call__", lambda *_: Done(grade=Grade.OBSERVED, changed=True))


def _stops_no_batch() -> None:
    """That a batch is stopped is on record, and stops nothing."""
    from service.engine import waves
    from service.ledger.event import Event

    steered = waves._steered

    def forgets(session: Any, batch: Any, verb: str, *given: Any, **more: Any) -> Event:
        event = steered(session, batch, verb, *given, **more)
        if event is Event.BATCH_STOPPED:
            batch.stopped_at = None
        return event

    put_in_place_of(waves, "_steered", forgets)


def _opens_every_wave() -> None:
    """So many at a time are all at once."""
    from service.engine import approvals

    put_in_place_of(approvals, "into_waves", lambda *_: {})


def _overrules_others() -> None:
    """What somebody else changed since is taken for what we left."""
    from connectors.sdk.types import Since
    from service.engine import restoring

    compared = restoring.difference

    def blind(*given: Any) -> Any:
        receipt, found = compared(*given)
        return receipt, tuple(replace(each, since=Since.AS_LEFT) for each in found)

    put_in_place_of(restoring, "difference", blind)


def _never_looks_again() -> None:
    """What was read back once is never read any more."""
    from service.engine import machine

    put_in_place_of(machine, "next_look", lambda *_, **__: None)


@pytest.mark.faults
@pytest.mark.parametrize(
    ("plant", "broken"),
    [
        (_answers_before_it_stores, "acknowledged_is_recorded"),
        (_lets_out_what_is_out, "one_live_attempt"),
        (_changes_before_it_says_so, "no_effect_without_intent"),
        (_calls_done_what_it_did_not_do, "done_is_so"),
        (_tells_nobody, "everybody_hears_of_it"),
        (_goes_on_while_paused, "people_are_obeyed"),
        (_lets_one_person_let_go, "two_persons_let_go"),
        (_calls_put_back_what_it_left, "what_is_taken_back_is_as_before"),
        (_stops_no_batch, "a_stopped_batch_stands"),
        (_opens_every_wave, "waves_wait_for_their_turn"),
        (_overrules_others, "nobody_else_is_overruled"),
        (_never_looks_again, "what_was_shut_is_looked_at_again"),
    ],
)
def test_a_broken_service_is_found_out(plant: Callable[[], None], broken: str, tmp_path: Path) -> None:
    history = weather(tmp_path / "company", seed=5, seconds=60, kills=4, plant=plant)

    assert broken in violations(history)
