"""What taking a run back means at the targets: what we shut is open again, what was shut before us stays shut."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import Final

from tests.integration.faults.others import by_place, times_at_work, times_changed
from tests.integration.faults.seen import Effect, History

BACK: Final = "undo."
#: What can be put back; whatever else a target can be made to do is done once, for good.
REVERSIBLE: Final = frozenset({"account.active", "account.blocked_by", "UserLogin.IsFrozen", "User.IsActive"})
#: The steps that shut what can be opened again.
SHUT: Final = ("shut", "crm")


def what_is_taken_back_is_as_before(history: History) -> Iterator[str]:
    """Each step of the way back that is done by itself put back all that its step changed, and nothing else.

    What somebody else has changed besides is as they left it.
    """
    others = by_place(history.others)
    by_people = {
        (e.run, e.step)
        for e in history.entries
        if e.event in ("step.confirmed", "step.waived", "step.cancelled")
    }
    done = {(s.run, s.step) for s in history.steps if s.state == "done"} - by_people
    changes: dict[tuple[str, str], Counter[tuple[str, str]]] = defaultdict(Counter)
    for effect in history.effects:
        changes[effect.run, effect.step][effect.target, effect.what] += 1
    for run, step in sorted(done):
        if step.startswith(BACK):
            there, back = changes[run, step.removeprefix(BACK)], changes[run, step]
            for target, what in sorted(there.keys() | back.keys()):
                if (target, what) not in others and there[target, what] != back[target, what]:
                    yield f"{what} of {target} was not put back as it was before {run}, and {step} is done."


def only_what_we_shut_is_opened(history: History) -> Iterator[str]:
    """Nothing is opened that we had not shut, nothing before a person said so, and nothing is shut once more.

    Who shut what somebody else shut while our step was at it, nobody can say.
    """
    at_work, others = times_at_work(history), by_place(history.others)
    said = {e.run: e.at for e in history.entries if e.event == "run.undoing"}
    shut: set[tuple[str, str, str]] = set()
    for effect in sorted(history.effects, key=lambda each: each.at):
        place = (effect.run, effect.target, effect.what)
        if not effect.step.startswith(BACK):
            if any(_is_of(other, effect) for other in history.effects):
                yield f"{effect.what} of {effect.target} was done by {effect.run} after it had been taken back."
            shut.add(place)
            continue
        forwards = at_work[f"{effect.run}/{effect.step.removeprefix(BACK)}"]
        theirs = others.get((effect.target, effect.what), ())
        if place not in shut and not any(a <= each.at <= b for a, b in forwards for each in theirs):
            yield f"{effect.run} opened {effect.what} of {effect.target}, which it had not shut."
        if effect.at < said.get(effect.run, "~"):
            yield f"{effect.what} of {effect.target} was opened by {effect.run} before anybody said so."


def who_was_taken_back_is_as_before(history: History) -> Iterator[str]:
    """Whose every run was taken back whole has open what was open before us, and nothing more."""
    undone = {e.run for e in history.entries if e.event == "run.undone"}
    touched = {target for target, _ in times_changed(history)}
    for person in sorted({person for person, _, _ in history.departures.values()}):
        runs = [run for _, run in history.of(person).values() if run]
        if not runs or not undone.issuperset(runs) or not all(_whole(history, run) for run in runs):
            continue
        if touched & history.targets_of.get(person, frozenset()):
            continue  # somebody else has changed it besides
        for what in SHUT:
            before, now = ((person, what) in each for each in (history.open_before, history.still_open))
            if before != now:
                is_, was = ("open" if each else "shut" for each in (now, before))
                yield f"{what} of {person} is {is_}, and was {was} before everything was taken back."


def an_undo_ends_or_names_somebody(history: History) -> Iterator[str]:
    """A run that was to be taken back is, or a step of it waits for a person; then nobody leaves by it any more."""
    undone = {e.run for e in history.entries if e.event == "run.undone"}
    named = {s.run for s in history.steps if s.waits_for == "person" and s.owner}
    states = {run: state for _, state, run in history.departures.values() if run}
    for run in {e.run for e in history.entries if e.event == "run.undoing"}:
        if run not in undone | named:
            yield f"{run} was to be taken back, is not, and waits for nobody."
        if run in undone - named and states.get(run) not in ("withdrawn", "closed"):
            yield f"{run} was taken back, and its departure is {states.get(run)}."


def _is_of(back: Effect, forward: Effect) -> bool:
    """Whether `back` had put back this very thing, by the same run, before it was done."""
    same = (back.run, back.target, back.what) == (forward.run, forward.target, forward.what)
    return same and back.step == f"{BACK}{forward.step}" and back.at < forward.at


def _whole(history: History, run: str) -> bool:
    """Whether everything on the way back of a run was done by us: by hand, skipped or stopped is not as before."""
    back = [s for s in history.steps if s.run == run and s.step.startswith(BACK)]
    by_people = {
        (e.run, e.step)
        for e in history.entries
        if e.event in ("step.confirmed", "step.waived", "step.cancelled")
    }
    of_us = [s for s in back if s.step.removeprefix(BACK) in SHUT]
    return all(s.state == "done" and (s.run, s.step) not in by_people for s in of_us)
