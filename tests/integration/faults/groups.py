"""The groups of a directory, which others change as well: who is let in again is in those they would be in."""

from collections.abc import Iterator
from typing import Final

from tests.integration.faults.others import times_at_work
from tests.integration.faults.seen import Effect, History

#: What changes when somebody is put into a group or taken out; the target is `person/group`.
MEMBER: Final = "member"
IN: Final = "in"
OUT: Final = "out"
STEPS: Final = ("groups", "undo.groups")


def groups_are_as_others_left_them(history: History) -> Iterator[str]:
    """Of whom no run was begun, or every run was taken back, the groups are those of before and what others said."""
    at_work = times_at_work(history)
    said = {each.target: each for each in sorted(history.others, key=_at) if each.what == MEMBER}
    for person, before in sorted(history.groups_before.items()):
        runs = [run for _, run in history.of(person).values() if run]
        if not all(_is_back(history, run) for run in runs):
            continue
        now = history.groups.get(person, frozenset())
        meanwhile = [each for run in runs for step in STEPS for each in at_work[f"{run}/{step}"]]
        names = {target.partition("/")[2] for target in said if target.startswith(f"{person}/")}
        for group in sorted(before | now | names):
            word = said.get(f"{person}/{group}")
            if word is not None and any(since <= word.at <= until for since, until in meanwhile):
                continue  # it was changed while we were at it: either may have been the last
            expected = group in before if word is None else word.to == IN
            if (group in now) != expected:
                yield f"{person} is {_in(group in now)} {group}, and would be {_in(expected)} it without us."


def _is_back(history: History, run: str) -> bool:
    """Whether the groups of a run were never taken, or were given back by us."""
    by_people = {
        (e.run, e.step)
        for e in history.entries
        if e.event in ("step.confirmed", "step.waived", "step.cancelled")
    }
    taken = any(e.run == run and e.step == "groups" and e.event == "step.attempted" for e in history.entries)
    given = any(s.run == run and s.step == "undo.groups" and s.state == "done" for s in history.steps)
    return not taken or (given and (run, "undo.groups") not in by_people)


def _at(effect: Effect) -> str:
    return effect.at


def _in(is_in: bool) -> str:
    return "in" if is_in else "out of"
