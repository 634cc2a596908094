"""What the model alone cannot see: actions, arguments, references, and who needs whom.

Works on the plain values, not on the model, so that these slips are told together with the model's own.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import timedelta
from pathlib import PurePath
from typing import Any

from service.playbook.catalogue import BY_HAND, DEEDS, NEEDED, SEAL, WAIT, Catalogue, connector_of
from service.playbook.graph import circles
from service.playbook.model import ACTION_NAME, MOST_STEPS, duration
from service.playbook.problem import Code, Place, Problem, did_you_mean, quoted
from service.playbook.references import REFERENCES, names_in
from service.playbook.tree import Path, Places, Tree

LONGEST_LOOKBACK = timedelta(days=90)
LONGEST_WAIT = timedelta(days=30)


def check(tree: Tree, catalogue: Catalogue) -> Iterator[Problem]:
    """Every such slip in the file. Leaves to the model what is not even of the right shape."""
    if not isinstance(tree.data, dict):
        return
    yield from _name(tree.data, tree.places)
    steps = tree.data.get("steps")
    if not isinstance(steps, list) or len(steps) > MOST_STEPS:
        return
    named = [(n, step) for n, step in enumerate(steps) if isinstance(step, dict)]
    for n, step in named:
        yield from _action(step, ("steps", n), tree.places, catalogue)
        yield from _references(step, ("steps", n), tree.places)
    yield from _graph(named, tree.places)
    ids = [step["id"] for _, step in named if isinstance(step.get("id"), str)]
    yield from _examples(tree.data.get("examples"), ids, tree.places)


def _name(data: Mapping[str, Any], places: Places) -> Iterator[Problem]:
    name, stem = data.get("playbook"), PurePath(places.file).stem
    if isinstance(name, str) and name != stem:
        yield places.problem(
            places.value(("playbook",)),
            Code.NOT_ITS_FILE,
            f"the playbook {quoted(name)} stands in a file named {quoted(PurePath(places.file).name)}",
            help="give both the same name: the configuration chooses a playbook by it",
        )


def _action(step: Mapping[str, Any], path: Path, places: Places, catalogue: Catalogue) -> Iterator[Problem]:
    name = step.get("action")
    if not isinstance(name, str) or not ACTION_NAME.fullmatch(name):
        return
    spec = catalogue.spec(name)
    if spec is None:
        yield places.problem(
            places.value((*path, "action")),
            Code.NO_SUCH_ACTION,
            f"no connector action {quoted(name)}",
            help=_actions_like(name, catalogue),
        )
        return
    arguments = step.get("with", {})
    if not isinstance(arguments, dict):
        return
    for key in arguments:
        if key not in spec.arguments:
            yield places.problem(
                places.key((*path, "with", key)),
                Code.NO_SUCH_ARGUMENT,
                f"{name} has no argument {quoted(key)}",
                help=did_you_mean(key, spec.arguments, says="its arguments are") or "it takes none",
            )
    for key in NEEDED.get(name, ()):
        if key not in arguments:
            yield places.problem(
                places.key((*path, "with" if "with" in step else "action")),
                Code.WRONG_ARGUMENT,
                f"{name} needs the argument {quoted(key)}",
                help=spec.arguments[key],
            )
    yield from _particular(name, arguments, (*path, "with"), places, catalogue)


def _particular(
    name: str, arguments: Mapping[str, Any], path: Path, places: Places, catalogue: Catalogue
) -> Iterator[Problem]:
    """What only one action's arguments can get wrong."""
    if name == SEAL:
        yield from _seal(arguments, path, places, catalogue)
    if name == BY_HAND:
        yield from _by_hand(arguments, path, places)
    if name == WAIT and "for" in arguments and not _is_duration(arguments["for"], LONGEST_WAIT):
        yield _wrong(
            arguments["for"], (*path, "for"), places, help="write a duration such as 15m, 30d at most"
        )


def _actions_like(name: str, catalogue: Catalogue) -> str:
    """The nearest action of the same connector, or of any."""
    if catalogue.is_no_step(name):
        return "the connector has it, but it only reads, or undoes another action: no step calls it"
    own = [each for each in catalogue.specs if connector_of(each) == connector_of(name)]
    return did_you_mean(name, own or catalogue.specs, says="there are")


def _seal(
    arguments: Mapping[str, Any], path: Path, places: Places, catalogue: Catalogue
) -> Iterator[Problem]:
    place = (*path, "connectors")
    connectors = arguments.get("connectors", ["…"])
    if not isinstance(connectors, list) or not connectors:
        yield _wrong(connectors, place, places, help="write a list of connectors that hand over logs")
        return
    for n, name in enumerate(connectors if "connectors" in arguments else ()):
        if isinstance(name, str) and name not in catalogue.readable:
            yield places.problem(
                places.value((*place, n)),
                Code.WRONG_ARGUMENT,
                f"no connector {quoted(name)} hands over logs",
                help=did_you_mean(name, catalogue.readable, says="these do:"),
            )
    lookback = arguments.get("lookback", "1d")
    if not _is_duration(lookback, LONGEST_LOOKBACK) or not str(lookback).endswith("d"):
        yield _wrong(lookback, (*path, "lookback"), places, help="write whole days, 90d at most")


