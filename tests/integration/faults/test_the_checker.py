"""The checker of histories is itself checked: good histories, and lies for each invariant."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from tests.integration.faults.history import (
    INVARIANTS,
    one_open_departure_a_person,
    people_are_obeyed,
    violations,
)
from tests.integration.faults.made_up import STEERED, STEERED_LIES, looked_at
from tests.integration.faults.made_up_decided import (
    BEFORE,
    DECIDED,
    DECISIVE_LIES,
    FIRST,
    HEARD,
    RA_BEGINS,
    RA_IS_TAKEN_BACK,
    SECOND,
    THIRD,
    stands_on,
    taken_back_early,
    with_entries,
)
from tests.integration.faults.seen import Effect, Entry, History, Op, Standing
from tests.integration.faults.words import judged


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
    "acknowledged_is_recorded": replace(
        GOOD, webhooks={**GOOD.webhooks, "m-2": "w-2"}, ops=(*GOOD.ops, replace(GOOD.ops[0], message="m-2"))
    ),
    "nobody_is_forgotten": replace(
        GOOD, departures={"d": ("E-1", "scheduled", ""), "d-2": ("E-2", "withdrawn", "")}, effects=()
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


def every_lie() -> Iterator[tuple[str, History]]:
    yield from LIES.items()
    yield from MORE_LIES.items()
    yield from DECISIVE_LIES
    yield from STEERED_LIES


def test_the_checker_finds_nothing_wrong_with_a_good_history() -> None:
    assert violations(GOOD) == {}


def test_the_checker_finds_nothing_wrong_where_people_decide() -> None:
    assert violations(DECIDED) == {}
    assert judged(DECIDED) == {"E-5", "E-6", "E-7"}


def test_the_checker_finds_nothing_wrong_where_batches_are_steered_and_others_are_at_work() -> None:
    assert violations(STEERED) == {}


def test_the_checker_finds_nothing_wrong_where_what_was_shut_is_looked_at_again() -> None:
    assert violations(looked_at(30, 3700)) == {}


NEXT = (("departure.announced", "z", "", "", {}),)


@pytest.mark.parametrize(
    ("said", "wrong"),
    [
        ((*RA_BEGINS, *NEXT, *RA_IS_TAKEN_BACK), []),
        ((*RA_BEGINS, *RA_IS_TAKEN_BACK, *NEXT), ["E-1 has 2 open departures."]),
        ((*RA_BEGINS, *NEXT), ["E-1 has 2 open departures."]),
    ],
)
def test_a_run_that_was_over_is_taken_back_while_the_next_departure_waits(
    said: Any, wrong: list[str]
) -> None:
    departures = {"a": ("E-1", "restoring", "ra"), "z": ("E-1", "scheduled", "")}

    assert list(one_open_departure_a_person(with_entries(*said, departures=departures))) == wrong


PAUSED_AND_OPENED_AGAIN = (
    entry(8, "intervention.made", "", verb="pause"),
    entry(9, "run.finished", ""),
    entry(10, "departure.reopened", ""),
    entry(11, "intervention.made", "", verb="retry"),
    entry(12, "step.attempted", "crm"),
)


def test_a_run_that_is_over_is_paused_no_longer() -> None:
    ended = replace(GOOD, entries=(*GOOD.entries, *PAUSED_AND_OPENED_AGAIN))
    cancelled = (entry(8, "run.cancelled", ""), *PAUSED_AND_OPENED_AGAIN[1:3], PAUSED_AND_OPENED_AGAIN[4])

    assert list(people_are_obeyed(ended)) == []
    assert len(list(people_are_obeyed(replace(GOOD, entries=(*GOOD.entries, *cancelled))))) == 1


@pytest.mark.parametrize("n", [1, 2])
def test_what_nobody_answered_may_have_been_heard_or_not(n: int) -> None:
    heard = with_entries(*BEFORE, FIRST, SECOND, THIRD, meant=stands_on(n), **HEARD)

    assert violations(DECIDED if n == 1 else heard) == {}


def test_a_run_that_the_message_of_its_batch_counts_is_heard_of() -> None:
    counted = replace(GOOD, posts={"b-1": 1}, batch_of={"d": "b-1"})

    assert violations(counted) == {}
    assert violations(replace(counted, posts={})) == {"everybody_hears_of_it": ["r was never posted."]}


def test_a_departure_that_waits_for_an_early_word_is_taken_back_when_that_comes_again() -> None:
    assert violations(taken_back_early(because="old news")) == {}


@pytest.mark.parametrize(("name", "lie"), list(every_lie()))
def test_the_checker_finds_each_lie_and_calls_it_by_its_name(name: str, lie: History) -> None:
    assert set(violations(lie)) == {name}


def test_every_invariant_has_a_lie() -> None:
    assert {name for name, _ in every_lie()} == {check.__name__ for check in INVARIANTS}
