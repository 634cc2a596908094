"""The entries, and the one way to write them: at the end, in the caller's transaction, under the ledger's lock.

The lock is the row of `ledger_head` (on SQLite the write transaction). It is held until the caller's transaction
ends, so `seq` has no gaps and entries become readable in their order. Append late and commit soon.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import BigInteger, Connection, Index, Integer, LargeBinary, String, column, select, table
from sqlalchemy.orm import Mapped, Session, SessionTransaction, mapped_column

from service.ledger import leaf as leaves
from service.ledger import seatbelt, subject
from service.ledger.bound import bind, bound
from service.ledger.errors import EntryRefused, LedgerBroken, ReadingOnly
from service.ledger.event import Event
from service.ledger.leaf import Json
from service.ledger.tree import Edge, leaf_hash
from service.store import Base, driver
from service.store.failpoints import passing

__all__ = [
    "Draft",
    "LedgerEntry",
    "LedgerHead",
    "append",
    "append_all",
    "bind",
    "gathered",
    "head",
    "stored_leaves",
]

SEQ = BigInteger().with_variant(Integer, "sqlite")
MAX_NAME = 200  # of an actor, subject, departure, run or step

#: What `append` gives within `gathered`, where numbers are given at the end.
NUMBERED_LATER: Final = -1

_OPEN = "exeunt.ledger"
_GATHERED = "exeunt.ledger.gathered"

#: The columns of a row, and their kinds on PostgreSQL.
_COLUMNS: Final = {
    "seq": "bigint",
    "leaf": "bytea",
    "at": "timestamptz",
    "event": "text",
    "subject": "text",
    "departure_id": "text",
    "run_id": "text",
    "step": "text",
}

_Within = tuple[SessionTransaction | None, SessionTransaction | None]
_Row = tuple[Any, ...]


class LedgerEntry(Base):
    """One line of the ledger.

    `leaf` is the record: the exact bytes that are hashed. The other columns repeat parts of it to be searched by,
    and `verify` compares them.
    """

    __tablename__ = "ledger"
    __table_args__ = (Index("ix_ledger_run_id_step", "run_id", "step"),)

    seq: Mapped[int] = mapped_column(SEQ, primary_key=True, autoincrement=False)
    leaf: Mapped[bytes] = mapped_column(LargeBinary)
    at: Mapped[datetime] = mapped_column(index=True)
    event: Mapped[str] = mapped_column(String(80), index=True)
    subject: Mapped[str] = mapped_column(String(MAX_NAME), index=True)
    departure_id: Mapped[str] = mapped_column(String(MAX_NAME), index=True)
    run_id: Mapped[str] = mapped_column(String(MAX_NAME))
    step: Mapped[str] = mapped_column(String(MAX_NAME))

    @property
    def content(self) -> dict[str, Json]:
        """The leaf, read. Its members are described in docs/reference/ledger.md."""
        content: dict[str, Json] = json.loads(self.leaf)
        return content


class LedgerHead(Base):
    """One row: how many entries there are, and the right edge of their tree."""

    __tablename__ = "ledger_head"

    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    size: Mapped[int] = mapped_column(SEQ)
    edge: Mapped[bytes] = mapped_column(LargeBinary)


seatbelt.fasten(LedgerEntry.__table__)
seatbelt.fasten(LedgerHead.__table__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """An entry that has no number yet.

    `body` holds no personal data. `pii` does, and only its commitments under the subject's key are written.
    """

    event: Event
    actor: str
    subject: str = ""
    departure: str = ""
    run: str = ""
    step: str = ""
    body: Mapping[str, Json] = field(default_factory=dict)
    pii: Mapping[str, str] = field(default_factory=dict)


_Dated = tuple[Draft, datetime]


@dataclass(slots=True)
class _Open:
    """The head as this transaction holds it, so that it is read once and not before every entry."""

    within: _Within
    connection: Connection
    edge: Edge


@dataclass(slots=True)
class _Gathered:
    """What a block of `gathered` has appended and not written yet."""

    within: _Within
    drafts: list[_Dated] = field(default_factory=list)


def append(  # noqa: PLR0913  the members of an entry, each by its name
    session: Session,
    event: Event,
    *,
    actor: str,
    subject: str = "",
    departure: str = "",
    run: str = "",
    step: str = "",
    body: Mapping[str, Json] | None = None,
    pii: Mapping[str, str] | None = None,
    at: datetime,
) -> int:
    """Write one entry in the caller's transaction and return its `seq`, `NUMBERED_LATER` within `gathered`.

    Args:
        session: A writing session; the entry stands when it commits.
        event: What happened.
        actor: Who did it: `system:engine`, `source:hr`, `person:<subject>`.
        subject: The random pseudonym of whom the entry is about, whose key commits to `pii`.
        departure: Its id.
        run: Its id.
        step: Its id within the run.
        body: The facts, without personal data and without floats.
        pii: Personal data by field; only commitments are written.
        at: The moment, from the service's clock.
    """
    draft = Draft(
        event=event,
        actor=actor,
        subject=subject,
        departure=departure,
        run=run,
        step=step,
        body=body or {},
        pii=pii or {},
    )
    numbers = append_all(session, (draft,), at=at)
    return numbers[0] if numbers else NUMBERED_LATER


def append_all(session: Session, drafts: Sequence[Draft], *, at: datetime) -> range:
    """Write several entries of one moment with one statement; returns their numbers, none within `gathered`."""
    bound()
    block, dated = session.info.get(_GATHERED), [(draft, at) for draft in drafts]
    if isinstance(block, _Gathered):
        _check(block, _within(session))
        block.drafts += dated
        return range(0)
    opened = _opened(session)
    first = opened.edge.size
    session.info.pop(_OPEN)  # whatever fails from here on: the next append reads the head again
    rows = _numbered(session, opened, dated)
    if rows:
        _write(opened, rows)
    session.info[_OPEN] = opened
    return range(first, opened.edge.size)


@contextmanager
def gathered(session: Session) -> Iterator[None]:
    """Write what is appended within the block at its end, with one statement for all.

    The ledger's lock is taken at the end, after those of all rows that the block changes, when the entries get their
    numbers: others need not wait for what the block does meanwhile. What it changes must be safe under locks of its
    own. Nothing in the block reads the ledger or opens a savepoint. An error that leaves the block rolls the
    transaction back at once: without its entries none of its changes may stand.
    """
    if _GATHERED in session.info:  # a block within a block
        yield
        return
    session.connection()
    session.info[_GATHERED] = block = _Gathered(_within(session))
    with ExitStack() as undone:
        undone.callback(_roll_back, session)
        undone.callback(session.info.pop, _GATHERED)
        yield
        if block.drafts:
            session.flush()  # rows first: who holds one of them may be waiting for the ledger
            opened = _opened(session)
            session.info.pop(_OPEN)
            _write(opened, _numbered(session, opened, block.drafts))
            session.info[_OPEN] = opened
        undone.pop_all()
    session.info.pop(_GATHERED)


def head(session: Session) -> Edge:
    """Take the ledger's lock and return the right edge as this transaction sees it."""
    return _opened(session).edge.copy()


