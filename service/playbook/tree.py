"""Where bytes become plain values with places: YAML 1.2 without aliases, tags, merges and surprises.

A safe loader is not enough: 300 bytes of aliases expand to gigabytes, and the last of two equal keys wins in
silence. So the values are built here, from the parser's events, with a limit on each thing that can grow.
"""

import re
from dataclasses import dataclass, field
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    CollectionEndEvent,
    CollectionStartEvent,
    DocumentStartEvent,
    Event,
    MappingStartEvent,
    ScalarEvent,
)

from service.playbook.problem import Code, Place, Problem, quoted, unprintable

MOST_BYTES = 1_000_000
MOST_DEPTH = 20
MOST_VALUES = 20_000

Path = tuple[str | int, ...]

_LINE_END = re.compile(r"\r\n|\r|\n")
_DIRECTIVE = re.compile(r"^%", re.MULTILINE)
_WHOLE_NUMBER = re.compile(r"[-+]?[0-9]{1,18}")  # beyond that it is a name made of digits
_WORDS: dict[str, bool | None] = {
    "": None, "~": None, "null": None, "Null": None, "NULL": None,
    "true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False,
}  # fmt: skip


class _StopError(Exception):
    """Nothing after this can be read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """Where every key and value of a file stands."""

    file: str
    lines: tuple[str, ...] = ()
    values: dict[Path, Place] = field(default_factory=dict)
    keys: dict[Path, Place] = field(default_factory=dict)

    def value(self, path: Path) -> Place:
        """The value at the path, or the nearest thing around it that exists."""
        while path and path not in self.values:
            path = path[:-1]
        return self.values.get(path, Place(line=1, column=1))

    def key(self, path: Path) -> Place:
        """The key that leads to the path; a list's items have none, their value stands in."""
        return self.keys.get(path) or self.value(path)

    def problem(self, place: Place, code: Code | str, message: str, *, help: str = "") -> Problem:  # noqa: A002  the word the reader sees
        """A problem at a place of this file."""
        excerpt = self.lines[place.line - 1] if place.line <= len(self.lines) else ""
        return Problem(
            file=self.file,
            line=place.line,
            column=place.column,
            width=place.width,
            excerpt=excerpt,
            message=message,
            code=str(code),
            help=help,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Tree:
    """A file as plain values, and what was wrong with it as YAML."""

    data: Any
    places: Places
    problems: tuple[Problem, ...]


def grow(data: bytes, file: str) -> Tree:
    """Read the bytes. Never raises: whatever they are, the problems say so."""
    reader = _Reader(file, data)
    try:
        reader.read()
    except _StopError:
        pass
    except (MarkedYAMLError, YAMLError, ValueError) as error:  # ruamel lets ValueError out of odd escapes
        reader.syntax(error)
    return Tree(data=reader.root, places=reader.places, problems=tuple(reader.problems))


@dataclass(slots=True, kw_only=True)
class _Open:
    """A mapping or list that is being read. `key` is what the next value belongs to; `None`: a key comes next."""

    event: CollectionStartEvent
    path: Path
    value: dict[str, Any] | list[Any]
    key: str | None = None
    twice: bool = False


class _Reader:
    """Turns events into values, one file long."""

    def __init__(self, file: str, data: bytes) -> None:
        self.root: Any = None
        self.problems: list[Problem] = []
        self.places = Places(file=file)
        self._data = data
        self._stack: list[_Open] = []
        self._seen = 0
        self._documents = 0

    def read(self) -> None:
        for event in YAML(typ="safe", pure=True).parse(self._text()):
            self._look_at(event)

    def syntax(self, error: Exception) -> None:
        """The parser's own complaint, at its own place."""
        mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
        place = Place(line=mark.line + 1, column=mark.column + 1) if mark else self._here()
        says = getattr(error, "problem", None) or "an escape or a number here means nothing"
        self.problems.append(self.places.problem(place, Code.NOT_YAML, f"not YAML: {says}"))

    def _here(self) -> Place:
        last = list(self.places.values.values())[-1:]
        return last[0] if last else Place(line=1, column=1)

    def _text(self) -> str:
        if len(self._data) > MOST_BYTES:
            self._stop(Place(line=1, column=1), Code.TOO_LARGE, f"larger than {MOST_BYTES:,} bytes")
        try:
            text = self._data.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            line = self._data[: error.start].count(b"\n") + 1
            self._stop(Place(line=line, column=1), Code.UNREADABLE, "not UTF-8 text")
        self.places = Places(file=self.places.file, lines=tuple(_LINE_END.split(text)))
        self._refuse_in(text, unprintable(text), Code.UNREADABLE, "a control character")
        self._refuse_in(text, _DIRECTIVE.search(text), Code.FORBIDDEN_YAML, "a YAML directive")
        return text

    def _refuse_in(self, text: str, found: re.Match[str] | None, code: Code, what: str) -> None:
        if found:
            before = _LINE_END.split(text[: found.start()])
            self._stop(
                Place(line=len(before), column=len(before[-1]) + 1), code, f"{what} is not allowed here"
            )

    def _stop(self, place: Place, code: Code, message: str) -> None:
        self.problems.append(self.places.problem(place, code, message))
        raise _StopError

    def _look_at(self, event: Event) -> None:
        place = self._place(event)
        self._count(place)
        if isinstance(event, DocumentStartEvent):
            self._documents += 1
            if self._documents > 1:
                self._stop(place, Code.FORBIDDEN_YAML, "a second document; one file holds one playbook")
        elif isinstance(event, AliasEvent):
            self._forbid(place, f"an alias (*{event.anchor})", "write the value out, or put quotes around it")
            self._take(None, place)
        elif isinstance(event, CollectionStartEvent):
            self._open(event, place)
        elif isinstance(event, CollectionEndEvent):
            self._close(event)
        elif isinstance(event, ScalarEvent):
            self._scalar(event, place)

    def _count(self, place: Place) -> None:
        self._seen += 1
        if self._seen > MOST_VALUES:
            self._stop(place, Code.TOO_LARGE, f"more than {MOST_VALUES:,} values")

    def _open(self, event: CollectionStartEvent, place: Place) -> None:
        self._check_decoration(event, place)
        if len(self._stack) >= MOST_DEPTH:
            self._stop(place, Code.TOO_LARGE, f"more than {MOST_DEPTH} levels deep")
        if self._key_is_next():
            self._stop(place, Code.FORBIDDEN_YAML, "a key is a word, not a list or a mapping")
        value: dict[str, Any] | list[Any] = {} if isinstance(event, MappingStartEvent) else []
        path = self._path()
        self._take(value, place)
        self._stack.append(_Open(event=event, path=path, value=value))

    def _close(self, event: CollectionEndEvent) -> None:
        done = self._stack.pop()
        start, end = done.event.start_mark, event.end_mark
        if self.places.values.get(done.path) and end.line == start.line and end.column > start.column:
            self.places.values[done.path] = self._span(start, end)

    def _scalar(self, event: ScalarEvent, place: Place) -> None:
        self._check_decoration(event, place)
        if unprintable(event.value):
            self.problems.append(
                self.places.problem(place, Code.UNREADABLE, "a control character is not allowed here")
            )
        if self._key_is_next():
            self._key(event.value, place)
        else:
            plain = event.style is None and event.implicit[0]
            self._take(_resolved(event.value) if plain else event.value, place)

    def _key(self, key: str, place: Place) -> None:
        top = self._stack[-1]
        assert isinstance(top.value, dict)  # noqa: S101  only a mapping awaits a key
        if key == "<<":
            self._forbid(place, "a merge key (<<)", "write the keys out")
        top.key, top.twice = key, key in top.value
        if top.twice:
            first = self.places.keys[(*top.path, key)].line
            self.problems.append(
                self.places.problem(
                    place,
                    Code.DUPLICATE_KEY,
                    f"the key {quoted(key)} stands here twice",
                    help=f"it was first given in line {first}",
                )
            )
        else:
            self.places.keys[(*top.path, key)] = place

    def _take(self, value: Any, place: Place) -> None:
        """Put a finished or just opened value where it belongs."""
        path = self._path()
        if not self._stack:
            self.root = value
        elif isinstance(container := self._stack[-1].value, list):
            container.append(value)
        else:
            top = self._stack[-1]
            key, top.key = top.key, None
            if top.twice:
                return  # the first one stands, and the file is refused anyway
            container[str(key)] = value
        self.places.values[path] = place

    def _path(self) -> Path:
        if not self._stack:
            return ()
        top = self._stack[-1]
        return (*top.path, len(top.value) if isinstance(top.value, list) else str(top.key))

    def _key_is_next(self) -> bool:
        return bool(self._stack) and isinstance(self._stack[-1].value, dict) and self._stack[-1].key is None

    def _check_decoration(self, event: ScalarEvent | CollectionStartEvent, place: Place) -> None:
        if event.anchor is not None:
            self._forbid(place, f"an anchor (&{event.anchor})", "write the value out where it is needed")
        if event.tag is not None:
            self._forbid(
                place, f"a tag ({event.tag})", "a playbook holds text, whole numbers, true and false"
            )

    def _forbid(self, place: Place, what: str, fix: str) -> None:
        self.problems.append(
            self.places.problem(place, Code.FORBIDDEN_YAML, f"{what} is not allowed in a playbook", help=fix)
        )

    def _place(self, event: Event) -> Place:
        return self._span(event.start_mark, event.end_mark)

    def _span(self, start: Any, end: Any) -> Place:
        """From mark to mark on one line, or to the end of the first of several."""
        line = self.places.lines[start.line].rstrip() if start.line < len(self.places.lines) else ""
        upto = end.column if end.line == start.line and end.column > start.column else len(line)
        return Place(line=start.line + 1, column=start.column + 1, width=max(1, upto - start.column))


def _resolved(text: str) -> str | int | bool | None:
    """A plain word as YAML 1.2 reads it, less what surprises: `NO`, `12:30:00` and `1.5` stay text."""
    if text in _WORDS:
        return _WORDS[text]
    return int(text) if _WHOLE_NUMBER.fullmatch(text) else text
