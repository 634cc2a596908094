"""A small, strict reader of SOQL for the fake: what it does not know it refuses, as the vendor would."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

Row = Mapping[str, Any]
Test = Callable[[Row], bool]

_TOKEN: Final = re.compile(
    r"""\s*(?:
    (?P<text>'(?:[^'\\]|\\.)*')
  | (?P<moment>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:?\d\d))
  | (?P<number>\d+)
  | (?P<word>[A-Za-z_][A-Za-z0-9_.]*)
  | (?P<sign><=|>=|!=|[=<>(),])
    )""",
    re.VERBOSE | re.DOTALL | re.ASCII,
)
_ESCAPES: Final = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f", "'": "'", '"': '"', "\\": "\\"}
_CASE_MATTERS: Final = frozenset({"FederationIdentifier"})


class SoqlError(Exception):
    """A query the vendor would refuse, with its error code."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(slots=True, kw_only=True)
class Query:
    """A query taken apart."""

    fields: list[str] = field(default_factory=list)
    counts: bool = False
    distinct: str = ""
    alias: str = "expr0"
    source: str = ""
    test: Test = lambda _: True
    filtered: list[str] = field(default_factory=list)
    order: list[tuple[str, bool]] = field(default_factory=list)
    limit: int | None = None

    def select(self, rows: Iterator[Row]) -> list[Row]:
        """The rows that fit, in order, at most `limit`."""
        found = [row for row in rows if self.test(row)]
        for name, descending in reversed(self.order):
            found.sort(key=lambda row: str(value_of(row, name) or ""), reverse=descending)
        return found if self.limit is None else found[: self.limit]


def parse(text: str) -> Query:
    """Read a query. Raises `SoqlError`."""
    return _Parser(text).query()


def value_of(row: Row, name: str) -> Any:
    """A field, by a dotted name across a relation."""
    value: Any = row
    for part in name.split("."):
        value = value.get(part) if isinstance(value, Mapping) else None
    return value


class _Parser:
    def __init__(self, text: str) -> None:
        self._tokens = list(_tokens(text))
        self._at = 0
        self._query = Query()

    def query(self) -> Query:
        self._word("SELECT")
        self._selection()
        self._word("FROM")
        self._query.source = self._name()
        if self._try("WHERE"):
            self._query.test = self._either()
        if self._try("ORDER"):
            self._word("BY")
            self._order()
        if self._try("LIMIT"):
            self._query.limit = int(self._take("number"))
        if self._at != len(self._tokens):
            raise _malformed("unexpected token")
        return self._query

    def _selection(self) -> None:
        first = self._name()
        if first.lower() == "count" and self._try("("):
            self._sign(")")
            self._query.counts = True
        elif first.upper() == "COUNT_DISTINCT" and self._try("("):
            self._query.distinct = self._name()
            self._sign(")")
            if not self._peek("FROM"):
                self._query.alias = self._name()
        else:
            self._query.fields = [first]
            while self._try(","):
                self._query.fields.append(self._name())

    def _order(self) -> None:
        while True:
            name = self._name()
            descending = self._try("DESC")
            if not descending:
                self._try("ASC")
            self._query.order.append((name, descending))
            if not self._try(","):
                return

    def _either(self) -> Test:
        """Conditions joined by AND or by OR; both at one level need parentheses, as in SOQL."""
        tests, joined = [self._condition()], set[str]()
        while self._peek("AND") or self._peek("OR"):
            joined.add(self._name().upper())
            tests.append(self._condition())
        if len(joined) > 1:
            raise _malformed("AND and OR need parentheses")
        every = all if joined != {"OR"} else any
        return lambda row: every(test(row) for test in tests)

    def _condition(self) -> Test:
        if self._try("("):
            inner = self._either()
            self._sign(")")
            return inner
        if self._try("NOT"):
            negated = self._condition()
            return lambda row: not negated(row)
        return self._comparison(self._name())

    def _comparison(self, name: str) -> Test:
        self._query.filtered.append(name)
        read = _reader(name)
        if self._try("NOT"):
            self._word("IN")
            unwanted = self._values(name)
            return lambda row: read(row) not in unwanted
        if self._try("IN"):
            wanted = self._values(name)
            return lambda row: read(row) in wanted
        sign, literal = self._take("sign"), _folded(name, self._value())
        compare = _COMPARE.get(sign)
        if compare is None:
            raise _malformed("no such operator")
        return lambda row: compare(read(row), literal)

    def _values(self, name: str) -> set[Any]:
        self._sign("(")
        values = {_folded(name, self._value())}
        while self._try(","):
            values.add(_folded(name, self._value()))
        self._sign(")")
        return values

    def _value(self) -> Any:
        kind, text = self._next()
        match kind:
            case "text":
                return _unquoted(text)
            case "moment":
                return stamp(datetime.fromisoformat(text))
            case "number":
                return int(text)
            case "word" if text.lower() in {"true", "false", "null"}:
                return {"true": True, "false": False, "null": None}[text.lower()]
            case _:
                raise _malformed("a value is missing")

    def _next(self) -> tuple[str, str]:
        if self._at >= len(self._tokens):
            raise _malformed("unexpected end")
        self._at += 1
        return self._tokens[self._at - 1]

    def _take(self, kind: str) -> str:
        found, text = self._next()
        if found != kind:
            raise _malformed(f"expecting a {kind}")
        return text

    def _name(self) -> str:
        return self._take("word")

    def _sign(self, sign: str) -> None:
        if self._take("sign") != sign:
            raise _malformed(f"expecting {sign}")

    def _word(self, word: str) -> None:
        if self._name().upper() != word:
            raise _malformed(f"expecting {word}")

    def _peek(self, what: str) -> bool:
        return self._at < len(self._tokens) and self._tokens[self._at][1].upper() == what

    def _try(self, what: str) -> bool:
        found = self._peek(what)
        self._at += found
        return found