def stored_leaves(session: Session, start: int, stop: int) -> Iterator[bytes]:
    """The leaves `start` to `stop`, streamed as stored. Raises `LedgerBroken` when one is missing or no bytes."""
    plain = table("ledger", column("seq"), column("leaf"))  # untyped: nothing of what is stored is converted
    query = select(plain.c.seq, plain.c.leaf).where(plain.c.seq >= start, plain.c.seq < stop)
    expected = start
    with session.execute(query.order_by(plain.c.seq).execution_options(yield_per=1000)) as rows:
        for seq, leaf in rows:
            if seq != expected or not isinstance(leaf, bytes):
                raise LedgerBroken(f"Entry {expected} is missing or no bytes. Run: exeunt ledger verify")
            yield leaf
            expected += 1
    if expected != stop:
        raise LedgerBroken(f"Entry {expected} is missing. Run: exeunt ledger verify")


def _content(session: Session, draft: Draft, seq: int, when: str) -> dict[str, Any]:
    for name in (draft.actor, draft.subject, draft.departure, draft.run, draft.step):
        if len(name) > MAX_NAME or not name.isprintable():
            raise EntryRefused(f"A name in an entry is longer than {MAX_NAME} or holds control characters.")
    if not draft.actor:
        raise EntryRefused("An entry says who did it.")
    return {
        "v": leaves.VERSION,
        "seq": seq,
        "ts": when,
        "type": draft.event.value,
        "run": draft.run,
        "step": draft.step,
        "departure": draft.departure,
        "actor": draft.actor,
        "subject": draft.subject,
        "body": draft.body,
        "pii": subject.commitments(session, draft.subject, draft.pii) if draft.pii else {},
        "tz": leaves.zone_data_version(),
        "app": leaves.app_version(),
    }


