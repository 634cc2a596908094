"""Steps that were only given another id: compared with what they were, and not taken for gone and new ones."""

from collections import Counter
from collections.abc import Callable, Hashable, Mapping, Sequence

from service.playbook.catalogue import Catalogue
from service.playbook.model import Playbook, Step


def renamed(old: Playbook, new: Playbook, actions: Catalogue) -> Mapping[str, str]:
    """The ids of steps that have another one in the new version, old to new.

    Only where there is no doubt which step it is: nothing but its id and whom it waits for is different, or it alone
    does that with a target system. What a person is asked is told apart by its words, so they have to be the same.
    """
    gone = _without(old, {step.id for step in new.steps})
    came = _without(new, {step.id for step in old.steps})
    found = _pairs(gone, came, _all_but_the_id)
    left = [step for step in gone if step.id not in found]
    fresh = [step for step in came if step.id not in found.values()]
    return {**found, **_pairs(left, fresh, lambda step: _what_is_done(step, actions))}


def with_ids(playbook: Playbook, ids: Mapping[str, str]) -> Playbook:
    """The same playbook, its steps under other ids."""
    if not ids:
        return playbook
    steps = [
        step.model_copy(
            update={
                "id": ids.get(step.id, step.id),
                "needs": tuple(ids.get(each, each) for each in step.needs),
            }
        )
        for step in playbook.steps
    ]
    return playbook.model_copy(update={"steps": tuple(steps)})


def _without(playbook: Playbook, known: set[str]) -> list[Step]:
    return [step for step in playbook.steps if step.id not in known]


def _pairs(gone: Sequence[Step], came: Sequence[Step], alike: Callable[[Step], Hashable]) -> dict[str, str]:
    """Steps that are alike, one on each side."""
    before, after = Counter(map(alike, gone)), Counter(map(alike, came))
    there = {key: step.id for step in came if (key := alike(step)) is not None}
    once = {key for key in there if before[key] == after[key] == 1}
    return {step.id: there[key] for step in gone if (key := alike(step)) in once}


def _all_but_the_id(step: Step) -> Hashable:
    return step.model_copy(update={"id": "", "needs": ()}).model_dump_json()


def _what_is_done(step: Step, actions: Catalogue) -> Hashable:
    spec = actions.spec(step.action)
    return None if spec is None or spec.asks_person else (step.action, repr(sorted(step.with_.items())))
