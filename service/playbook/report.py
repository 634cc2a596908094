"""What the command line prints about playbooks: text and exit code."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from service.playbook.catalogue import Actions, Catalogue
from service.playbook.examples import run_examples
from service.playbook.lint.finding import Severity
from service.playbook.load import Loaded, files_in, lint_problems, read
from service.playbook.problem import PlaybookError, rendered

FINE, WRONG = 0, 1


def lint_text(paths: Iterable[Path], actions: Actions) -> tuple[str, int]:
    """Every slip and finding of the files, and of the files in the folders. Warnings alone leave the code at 0."""
    told: list[str] = []
    wrong = False
    for path in _files(paths):
        try:
            loaded = read(path, actions, lint=False)
        except PlaybookError as error:
            told.append(str(error))
            wrong = True
            continue
        found = list(lint_problems(loaded.playbook, loaded.places, Catalogue(actions)))
        wrong |= any(severity is Severity.ERROR for severity, _ in found)
        told.append(rendered([problem for _, problem in found]) if found else f"{path}: fine")
    return "\n\n".join(told) or "No playbook there.", WRONG if wrong or not told else FINE


def test_text(paths: Iterable[Path], actions: Actions) -> tuple[str, int]:
    """The examples of the files, one line each; for one that fails, what was said and what is."""
    told: list[str] = []
    wrong = False
    for path in _files(paths):
        try:
            lines = list(_example_lines(path, read(path, actions), actions))
        except PlaybookError as error:
            told.append(str(error))
            wrong = True
            continue
        wrong |= any(not ok for ok, _ in lines)
        told.extend(line for _, line in lines)
    return "\n".join(told) or "No playbook there.", WRONG if wrong or not told else FINE


def _example_lines(path: Path, loaded: Loaded, actions: Actions) -> Iterator[tuple[bool, str]]:
    results = run_examples(loaded, actions)
    if not results:
        yield False, f"FAIL  {path}: has no examples; write at least one departure and the plan it leads to"
    for result in results:
        if result.ok:
            yield True, f"ok    {path}:{result.line}: {result.name}"
        else:
            yield (
                False,
                (
                    f"FAIL  {path}:{result.line}: {result.name}\n"
                    f"      it says  {', '.join(result.said) or 'no steps'}\n"
                    f"      it is    {', '.join(result.got) or 'no steps'}"
                ),
            )


def _files(paths: Iterable[Path]) -> list[Path]:
    return [file for path in paths for file in (files_in(path) if path.is_dir() else [path])]
