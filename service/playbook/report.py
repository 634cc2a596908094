"""What the command line prints about playbooks: text and exit code."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from service.playbook.catalogue import Actions, Catalogue
from service.playbook.compare import Comparison, Mark
from service.playbook.examples import run_examples
from service.playbook.lint.finding import Severity
from service.playbook.load import Loaded, files_in, lint_problems, read
from service.playbook.problem import PlaybookError, printable, rendered

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


def diff_text(comparison: Comparison) -> str:
    """Every difference, one line each; what protects less begins with WEAKER."""
    old, new, found = comparison.old, comparison.new, comparison.differences
    lines = [
        " → ".join(
            f"{one.playbook.playbook} v{one.playbook.version} ({one.digest[:12]})" for one in (old, new)
        )
    ]
    width = max((len(each.step) for each in found), default=0)
    for each in found:
        sign = {Mark.WEAKER: "WEAKER", Mark.CANNOT_BE_UNDONE: "DESTROYS"}.get(each.mark, "")
        lines.append(f"  {sign:<8}  {each.step:<{width}}  {each.says}".rstrip())
        if each.worded:
            lines += [
                f"  {'':<{width + 12}}{sign} {text or '(nothing)'}"
                for sign, text in (("-", each.was), ("+", each.now))
            ]
    if not found:
        same = old.digest == new.digest
        lines.append(
            "  the same file" if same else "  the same steps: only comments, layout or examples differ"
        )
    elif old.playbook.version == new.playbook.version:
        lines.append("  The version is the same: raise it before this is put to use.")
    weaker = len(comparison.weaker)
    lines.append(
        f"{_count(len(found), 'difference')}, {weaker} weaker." if found else "Nothing else is done."
    )
    return "\n".join(printable(line) for line in lines)


def diff_json(comparison: Comparison) -> dict[str, Any]:
    """The same for programs."""
    sides = {"from": comparison.old, "to": comparison.new}
    return {
        "version": 1,
        **{
            side: {
                "playbook": one.playbook.playbook,
                "version": one.playbook.version,
                "digest": one.digest,
            }
            for side, one in sides.items()
        },
        "weaker": len(comparison.weaker),
        "differences": [
            {
                "step": each.step,
                "key": each.key,
                "was": each.was,
                "now": each.now,
                "mark": each.mark.value,
                "says": each.says,
            }
            for each in comparison.differences
        ],
    }


def _count(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


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