def _by_hand(arguments: Mapping[str, Any], path: Path, places: Places) -> Iterator[Problem]:
    """What the linter reads of a person's step; a slip there would switch its rules off in silence."""
    does = arguments.get("does", DEEDS[0])
    if does not in DEEDS:
        said = did_you_mean(str(does), DEEDS, says="write one of")
        yield _wrong(does, (*path, "does"), places, help=said)
    elif "does" in arguments and not isinstance(arguments.get("system"), str):
        yield places.problem(
            places.key((*path, "does")),
            Code.WRONG_ARGUMENT,
            "'does' says what is done, and nothing says where",
            help="add system, the target system by the name its users know",
        )
    if not isinstance(arguments.get("while_open", False), bool):
        yield _wrong(arguments["while_open"], (*path, "while_open"), places, help="write true or false")


def _wrong(value: Any, path: Path, places: Places, *, help: str) -> Problem:  # noqa: A002  as in Problem
    said = quoted(value) if isinstance(value, str | int) else "this"
    message = f"{said} cannot be used for {quoted(path[-1])}"
    return places.problem(places.value(path), Code.WRONG_ARGUMENT, message, help=help)


def _is_duration(value: Any, longest: timedelta) -> bool:
    try:
        return duration(value) <= longest
    except ValueError:
        return False


def _references(step: Mapping[str, Any], path: Path, places: Places) -> Iterator[Problem]:
    arguments = step.get("with")
    texts = {(*path, key): step.get(key) for key in ("title", "instructions")}
    if isinstance(arguments, dict):
        texts |= {(*path, "with", key): value for key, value in arguments.items()}
    for place, text in texts.items():
        for name in names_in(text):
            if name not in REFERENCES:
                yield places.problem(
                    places.value(place),
                    Code.NO_SUCH_REFERENCE,
                    f"nothing is called {quoted('${' + name + '}')}",
                    help=did_you_mean(name, REFERENCES, says="there are"),
                )


def _graph(named: Sequence[tuple[int, Mapping[str, Any]]], places: Places) -> Iterator[Problem]:
    first: dict[str, int] = {}
    needs: dict[str, list[str]] = {}
    for n, step in named:
        name = step.get("id")
        if isinstance(name, str) and name in first:
            line = places.value(("steps", first[name], "id")).line
            yield places.problem(
                places.value(("steps", n, "id")),
                Code.DUPLICATE_STEP,
                f"a second step is called {quoted(name)}",
                help=f"the first stands in line {line}",
            )
        elif isinstance(name, str):
            first[name] = n
            needs[name] = [need for _, need in _texts(step.get("needs"))]
    for n, step in named:
        yield from _needs(step, ("steps", n), needs, places)
    for circle in circles(needs):
        yield places.problem(
            places.key(("steps", first[circle[0]], "needs")),
            Code.NEEDS_IN_A_CIRCLE,
            f"{' needs '.join((*circle, circle[0]))}",
            help="none of them could ever begin; take one away",
        )


def _needs(step: Mapping[str, Any], path: Path, names: Iterable[str], places: Places) -> Iterator[Problem]:
    for n, need in _texts(step.get("needs")):
        place = places.value((*path, "needs", n))
        if need == step.get("id"):
            yield places.problem(
                place, Code.NEEDS_ITSELF, f"{quoted(need)} needs itself", help="take it away"
            )
        elif need not in names:
            yield _no_such_step(need, place, names, places)


def _examples(examples: Any, ids: Sequence[str], places: Places) -> Iterator[Problem]:
    for n, example in enumerate(examples if isinstance(examples, list) else ()):
        plan = example.get("plan") if isinstance(example, dict) else None
        for position, step in _texts(plan):
            if step not in ids:
                yield _no_such_step(step, places.value(("examples", n, "plan", position)), ids, places)


def _no_such_step(name: str, place: Place, known: Iterable[str], places: Places) -> Problem:
    return places.problem(
        place,
        Code.NO_SUCH_STEP,
        f"no step is called {quoted(name)}",
        help=did_you_mean(name, known, says="there are"),
    )


def _texts(value: Any) -> list[tuple[int, str]]:
    """The texts of a list, each with its position; what else is in it, the model complains of."""
    return (
        [(n, item) for n, item in enumerate(value) if isinstance(item, str)]
        if isinstance(value, list)
        else []
    )
