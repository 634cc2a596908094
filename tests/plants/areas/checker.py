"""The checker of histories misses nothing: each of its invariants finds its lie."""

from typing import Final

from tests.plants.plant import Plant

CHECKER: Final = "tests/integration/faults/"
HISTORY, WORDS, DECIDING, BACK = (
    f"{CHECKER}{name}.py" for name in ("history", "words", "deciding", "way_back")
)
LIES: Final = (
    "tests/integration/faults/test_the_checker.py::test_the_checker_finds_each_lie_and_calls_it_by_its_name"
)


def blind(protects: str, text: str, becomes: str = "        if False:", *, file: str = HISTORY) -> Plant:
    """An invariant that no longer sees one thing. `text` without `becomes` is its condition."""
    return Plant(protects=protects, file=file, text=text, becomes=becomes, tests=(LIES,))


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
        '        if said[-1].op.kind == "immediate" and not begun:',
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
        "        if n > 1 + others[target, what]",
        "        if n > 2 + others[target, what]",
    ),
    blind(
        "The checker misses no message that was posted twice.",
        "for mark, n in history.posts.items() if n > 1)",
        "for mark, n in history.posts.items() if n > 2)",
    ),
    blind(
        "The checker misses no change to somebody of whom nothing was begun.",
        "        if not begun and touched & targets:",
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
    blind(
        "The checker misses nobody who was taken back and is to leave all the same.",
        "        if not run and state in TO_COME and not _doubted(history, departure, state):",
        file=WORDS,
    ),
    blind(
        "The checker misses no run that goes on though HR took the departure back.",
        "        if run and state in GOES_ON and not _let_go(history, departure, seq):",
        file=WORDS,
    ),
    blind(
        "The checker misses nobody who leaves otherwise than was said last.",
        '        if same and said.civil in ("", known.civil):',
        "        if same:",
        file=WORDS,
    ),
    blind(
        "The checker does not call right what it could not judge.",
        "    if 2 * len(judged(history)) < len(spoken):",
        "    if False:",
        file=WORDS,
    ),
    blind(
        "The checker misses no message that was taken before one that had been acknowledged.",
        "        if place[op.message] < first[op.message]:",
        file=WORDS,
    ),
    blind(
        "The checker misses nobody who is touched while held.",
        '            case "step.attempted" if entry.departure in held and not entry.step.startswith("undo."):',
        '            case "step.attempted" if False:',
        file=DECIDING,
    ),
    blind(
        "The checker misses no run that begins while its departure is held.",
        '            case "run.started" if entry.departure in held:',
        '            case "run.started" if False:',
        file=DECIDING,
    ),
    blind(
        "The checker misses nobody whom one person alone let go.",
        "            if len(said_yes[release]) < 2:",
        "            if False:",
        file=DECIDING,
    ),
    blind(
        "The checker takes two records of one human for one.",
        "    return history.humans.get(entry.actor, entry.actor)",
        "    return entry.actor",
        file=DECIDING,
    ),
    blind(
        "The checker misses no leaver who let themselves go.",
        "            if person in said_yes[release]:",
        "            if False:",
        file=DECIDING,
    ),
    blind(
        "The checker misses nobody who is protected and was not let go.",
        "person in history.protected and entry.departure not in let_go:",
        "False:",
        file=DECIDING,
    ),
    blind(
        "The checker misses no list that was named and is not recorded.",
        "        if named[by, count] < n:",
        file=DECIDING,
    ),
    blind(
        "The checker misses no yes that is not recorded.",
        '        if op.kind == "approve" and not _approved(history, op.release, op.by):',
        file=DECIDING,
    ),
    blind(
        "The checker misses nothing that was cancelled and is not so.",
        '        if each not in done or history.departures[each][1] != "withdrawn":',
        file=DECIDING,
    ),
    blind(
        "The checker misses no undo that was acknowledged and is not recorded.",
        '        if op.kind == "undo" and not _undoing(history, (op.run,)):',
        file=DECIDING,
    ),
    blind(
        "The checker misses nobody who came back, which is not recorded.",
        '        if op.kind == "rehire" and not _undoing(history, _runs(history, op.of), because="rehire"):',
        file=DECIDING,
    ),
    blind(
        "The checker misses nobody who was cancelled and begun.",
        '        elif entry.event == "run.started" and entry.departure in cancelled:',
        "        elif False:",
        file=DECIDING,
    ),
    blind(
        "The checker misses nothing that was not put back.",
        "                if (target, what) not in others and there[target, what] != back[target, what]:",
        "                if False:",
        file=BACK,
    ),
    blind(
        "The checker misses nothing that was shut before us and is opened.",
        "        if place not in shut and not any(a <= each.at <= b for a, b in forwards for each in theirs):",
        file=BACK,
    ),
    blind(
        "The checker misses nothing that was opened before anybody said so.",
        '        if effect.at < said.get(effect.run, "~"):',
        file=BACK,
    ),
    blind(
        "The checker misses nobody whose access is not as it was before everything was taken back.",
        "            if before != now:",
        "            if False:",
        file=BACK,
    ),
    blind(
        "The checker misses no undo that neither ended nor names anybody.",
        "        if run not in undone | named:",
        file=BACK,
    ),
    blind(
        "The checker misses no departure that goes on though its run was taken back.",
        '        if run in undone - named and states.get(run) not in ("withdrawn", "closed"):',
        file=BACK,
    ),
)
