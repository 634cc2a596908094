"""What differs between two versions of a playbook, in what it does: not in its lines."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Any

from service.playbook.catalogue import SEAL, Actions, Catalogue
from service.playbook.graph import ancestors
from service.playbook.load import Loaded
from service.playbook.model import Matcher, OnFailure, Phase, Playbook, Retry, Step, duration, spelt
from service.playbook.renamed import renamed, with_ids

WORDS = ("summary", "title", "instructions")


class Mark(StrEnum):
    """What a change does to the protection a playbook gives."""

    WEAKER = "weaker"
    CANNOT_BE_UNDONE = "cannot be undone"
    NONE = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One thing that is no longer as it was.

    `step` is empty for the playbook itself. `says` repeats `was` and `now`, but for words that people read
    (`worded`), which may be long.
    """

    step: str
    key: str
    was: str
    now: str
    says: str
    mark: Mark = Mark.NONE

    @property
    def worded(self) -> bool:
        """True when nothing but words for people changed."""
        return self.key in WORDS


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Two versions of one playbook, and every difference: of the playbook first, then step by step."""

    old: Loaded
    new: Loaded
    differences: tuple[Difference, ...]

    @property
    def weaker(self) -> tuple[Difference, ...]:
        """What protects less than before."""
        return tuple(each for each in self.differences if each.mark is Mark.WEAKER)


def compare(old: Loaded, new: Loaded, actions: Actions) -> Comparison:
    """Compare what two versions do. Comments, layout and examples make no difference."""
    ids = renamed(old.playbook, new.playbook, Catalogue(actions))
    looking = _Looking(with_ids(old.playbook, ids), new.playbook, Catalogue(actions), ids)
    return Comparison(old=old, new=new, differences=tuple(looking.all()))


@dataclass(frozen=True, slots=True)
class _Looking:
    old: Playbook
    new: Playbook
    actions: Catalogue
    renamed: Mapping[str, str]

    def all(self) -> Iterator[Difference]:
        yield from self._playbook()
        before = {step.id: step for step in self.old.steps}
        after = {step.id: step for step in self.new.steps}
        for name, step in before.items():
            if name in after:
                yield from self._changed(step, after[name])
            else:
                yield self._removed(step)
        for name, step in after.items():
            if name not in before:
                yield self._added(step)
        for was, now in self.renamed.items():
            yield _said(now, "id", was, now, more="renamed")
        if [name for name in before if name in after] != [name for name in after if name in before]:
            yield Difference(
                step="", key="steps", was="", now="", says="the steps stand in another order on the checklist"
            )

    def _playbook(self) -> Iterator[Difference]:
        old, new = self.old, self.new
        if old.playbook != new.playbook:
            yield _said("", "playbook", old.playbook, new.playbook)
        if old.version > new.version:
            yield _said("", "version", str(old.version), str(new.version), more="an older version")
        yield from _matcher("", "applies_to", old.applies_to, new.applies_to)
        if old.summary != new.summary:
            yield _words("", "summary", old.summary, new.summary)

    def _removed(self, step: Step) -> Difference:
        spec = self.actions.spec(step.action)
        matters = spec is None or spec.changes or spec.asks_person or step.action == SEAL
        return Difference(
            step=step.id,
            key="",
            was=step.action,
            now="",
            says=f"removed: {step.action} is no longer done here",
            mark=Mark.WEAKER if matters else Mark.NONE,
        )

    def _added(self, step: Step) -> Difference:
        return Difference(
            step=step.id,
            key="",
            was="",
            now=step.action,
            says=f"added: {step.action}, due within {spelt(step.deadline)}",
            mark=Mark.CANNOT_BE_UNDONE if self._destroys(step) else Mark.NONE,
        )

    def _changed(self, old: Step, new: Step) -> Iterator[Difference]:
        yield from self._action(old, new)
        yield from self._order(old, new)
        yield from _matcher(new.id, "when", old.when, new.when)
        for key, weaker in RULES.items():
            was, now = getattr(old, key), getattr(new, key)
            if was != now:
                yield _said(new.id, key, _spelled(was), _spelled(now), weaker=weaker(was, now))
        for key in WORDS[1:]:
            was, now = getattr(old, key), getattr(new, key)
            if was != now:
                yield _words(new.id, key, was, now)

    def _action(self, old: Step, new: Step) -> Iterator[Difference]:
        if old.action != new.action:
            known = self.actions.spec(old.action) and self.actions.spec(new.action)
            less = known and self.actions.best(new.action).rank < self.actions.best(old.action).rank
            more = "known less well at best" if less else ""
            made = _said(new.id, "action", old.action, new.action, weaker=bool(less), more=more)
            yield made if not self._destroys(new) or self._destroys(old) else _destroying(made)
        for name in sorted({*old.with_, *new.with_}):
            was, now = old.with_.get(name), new.with_.get(name)
            if was != now:
                weaker = old.action == new.action == SEAL and _sees_less(name, was, now)
                yield _said(new.id, f"with.{name}", _spelled(was), _spelled(now), weaker=weaker)

    def _order(self, old: Step, new: Step) -> Iterator[Difference]:
        """Who waits for whom, directly or through others: what a cut gains, and what destruction loses."""
        was, now = _before(self.old, old), _before(self.new, new)
        both = {step.id for step in self.old.steps} & {step.id for step in self.new.steps}
        gained, lost = sorted(now - was), sorted((was - now) & both)
        if gained:
            slower = new.critical and bool(gained)
            more = "the cut comes later" if slower else ""
            yield _said(new.id, "needs", "", ", ".join(gained), weaker=slower, more=more or "waits for more")
        if lost:
            rash = self._destroys(new)
            more = "and cannot be undone" if rash else "no longer waits"
            yield _said(new.id, "needs", ", ".join(lost), "", weaker=rash, more=more)

    def _destroys(self, step: Step) -> bool:
        spec = self.actions.spec(step.action)
        return step.phase is Phase.DESTRUCTIVE or (spec is not None and spec.destructive)


#: Keys of a step whose values can be compared alone, and when the new one protects less.
RULES: dict[str, Callable[[Any, Any], bool]] = {
    "minimum": lambda was, now: now.rank < was.rank,
    "deadline": lambda was, now: now > was,
    "after": lambda was, now: now > was,
    "phase": lambda was, now: list(Phase).index(now) > list(Phase).index(was),
    "critical": lambda was, now: was and not now,
    "on_failure": lambda _, now: now is OnFailure.CONTINUE,
    "owner": lambda was, _: was == "counsel",
    "retry": lambda _, __: False,
}


def _before(playbook: Playbook, step: Step) -> frozenset[str]:
    return ancestors({each.id: each.needs for each in playbook.steps}, step.id)


def _matcher(step: str, key: str, was: Matcher, now: Matcher) -> Iterator[Difference]:
    """Fewer departures than before are weaker; nothing written means all of them."""
    for name in Matcher.model_fields:
        old, new = set(getattr(was, name)), set(getattr(now, name))
        if old != new:
            fewer = bool(new) and not (old and old <= new)
            yield _said(
                step,
                f"{key}.{name}",
                ", ".join(sorted(old)) or "all",
                ", ".join(sorted(new)) or "all",
                weaker=fewer,
                more="not in every departure it was in" if fewer else "",
            )


def _sees_less(name: str, was: object, now: object) -> bool:
    if name == "lookback":
        return duration(now) < duration(was)
    return not set(_listed(was)) <= set(_listed(now))


def _listed(value: object) -> tuple[object, ...]:
    return value if isinstance(value, tuple) else (value,)


def _said(step: str, key: str, was: str, now: str, *, weaker: bool = False, more: str = "") -> Difference:
    says = f"{key} {was or 'nothing'} → {now or 'nothing'}" + (f" ({more})" if more else "")
    mark = Mark.WEAKER if weaker else Mark.NONE
    return Difference(step=step, key=key, was=was, now=now, says=says, mark=mark)


def _destroying(made: Difference) -> Difference:
    return Difference(
        step=made.step, key=made.key, was=made.was, now=made.now, says=made.says, mark=Mark.CANNOT_BE_UNDONE
    )


def _words(step: str, key: str, was: str, now: str) -> Difference:
    return Difference(step=step, key=key, was=was.strip(), now=now.strip(), says=f"{key}: other words")


def _spelled(value: object) -> str:
    match value:
        case None:
            return ""
        case timedelta():
            return spelt(value)
        case tuple():
            return ", ".join(map(str, value))
        case bool():
            return str(value).lower()
        case Retry():
            return f"first {spelt(value.first)}, most {spelt(value.most)}"
        case _:
            return str(value)
