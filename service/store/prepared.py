"""Statements that are asked again and again: put together once, and handed to the driver as they are.

What a small statement costs is mostly its way to the driver: the session's look at it, a cache's key, contexts, rows
of a class of their own. What every leaver asks for several times goes past that. It is written, typed and put into
each database's words by SQLAlchemy, belongs to the session's transaction, and raises what SQLAlchemy raises.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, cast

from sqlalchemy import BindParameter, Dialect, Executable, Insert, SelectBase
from sqlalchemy.engine.interfaces import DBAPICursor
from sqlalchemy.orm import Session
from sqlalchemy.sql import ClauseElement, visitors
from sqlalchemy.types import TypeEngine

from service.store import driver

Row = tuple[Any, ...]
Given = Mapping[str, Any]
Process = Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class _Slot:
    """Where a value belongs: the parameter's name, and its place where that takes a list.

    Not a tuple: in the list of a column whose kind nobody named, SQLAlchemy would take it for several values.
    """

    name: str
    place: int | None


class _Value(NamedTuple):
    """One value of a statement: its name there, where it comes from, and what makes it the database's."""

    name: str
    slot: _Slot | None
    process: Process | None
    constant: Any


class _Worded:
    """A statement in one database's words, for lists of one length. `kinds` are those of its columns."""

    def __init__(
        self, sql: str, values: tuple[_Value, ...], *, by_name: bool, kinds: Sequence[TypeEngine[Any]]
    ) -> None:
        self.sql = sql
        self._values = values
        self._names = [value.name for value in values] if by_name else None
        self._kinds = kinds
        self._processed: list[tuple[int, Process]] | None = None

    def sent(self, given: Given) -> Any:
        """What goes beside the statement. Raises `KeyError` for a parameter nobody gave."""
        values = []
        for _, slot, process, constant in self._values:
            if slot is None:
                values.append(constant)
                continue
            value = given[slot.name] if slot.place is None else given[slot.name][slot.place]
            values.append(value if process is None else process(value))
        return values if self._names is None else dict(zip(self._names, values, strict=True))

    def read(self, cursor: DBAPICursor, dialect: Dialect) -> list[Row]:
        """The rows that were found, their values as ours."""
        rows = cursor.fetchall()
        if self._processed is None:  # psycopg's own names of types are known only now
            given = [column[1] for column in cursor.description or ()]
            read = [_from_database(*kinds, dialect) for kinds in zip(self._kinds, given, strict=True)]
            self._processed = [(at, process) for at, process in enumerate(read) if process is not None]
        if not self._processed:
            return [tuple(row) for row in rows]
        return [_made(row, self._processed) for row in rows]


def _made(row: Sequence[Any], processed: Iterable[tuple[int, Process]]) -> Row:
    values = list(row)
    for at, process in processed:
        values[at] = process(values[at])
    return tuple(values)


class Prepared:
    """A statement over columns. What a session holds back is not written before it: flush where it matters.

    Args:
        statement: Of SQLAlchemy's core, over `table_of(...)`, its parameters by `bindparam`; one that is `expanding`
            is given a list.
    """

    def __init__(self, statement: Executable) -> None:
        self._statement = statement
        self._lists = _lists(statement)
        self._inserts = isinstance(statement, Insert)
        self._worded: dict[tuple[str, tuple[int, ...], tuple[str, ...]], _Worded] = {}

    def rows(self, session: Session, **given: Any) -> list[Row]:
        """Every row, as a tuple of its columns' values."""
        lengths = tuple([_padded(given, name) for name in self._lists])
        connection = session.connection()
        worded = self._in_words_of(connection.dialect, given, lengths)
        with driver.cursor(connection, worded.sql) as cursor:
            cursor.execute(worded.sql, worded.sent(given))
            return worded.read(cursor, connection.dialect)

    def first(self, session: Session, **given: Any) -> Row | None:
        """The first row."""
        return next(iter(self.rows(session, **given)), None)

    def scalar(self, session: Session, **given: Any) -> Any:
        """The first column of the first row; None too where there is no row."""
        found = self.first(session, **given)
        return None if found is None else found[0]

    def scalars(self, session: Session, **given: Any) -> list[Any]:
        """The first column of every row."""
        return [row[0] for row in self.rows(session, **given)]

    def run(self, session: Session, **given: Any) -> None:
        """Carry it out, where it gives no rows."""
        self.run_all(session, (given,))

    def run_all(self, session: Session, many: Collection[Given]) -> None:
        """Carry it out for each of these, all with the same names and none with a list."""
        if not many:
            return
        connection = session.connection()
        worded = self._in_words_of(connection.dialect, next(iter(many)), ())
        sent = [worded.sent(given) for given in many]
        driver.run_all(connection, worded.sql, sent)

    def _in_words_of(self, dialect: Dialect, given: Given, lengths: tuple[int, ...]) -> _Worded:
        columns = tuple(given) if self._inserts else ()  # another row may name others
        key = dialect.name, lengths, columns
        if key not in self._worded:
            self._worded[key] = _put(self._statement, dialect, given, self._lists)
        return self._worded[key]


def _lists(statement: Executable) -> list[str]:
    """The parameters that take a list of any length."""
    parts = visitors.iterate(cast("ClauseElement", statement))
    found = {
        part.key for part in parts if isinstance(part, BindParameter) and part.expanding and part.required
    }
    return sorted(found)


def _padded(given: dict[str, Any], name: str) -> int:
    """A list repeats its last value up to a power of two, so that a few wordings do for all; gives its length."""
    some = list(given[name])
    length = 1 << (len(some) - 1).bit_length() if some else 0
    given[name] = some + some[-1:] * (length - len(some))
    return length


def _put(statement: Executable, dialect: Dialect, given: Given, several: Collection[str]) -> _Worded:
    """Let SQLAlchemy word it, with a slot where each value will stand."""
    inserts = isinstance(statement, Insert)
    compiled: Any = statement.compile(dialect=dialect, column_keys=list(given) if inserts else None)  # type: ignore[attr-defined]
    if inserts and compiled.insert_prefetch:
        left = ", ".join(column.name for column in compiled.insert_prefetch)
        raise ValueError(f"A prepared insert names every column that has a default: {left}.")
    slots = {
        name: [_Slot(name, place) for place in range(len(value))] if name in several else _Slot(name, None)
        for name, value in given.items()
    }
    worded = compiled.construct_expanded_state(slots)
    lists = {one: name for name, several in worded.parameter_expansion.items() for one in several}
    names = worded.positiontup or [
        name for name in worded.parameters if name not in worded.parameter_expansion
    ]
    values = []
    for name in names:
        process = _to_database(compiled.binds[lists.get(name, name)].type, dialect)
        found = worded.parameters[name]
        slot = found if isinstance(found, _Slot) else None
        constant = None if slot else found if process is None else process(found)
        values.append(_Value(name, slot, process, constant))
    columns = statement.selected_columns if isinstance(statement, SelectBase) else ()
    return _Worded(
        worded.statement,
        tuple(values),
        by_name=worded.positiontup is None,
        kinds=[column.type for column in columns],
    )


def _to_database(kind: TypeEngine[Any], dialect: Dialect) -> Process | None:
    return kind.dialect_impl(dialect).bind_processor(dialect)


def _from_database(kind: TypeEngine[Any], given: Any, dialect: Dialect) -> Process | None:
    return kind.dialect_impl(dialect).result_processor(dialect, given)
