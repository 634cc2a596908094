"""What people who know nothing of us do at the targets: it stands, and what it undoes of ours is found out."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import Final

from tests.integration.faults.seen import Effect, History

#: The keys under which others change things.
OTHERS: Final = "others/"
#: What changes when a device is given to somebody else.
OWNER: Final = "device.owner"
LOCK: Final = "remoteLock"
BACK: Final = "undo."
#: What ends the work of a step: one that is tried again is still at it.
ENDS: Final = frozenset(
    f"step.{how}" for how in ("done", "failed", "waiting", "contradicted", "cancelled", "confirmed", "waived")
)
Place = tuple[str, str]


def nobody_else_is_overruled(history: History) -> Iterator[str]:
    """What somebody else changed after us is not put back, unless they had put it back to how we left it.

    It counts from when the step of the way back was let out: after that it is looked at, and may change meanwhile.
    """
    let_out = _let_out(history)
    ours = by_place(history.effects)
    theirs = by_place(history.others)
    for effect in history.effects:
        place = effect.target, effect.what
        if not effect.step.startswith(BACK) or place not in theirs:
            continue
        left = [e.at for e in ours[place] if e.at < effect.at and e.key == _forwards(effect)]
        looked = [at for at in let_out[effect.key] if at <= effect.at]
        since = [e for e in theirs[place] if left and looked and left[-1] < e.at < looked[-1]]
        if len(since) % 2:
            yield f"{effect.what} of {effect.target} was put back by {effect.run}, which others had changed since."


def nobody_elses_device_is_locked(history: History) -> Iterator[str]:
    """Who has a device when its lock is ordered, or had it when the step was let out, is whose run it is."""
    let_out = _let_out(history)
    given: dict[str, list[Effect]] = defaultdict(list)
    for each in sorted(history.others, key=lambda each: each.at):
        if each.what == OWNER:
            given[each.target].append(each)
    for effect in history.effects:
        if effect.what != LOCK:
            continue
        looked = max((at for at in let_out[effect.key] if at <= effect.at), default=effect.at)
        before = [each.to for each in given[effect.target] if each.at < looked]
        since = [each.to for each in given[effect.target] if looked <= each.at <= effect.at]
        had = {(before or [history.devices.get(effect.target, "")])[-1], *since}
        if history.whose_run.get(effect.run) not in had:
            yield f"{effect.target} was locked by {effect.run}, and is not that leaver's any more."


def by_place(effects: tuple[Effect, ...]) -> dict[Place, list[Effect]]:
    """What was changed, by target and what of it, in order."""
    found: dict[Place, list[Effect]] = defaultdict(list)
    for effect in sorted(effects, key=lambda each: each.at):
        found[effect.target, effect.what].append(effect)
    return found


def times_changed(history: History) -> Counter[Place]:
    """How often others changed each thing."""
    return Counter((each.target, each.what) for each in history.others)


def _let_out(history: History) -> dict[str, list[str]]:
    """When each step was let out, by its key."""
    let_out: dict[str, list[str]] = defaultdict(list)
    for entry in history.entries:
        if entry.event == "step.attempted":
            let_out[f"{entry.run}/{entry.step}"].append(entry.at)
    return let_out


def times_at_work(history: History) -> dict[str, list[tuple[str, str]]]:
    """From when each step was let out until it came to an end, by its key: in between nobody can say who was last."""
    since: dict[str, str] = {}
    found: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for entry in history.entries:
        key = f"{entry.run}/{entry.step}"
        if entry.event == "step.attempted":
            since.setdefault(key, entry.at)
        elif entry.event in ENDS and key in since:
            found[key].append((since.pop(key), entry.at))
    for key, at in since.items():
        found[key].append((at, "~"))
    return found


def _forwards(effect: Effect) -> str:
    return f"{effect.run}/{effect.step.removeprefix(BACK)}"
