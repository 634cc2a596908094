"""What is wrong with a playbook, with its place, as a person reads it."""

import difflib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

MOST_SHOWN = 50
_CODE_COLUMN = 84
_EXCERPT = 100
_QUOTED = 60
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


class Code(StrEnum):
    """The codes of everything but the linter's rules; `docs/reference/playbooks.md` explains each."""

    UNREADABLE = "PB0001"
    NOT_YAML = "PB0002"
    FORBIDDEN_YAML = "PB0003"
    DUPLICATE_KEY = "PB0004"
    TOO_LARGE = "PB0005"
    NO_SUCH_ACTION = "PB0101"
    NO_SUCH_ARGUMENT = "PB0102"
    WRONG_ARGUMENT = "PB0103"
    NO_SUCH_REFERENCE = "PB0104"
    NO_SUCH_KEY = "PB0201"
    MISSING_KEY = "PB0202"
    WRONG_VALUE = "PB0203"
    DUPLICATE_STEP = "PB0301"
    NO_SUCH_STEP = "PB0302"
    NEEDS_ITSELF = "PB0303"
    NEEDS_IN_A_CIRCLE = "PB0304"
    NOT_ITS_FILE = "PB0305"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where something stands: line and column from 1, and how many characters are meant."""

    line: int
    column: int
    width: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One slip. `code` is a `Code` or the id of a lint rule; `excerpt` is the line as it stands in the file."""

    file: str
    line: int
    column: int
    excerpt: str
    width: int
    message: str
    code: str
    help: str = ""

    def __str__(self) -> str:
        """At most four lines: place and message, the line, the caret, the help."""
        head = f"{printable(self.file)}:{self.line}:{self.column}: {printable(self.message)}"
        gutter = f"  {self.line} "
        blank = " " * len(gutter)
        excerpt, column = _window(self.excerpt, self.column)
        width = max(1, min(self.width, len(excerpt) - column + 1))
        lines = [
            f"{head:<{_CODE_COLUMN}}{self.code}" if len(head) < _CODE_COLUMN - 1 else f"{head}  {self.code}",
            f"{gutter}| {excerpt}",
            f"{blank}| {' ' * (column - 1)}{'^' * width}",
        ]
        if self.help:
            lines.append(f"{blank}help: {printable(self.help)}")
        return "\n".join(line.rstrip() for line in lines)


class PlaybookError(Exception):
    """A playbook cannot be used. Every slip at once, each with its place.

    Args:
        problems: At least one.
    """

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__(rendered(self.problems))


def rendered(problems: Sequence[Problem]) -> str:
    """The problems as text, one blank line between two, in the order of the file."""
    shown = [str(problem) for problem in problems[:MOST_SHOWN]]
    if len(problems) > MOST_SHOWN:
        shown.append(f"… and {len(problems) - MOST_SHOWN} more.")
    return "\n\n".join(shown)


def printable(text: str) -> str:
    """The text without anything that moves a cursor or turns its direction; columns stay where they are."""
    return _UNPRINTABLE.sub(lambda found: " " if found[0] == "\t" else "·", text)


def unprintable(text: str, *, at: int = 0) -> re.Match[str] | None:
    """The first character from `at` that no playbook may hold; tabs and line ends are fine."""
    return next((found for found in _UNPRINTABLE.finditer(text, at) if found[0] not in "\t\n\r"), None)


def quoted(value: object) -> str:
    """A value as it may stand in a message: short, and in quotes."""
    text = str(value)
    return f"'{text[: _QUOTED - 1]}…'" if len(text) > _QUOTED else f"'{text}'"


def did_you_mean(word: str, allowed: Iterable[str], *, says: str = "known are") -> str:
    """The nearest allowed word, or a short list of them."""
    words = sorted(set(allowed))
    near = difflib.get_close_matches(word[:_QUOTED], words, n=1)
    if near:
        return f"did you mean {quoted(near[0])}?"
    return f"{says} {', '.join(words)}" if 0 < len(words) <= MOST_SHOWN else ""


def _window(line: str, column: int) -> tuple[str, int]:
    """A long line cut so that the caret is in sight."""
    line = printable(line)
    if len(line) <= _EXCERPT:
        return line, column
    start = max(0, min(column - 1 - _EXCERPT // 4, len(line) - _EXCERPT))
    return line[start : start + _EXCERPT], column - start
