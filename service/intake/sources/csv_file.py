"""A CSV of departures, for HR systems without webhooks. All of it or nothing, with every mistake listed."""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from pydantic import ValidationError

from service.departures import zones
from service.departures.event import Change, TerminationEvent
from service.departures.kind import BESIDE, OTHER_KIND
from service.departures.times import BadTime, ZoneSource, zone
from service.intake.source import Envelope, NotUnderstood, Slip
from service.people.csv_table import NotCsv, Row, rows_of
from service.settings import SourceSection

MOST_BYTES: Final = 5 * 1024 * 1024
MOST_ROWS: Final = 20_000

PERSON: Final = ("source_id", "employee_no", "work_email", "name", "manager", "department", "title")
COLUMNS: Final = (
    *PERSON,
    "change",
    "kind",
    "last_day",
    "access_off_at",
    "timezone",
    "notice_date",
    "source_version",
    "sealed",
    "sealed_for",
)
YES: Final = frozenset({"yes", "true", "1"})
NO: Final = frozenset({"no", "false", "0"})
NEEDED: Final = ("source_id", "name")
#: What is no departure is announced one by one, and asked about first.
NO_LEAVING: Final = Slip(where="kind", what=OTHER_KIND)


class Told(NamedTuple):
    """What a row tells, and where its person stands in the file."""

    line: int
    column: int
    event: TerminationEvent

    def slip(self, what: str) -> Slip:
        """Something that is wrong with whom the row names."""
        return Slip(where=f"{self.line}:{self.column}", what=what)


def read_file(envelope: Envelope, section: SourceSection) -> tuple[Told, ...]:
    """Read every row of `envelope.body`, or raise `NotUnderstood` naming every mistake as `line:column`.

    A cell is text, whatever a spreadsheet would make of it.
    The same row read twice is the same event, so that a file may be imported again.
    """
    told, slips = [], []
    _check_zone(section.timezone)
    header, rows = _table(envelope.body)
    column = header.index("source_id") + 1
    for line, cells in rows:
        try:
            told.append(Told(line, column, _event(cells, header, envelope, section)))
        except NotUnderstood as error:
            slips += [_placed(slip, line, header) for slip in error.slips]
    if slips:
        raise NotUnderstood(*slips)
    return tuple(told)


def _check_zone(name: str) -> None:
    """A zone that stands in no row, but beside the file or in the settings, is none once and not in every row."""
    try:
        zone(name or zones.NOBODYS)
    except BadTime as error:
        raise NotUnderstood(Slip(where="", what=f"for rows that name no zone: {error}")) from error


def _table(raw: bytes) -> tuple[list[str], list[Row]]:
    if len(raw) > MOST_BYTES:
        raise NotUnderstood(Slip(where="", what=f"the file is longer than {MOST_BYTES} bytes"))
    rows = list(_rows(raw))
    if not rows:
        raise NotUnderstood(Slip(where="1:1", what="the file is empty"))
    header = [cell.strip().casefold() for cell in rows[0][1]]
    _check_header(header)
    if not rows[1:]:
        raise NotUnderstood(
            Slip(where="2:1", what="the file names nobody; below the header comes a row for each")
        )
    return header, rows[1:]


def _rows(raw: bytes) -> Iterator[Row]:
    try:
        for count, (line, cells) in enumerate(rows_of(raw)):
            if count > MOST_ROWS:
                raise NotUnderstood(Slip(where=f"{line}:1", what=f"there are more than {MOST_ROWS} rows"))
            yield line, cells
    except NotCsv as error:
        raise NotUnderstood(Slip(where=f"{error.line}:1", what=error.what)) from error


def _check_header(header: Sequence[str]) -> None:
    if not set(header) & set(COLUMNS):
        named = f"the first line names the columns, and none of ours is in it. There are {', '.join(COLUMNS)}"
        raise NotUnderstood(Slip(where="1:1", what=named))
    slips = [
        Slip(where=f"1:{column}", what="there is no such column")
        for column, name in enumerate(header, 1)
        if name not in COLUMNS
    ]
    if slips:  # what there is, once and not beside each
        slips[-1] = Slip(where=slips[-1].where, what=f"{slips[-1].what}. There are {', '.join(COLUMNS)}")
    slips += [
        Slip(where=f"1:{column}", what=f"{name} is here for the second time")
        for column, name in enumerate(header, 1)
        if name and name in header[: column - 1]
    ]
    slips += [
        Slip(where="1:1", what=f"the column {name} is missing") for name in NEEDED if name not in header
    ]
    if slips:
        raise NotUnderstood(*slips)


def _event(
    cells: Sequence[str], header: Sequence[str], envelope: Envelope, section: SourceSection
) -> TerminationEvent:
    if len(cells) != len(header):
        counts = f"cells: {len(cells)}, and in the first line {len(header)}"
        what = f"{counts}. Write as many, with the separators of the first line"
        raise NotUnderstood(Slip(where="", what=what))
    row = {name: cell.strip() for name, cell in zip(header, cells, strict=True) if cell.strip()}
    said = {name: cell for name, cell in row.items() if name not in (*PERSON, "sealed", "sealed_for")}
    beside = [NO_LEAVING] if said.get("kind") in set(BESIDE) else []
    try:
        event = TerminationEvent.model_validate(
            {
                "change": Change.SCHEDULED,
                **zones.of_source(section.timezone),
                **said,
                **({"zone_source": ZoneSource.EVENT} if "timezone" in row else {}),
                **_seal(row),
                "source": envelope.source,
                "source_id": _digest(row),
                "person": {name: cell for name, cell in row.items() if name in PERSON},
                "occurred_at": envelope.received_at,
            }
        )
    except ValidationError as error:
        slips = NotUnderstood.from_validation(error).slips
        told = [NO_LEAVING if slip.where == "kind" and "kind" in said else slip for slip in slips]
        raise NotUnderstood(*told, *beside) from error
    if beside:
        raise NotUnderstood(*beside)
    return event


def _seal(row: Mapping[str, str]) -> dict[str, object]:
    """Whom a row is sealed for; names mean that it is. What is neither yes nor no is not guessed."""
    named = tuple(row.get("sealed_for", "").replace(";", " ").replace(",", " ").split())
    word = row.get("sealed", "yes" if named else "no").casefold()
    if word not in YES | NO or (named and word in NO):
        raise NotUnderstood(
            Slip(where="sealed", what="this is yes or no, and yes where sealed_for names somebody")
        )
    return {"sealed": word in YES, "sealed_for": named}


def _digest(row: Mapping[str, str]) -> str:
    return hashlib.sha256(json.dumps(row, sort_keys=True).encode()).hexdigest()


def _placed(slip: Slip, line: int, header: Sequence[str]) -> Slip:
    """A slip in a file is found by its line and column."""
    name = slip.where.removeprefix("person.")
    column = header.index(name) + 1 if name in header else 1
    what = f"{name}: {slip.what}" if name else slip.what
    return Slip(where=f"{line}:{column}", what=what)