def stamp(at: datetime) -> str:
    """A dateTime as the vendor writes it; such texts sort as the times do."""
    at = at.astimezone(UTC)
    return f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03d}+0000"


def _tokens(text: str) -> Iterator[tuple[str, str]]:
    at, text = 0, text.rstrip()
    while at < len(text):
        found = _TOKEN.match(text, at)
        if found is None or found.lastgroup is None:
            raise _malformed("unexpected character")
        yield found.lastgroup, found[found.lastgroup]
        at = found.end()


def _unquoted(text: str) -> str:
    def escape(found: re.Match[str]) -> str:
        if found[1].startswith("u"):
            return chr(int(found[1][1:], 16))
        if found[1] not in _ESCAPES:
            raise _malformed("illegal escape")
        return _ESCAPES[found[1]]

    return re.sub(r"\\(u[0-9a-fA-F]{4}|.)", escape, text[1:-1], flags=re.DOTALL)


def _exact(name: str) -> bool:
    """Text is compared without regard to case; ids, times and a few fields exactly."""
    return name.endswith(("Id", "Date", "Time")) or name in _CASE_MATTERS


def _folded(name: str, value: Any) -> Any:
    return value.lower() if isinstance(value, str) and not _exact(name) else value


def _reader(name: str) -> Callable[[Row], Any]:
    """A field as it is compared; plain fields fast, for there are many rows."""
    if "." not in name and _exact(name):
        return lambda row: row.get(name)
    return lambda row: _folded(name, value_of(row, name))


_COMPARE: Final[Mapping[str, Callable[[Any, Any], bool]]] = {
    "=": lambda a, b: bool(a == b),
    "!=": lambda a, b: bool(a != b),
    "<": lambda a, b: a is not None and bool(a < b),
    "<=": lambda a, b: a is not None and bool(a <= b),
    ">": lambda a, b: a is not None and bool(a > b),
    ">=": lambda a, b: a is not None and bool(a >= b),
}


def _malformed(message: str) -> SoqlError:
    return SoqlError("MALFORMED_QUERY", message)
