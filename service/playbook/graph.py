"""What `needs` means between steps. Nothing here recurses: a hostile file may hold a chain of any length."""

from collections.abc import Iterable, Mapping, Sequence

Needs = Mapping[str, Sequence[str]]


def ancestors(needs: Needs, step: str) -> frozenset[str]:
    """Every step that has ended before this one may begin."""
    found: set[str] = set()
    todo = list(needs.get(step, ()))
    while todo:
        name = todo.pop()
        if name not in found:
            found.add(name)
            todo.extend(needs.get(name, ()))
    return frozenset(found)


def ordered(needs: Needs) -> tuple[str, ...]:
    """The steps so that each comes after what it needs, else as they stand in the file. Leaves circles out."""
    done: dict[str, None] = {}
    waiting = list(needs)
    while waiting:
        free = [name for name in waiting if all(need in done or need not in needs for need in needs[name])]
        if not free:
            break
        done[free[0]] = None
        waiting.remove(free[0])
    return tuple(done)


def circles(needs: Needs) -> list[tuple[str, ...]]:
    """Circles of two steps and more, each once, beginning with the step that stands first in the file."""
    left = {name: needs[name] for name in needs if name not in set(ordered(needs))}
    found: list[tuple[str, ...]] = []
    seen: set[str] = set()
    for start in left:
        if start in seen or start not in ancestors(left, start):
            continue
        circle = _way_back(left, start)
        seen.update(circle)
        if len(circle) > 1:
            found.append(circle)
    return found


def without(needs: Needs, gone: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """The graph with steps left out: who needed one of them now needs what it needed."""
    missing = set(gone)
    return {name: tuple(_inherited(needs, name, missing)) for name in needs if name not in missing}


def _inherited(needs: Needs, step: str, missing: set[str]) -> dict[str, None]:
    found: dict[str, None] = {}
    todo = list(reversed(needs[step]))
    passed: set[str] = set()
    while todo:
        name = todo.pop()
        if name not in missing:
            found[name] = None
        elif name not in passed:
            passed.add(name)
            todo.extend(reversed(needs.get(name, ())))
    return found


def _way_back(needs: Needs, start: str) -> tuple[str, ...]:
    """A shortest way from a step through its needs to itself."""
    came_from: dict[str, str] = {}
    todo = [start]
    for name in todo:
        for need in needs.get(name, ()):
            if need == start:
                way = [name]
                while way[-1] != start:
                    way.append(came_from[way[-1]])
                return tuple(reversed(way))
            if need not in came_from:
                came_from[need] = name
                todo.append(need)
    return (start,)
