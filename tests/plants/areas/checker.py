"""The checker of histories misses nothing: each of its invariants finds its lie."""

from typing import Final

from tests.plants.plant import Plant

CHECKER: Final = "tests/integration/faults/history.py"
LIES: Final = (
    "tests/integration/faults/test_history.py::test_the_checker_finds_each_lie_and_calls_it_by_its_name"
)


def blind(protects: str, text: str, becomes: str = "        if False:") -> Plant:
    """An invariant that no longer sees one thing. `text` without `becomes` is its condition."""
    return Plant(protects=protects, file=CHECKER, text=text, becomes=becomes, tests=(LIES,))


PLANTS = (
    blind(
        "The checker misses no acknowledged webhook that is not recorded.",
        "        if op.message and op.status in ACCEPTED:",
    ),
    blind(
        "The checker misses no acknowledged confirmation that is not recorded.",
        "        if op.step and op.status == 200 and not _confirmed(history, op.step):",
    ),
    blind(
        "The checker misses nobody who was forgotten.",
        '        if op.kind == "immediate" and op.status in ACCEPTED and not begun:',
    ),
    blind(
        "The checker misses no step that is let out twice.",
        "            if out.get(place):",
        "            if False:",
    ),
    blind(
        "The checker misses no step that was done and did not stay so.",
        "        if done.get(place) and entry.event not in AFTER_DONE | OVERTAKES and not unanswered:",
    ),
    blind(
        "The checker misses no change without an intent.",
        "        since = intents.get(effect.key)",
        '        since = intents.get(effect.key, "")',
    ),
    blind(
        "The checker misses no change before its intent.",
        "        elif effect.at < since:",
        "        elif False:",
    ),
    blind(
        "The checker misses no change that happened twice.",
        "for (what, target), n in counted.items() if n > 1)",
        "for (what, target), n in counted.items() if n > 2)",
    ),
    blind(
        "The checker misses no message that was posted twice.",
        "for mark, n in history.posts.items() if n > 1)",
        "for mark, n in history.posts.items() if n > 2)",
    ),
    blind(
        "The checker misses no change to somebody who was withdrawn in time.",
        '        if all(state == "withdrawn" and not run for state, run in theirs) and touched & targets:',
    ),
    blind(
        "The checker misses no open run that waits for nobody.",
        "        if run not in history.finished | held and not named:",
        "        if False:",
    ),
    blind(
        "The checker misses no step that waits for nobody.",
        '            if s.state in ("waiting", "failed") and not s.waits_for',
        "            if False",
    ),
    blind(
        "The checker misses nobody with two open departures.",
        "for whose, n in open_.items() if n > 1)",
        "for whose, n in open_.items() if n > 9)",
    ),
    blind(
        "The checker misses no departure that was begun twice.",
        "for departure, n in runs.items() if n > 1)",
        "for departure, n in runs.items() if n > 9)",
    ),
    blind(
        "The checker misses no ledger that does not verify.",
        "    if not history.ledger_holds:",
        "    if False:",
    ),
    blind(
        "The checker misses no gap in the ledger.",
        "    if [entry.seq for entry in history.entries] != list(range(len(history.entries))):",
        "    if False:",
    ),
)
