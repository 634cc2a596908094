"""What clients were told, what targets saw and what the ledger says fit together, whatever happened in between."""

import os
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from http import HTTPStatus
from pathlib import Path
from typing import Any

import pytest

from connectors.sdk.http import close_sessions
from service.ledger.bound import bind
from service.store import Store
from service.store.migrate import upgrade
from tests.conftest import new_database
from tests.integration.faults import company
from tests.integration.faults.history import (
    INVARIANTS,
    Effect,
    Entry,
    History,
    Op,
    Standing,
    violations,
)
from tests.integration.faults.serving import Plant, Server
from tests.integration.faults.storm import Storm, told

pytestmark = pytest.mark.timeout(600)

LEAVERS = 24


@pytest.fixture(autouse=True)
def _nobody_bound() -> Iterator[None]:
    yield
    close_sessions()
    bind(None)


def weather(
    folder: Path, *, seed: int, seconds: float, kills: int, database: str = "", plant: Plant | None = None
) -> History:
    """A storm over a new company, then peace; gives its history."""
    company.found(folder, leavers=LEAVERS, database=database)
    with company.opened(folder) as opened:

        def start() -> Server:
            return Server.forked(folder, plant=plant)

        opened.chaos.faults.delay_ms = 150  # so that a kill finds something out
        storm = Storm(folder, start(), seed, opened.numbers)
        storm.server.ready()
        storm.blow(clients=4, seconds=seconds, restart=start, kills=kills)
        storm.server.until_quiet()
        storm.server.kill()
        return told(storm, opened)


def test_a_short_history_with_kills_holds(tmp_path: Path) -> None:
    seed = int.from_bytes(os.urandom(3), "big")
    print(f"seed: {seed}")

    history = weather(tmp_path / "company", seed=seed, seconds=8, kills=2)

    assert violations(history) == {}
    assert sum(op.status == 202 for op in history.ops) >= 5
    assert history.effects


@pytest.mark.faults
@pytest.mark.parametrize("seed", range(10))
def test_long_histories_with_kills_hold_on_sqlite(seed: int, tmp_path: Path) -> None:
    history = weather(tmp_path / "company", seed=seed, seconds=30, kills=5)

    assert violations(history) == {}
    assert len(history.ops) > 50


@pytest.mark.faults
@pytest.mark.postgres
@pytest.mark.parametrize("seed", range(10))
def test_long_histories_with_kills_hold_on_postgresql(
    seed: int, tmp_path: Path, postgres_server: Any
) -> None:
    with new_database(postgres_server) as url:
        with closing(Store(url)) as store:
            upgrade(store)
        history = weather(tmp_path / "company", seed=seed, seconds=30, kills=5, database=url)

    assert violations(history) == {}


# The checker is itself checked: a good history, and one lie for each invariant.


def entry(seq: int, event: str, step: str = "shut", **body: Any) -> Entry:
    return Entry(
        seq=seq, at=f"2026-03-02T12:00:{seq:02}", event=event, departure="d", run="r", step=step, body=body
    )


GOOD = History(
    ops=(
        Op(kind="immediate", person="E-1", message="m-1", status=202),
        Op(kind="confirm", person="", message="", status=200, step="r/mailbox"),
    ),
    effects=(Effect(target="acc-1", what="active", key="r/shut", at="2026-03-02T12:00:04"),),
    entries=(
        entry(0, "webhook.accepted", "", webhook="w-1"),
        entry(1, "run.started", ""),
        entry(2, "step.attempted"),
        entry(3, "step.lost"),
        entry(4, "step.attempted"),
        entry(5, "step.done"),
        entry(6, "step.read_back"),
        entry(7, "step.confirmed", "mailbox"),
    ),
    steps=(
        Standing(run="r", step="shut", state="done", waits_for="", owner="it"),
        Standing(run="r", step="mailbox", state="done", waits_for="", owner="it"),
    ),
    webhooks={"m-1": "w-1"},
    departures={"d": ("E-1", "closed", "r"), "d-2": ("E-2", "withdrawn", "")},
    finished=frozenset({"r"}),
    targets_of={"E-1": frozenset({"acc-1"}), "E-2": frozenset({"acc-2"})},
    posts={"r": 1},
    ledger_holds=True,
)


