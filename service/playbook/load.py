"""Reading a playbook: bytes in, a judged playbook with its places and digest out, or every slip at once."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import ValidationError

from service.playbook.catalogue import Actions, Catalogue
from service.playbook.checks import check
from service.playbook.lint import findings
from service.playbook.lint.finding import Severity
from service.playbook.model import Playbook
from service.playbook.problem import Code, PlaybookError, Problem
from service.playbook.slips import problems_of
from service.playbook.tree import MOST_BYTES, Places, Tree, grow


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """A playbook as it stood in its file: `text` is its bytes, `digest` their SHA-256 in hex."""

    playbook: Playbook
    places: Places
    digest: str
    text: bytes = field(default=b"", repr=False)
    warnings: tuple[Problem, ...] = ()


def read(path: Path, actions: Actions, *, lint: bool = True) -> Loaded:
    """Read one file. Raises `PlaybookError`; with `lint`, also when the order of its steps is unsafe."""
    try:
        with path.open("rb") as file:
            data = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise PlaybookError([_unreadable(path, error.strerror or "unknown reason")]) from error
    return parse(data, str(path), actions, lint=lint)


def read_folder(folder: Path, actions: Actions) -> dict[str, Loaded]:
    """Read every playbook of a folder, by name. Raises one `PlaybookError` with the problems of all files."""
    loaded: dict[str, Loaded] = {}
    problems: list[Problem] = []
    for path in files_in(folder):
        try:
            one = read(path, actions)
        except PlaybookError as error:
            problems.extend(error.problems)
        else:
            loaded[one.playbook.playbook] = one
    if not loaded and not problems:
        problems.append(_unreadable(folder, "no playbook in it"))
    if problems:
        raise PlaybookError(problems)
    return loaded


def files_in(folder: Path) -> list[Path]:
    """The playbooks of a folder."""
    return sorted(folder.glob("*.yaml"))


def parse(data: bytes, file: str, actions: Actions, *, lint: bool = True) -> Loaded:
    """Judge bytes that came from `file`. Raises `PlaybookError`, and nothing else, whatever the bytes are."""
    catalogue = Catalogue(actions)
    tree = grow(data, file)
    playbook, problems = _judged(tree, catalogue)
    if playbook is None:
        raise PlaybookError(problems)
    linted = list(lint_problems(playbook, tree.places, catalogue)) if lint else []
    errors = [problem for severity, problem in linted if severity is Severity.ERROR]
    if errors:
        raise PlaybookError(errors)
    return Loaded(
        playbook=playbook,
        places=tree.places,
        digest=hashlib.sha256(data).hexdigest(),
        text=data,
        warnings=tuple(problem for _, problem in linted),
    )


def lint_problems(
    playbook: Playbook, places: Places, catalogue: Catalogue
) -> Iterator[tuple[Severity, Problem]]:
    """What the linter finds, each at its place in the file."""
    position = {step.id: n for n, step in enumerate(playbook.steps)}
    for rule, finding in findings(playbook, catalogue):
        path = ("steps", position[finding.step], finding.key)
        place = places.value(path) if path in places.values else places.value((*path[:2], "id"))
        yield finding.severity, places.problem(place, rule.ID, finding.message, help=finding.fix)


def _judged(tree: Tree, catalogue: Catalogue) -> tuple[Playbook | None, list[Problem]]:
    """The playbook when nothing is wrong with it, else every problem in the order of the file."""
    if _hopeless(tree):
        return None, list(tree.problems)
    problems, playbook = list(tree.problems), None
    try:
        playbook = Playbook.model_validate(tree.data)
    except ValidationError as error:
        problems.extend(problems_of(error.errors(include_url=False), tree.places))
    problems.extend(check(tree, catalogue))
    if problems:
        return None, sorted(_once_each(problems), key=lambda problem: (problem.line, problem.column))
    return playbook, []


def _hopeless(tree: Tree) -> bool:
    """True when the file could not be read to its end: what is missing then is no slip of its own."""
    cut_short = {Code.UNREADABLE, Code.NOT_YAML, Code.TOO_LARGE}
    return any(problem.code in cut_short for problem in tree.problems) or (
        bool(tree.problems) and not isinstance(tree.data, dict)
    )


def _once_each(problems: list[Problem]) -> list[Problem]:
    """The same slip at the same place, told once."""
    return list({(problem.line, problem.column, problem.message): problem for problem in problems}.values())


def _unreadable(path: Path, why: str) -> Problem:
    return Places(file=str(path)).problem(
        Places(file="").value(()), Code.UNREADABLE, f"cannot be read: {why.lower()}"
    )