def _within(session: Session) -> _Within:
    return session.get_transaction(), session.get_nested_transaction()


def _roll_back(session: Session) -> None:
    transaction = session.get_nested_transaction() or session.get_transaction()
    if transaction is not None and transaction.is_active:
        transaction.rollback()


def _check(block: _Gathered, within: _Within) -> None:
    if block.within != within:
        raise EntryRefused("A savepoint was opened while entries were gathered. Gather them within it.")


def _numbered(session: Session, opened: _Open, drafts: Iterable[_Dated]) -> list[_Row]:
    """Entries as rows, each with the next number and its hash at the right edge."""
    rows: list[_Row] = []
    lite = opened.connection.dialect.name == "sqlite"
    for draft, at in drafts:
        seq, when = opened.edge.size, leaves.stamp(at)
        leaf = leaves.canonical(_content(session, draft, seq, when))
        names = draft.event.value, draft.subject, draft.departure, draft.run, draft.step
        rows.append((seq, leaf, _as_text(when) if lite else at.astimezone(UTC), *names))
        opened.edge.append(leaf_hash(leaf))
    return rows


def _opened(session: Session) -> _Open:
    connection = session.connection()
    within = _within(session)
    opened = session.info.get(_OPEN)
    if isinstance(opened, _Open) and opened.within[0] is within[0] and opened.within[1] is within[1]:
        return opened
    if connection.get_execution_options().get("exeunt_reading"):
        raise ReadingOnly("This session only reads, so its entry would be lost. Use store.write().")
    opened = _Open(within, connection, _locked_edge(connection))
    session.info[_OPEN] = opened
    return opened


def _locked_edge(connection: Connection) -> Edge:
    lock = "" if connection.dialect.name == "sqlite" else " FOR UPDATE"
    row = next(iter(driver.rows(connection, f"SELECT size, edge FROM ledger_head WHERE id = 1{lock}")), None)
    if row is None:
        raise LedgerBroken("The ledger has no head. Run the migrations; if they ran, someone removed it.")
    try:
        return Edge.unpack(row[0], bytes(row[1]))
    except (TypeError, ValueError) as error:
        raise LedgerBroken("The ledger's head does not fit its size. Run: exeunt ledger verify") from error


def _write(opened: _Open, rows: list[_Row]) -> None:
    """Plain driver statements: this is the hottest write of the service, and its values are already exact."""
    connection, lite = opened.connection, opened.connection.dialect.name == "sqlite"
    if lite or len(rows) == 1:
        marks = ", ".join(["?" if lite else "%s"] * len(_COLUMNS))
        driver.run_all(connection, f"INSERT INTO ledger ({', '.join(_COLUMNS)}) VALUES ({marks})", rows)
    else:  # one statement for all rows, where many parameter sets would be as many statements
        arrays = ", ".join(f"%s::{kind}[]" for kind in _COLUMNS.values())
        insert = f"INSERT INTO ledger ({', '.join(_COLUMNS)}) SELECT * FROM unnest({arrays})"
        driver.run(connection, insert, tuple(list(column) for column in zip(*rows, strict=True)))
    passing("ledger.written")
    mark = "?" if lite else "%s"
    driver.run(
        connection,
        f"UPDATE ledger_head SET size = {mark}, edge = {mark} WHERE id = 1",
        (opened.edge.size, opened.edge.pack()),
    )
    passing("ledger.appended")


def _as_text(stamp: str) -> str:
    """As `UtcDateTime` stores it on SQLite."""
    return f"{stamp[:10]} {stamp[11:-1]}"