def without(n: int) -> tuple[Entry, ...]:
    kept = [each for each in GOOD.entries if each.seq != n]
    return tuple(replace(each, seq=seq) for seq, each in enumerate(kept))


LIES: dict[str, History] = {
    "acknowledged_is_recorded": replace(GOOD, webhooks={}),
    "nobody_is_forgotten": replace(
        GOOD, departures={"d": ("E-1", "scheduled", ""), "d-2": ("E-2", "withdrawn", "")}
    ),
    "one_live_attempt": replace(GOOD, entries=without(3)),
    "done_stays_done": replace(
        GOOD, entries=(*GOOD.entries, entry(8, "step.attempted"), entry(9, "step.done"))
    ),
    "no_effect_without_intent": replace(GOOD, effects=(replace(GOOD.effects[0], at="2026-03-02T12:00:01"),)),
    "effects_count_once": replace(GOOD, effects=GOOD.effects * 2),
    "withdrawn_is_untouched": replace(GOOD, effects=(replace(GOOD.effects[0], target="acc-2"),)),
    "every_run_ends_or_names_somebody": replace(GOOD, finished=frozenset()),
    "one_open_departure_a_person": replace(
        GOOD, departures={**GOOD.departures, "x": ("E-1", "due", ""), "y": ("E-1", "held", "")}
    ),
    "done_is_so": replace(GOOD, still_open=frozenset({("E-1", "shut")})),
    "everybody_hears_of_it": replace(GOOD, posts={}),
    "what_was_said_last_counts": replace(
        GOOD,
        ops=(*GOOD.ops, Op(kind="rescinded", person="E-2", message="m-1", status=202)),
        departures={**GOOD.departures, "d-2": ("E-2", "scheduled", "")},
    ),
    "people_are_obeyed": replace(
        GOOD,
        entries=(
            *GOOD.entries,
            entry(8, "intervention.made", "", verb="pause"),
            entry(9, "step.attempted", "crm"),
        ),
    ),
    "the_ledger_holds": replace(GOOD, ledger_holds=False),
}
MORE_LIES: dict[str, History] = {
    "acknowledged_is_recorded": replace(GOOD, entries=without(7)),
    "no_effect_without_intent": replace(GOOD, effects=(replace(GOOD.effects[0], key=""),)),
    "effects_count_once": replace(GOOD, posts={"r": 2}),
    "one_open_departure_a_person": replace(GOOD, entries=(*GOOD.entries, entry(8, "run.started", ""))),
    "what_was_said_last_counts": replace(
        GOOD, ops=(*GOOD.ops, Op(kind="scheduled", person="E-2", message="m-1", status=202))
    ),
    "people_are_obeyed": replace(
        GOOD, entries=(*GOOD.entries, entry(8, "run.cancelled", ""), entry(9, "step.attempted", "crm"))
    ),
    "every_run_ends_or_names_somebody": replace(
        GOOD, steps=(replace(GOOD.steps[0], state="failed", waits_for=""), GOOD.steps[1])
    ),
    "the_ledger_holds": replace(GOOD, entries=(*GOOD.entries, entry(9, "step.read_back"))),
}


def test_the_checker_finds_nothing_wrong_with_a_good_history() -> None:
    assert violations(GOOD) == {}


@pytest.mark.parametrize(("name", "lie"), [*LIES.items(), *MORE_LIES.items()])
def test_the_checker_finds_each_lie_and_calls_it_by_its_name(name: str, lie: History) -> None:
    assert set(violations(lie)) == {name}


def test_every_invariant_has_a_lie() -> None:
    assert set(LIES) == {check.__name__ for check in INVARIANTS}


# And the service is broken on purpose: the storm finds it.


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
    ],
)
def test_a_broken_service_is_found_out(plant: Callable[[], None], broken: str, tmp_path: Path) -> None:
    history = weather(tmp_path / "company", seed=5, seconds=15, kills=4, plant=plant)

    assert broken in violations(history)
