"""Reading the roster of people from a CSV file: who works here, as HR exports it."""

import re
import uuid
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.people import identifiers
from service.people.csv_table import NotCsv, rows_of
from service.people.identifiers import LETTERS, is_address, is_identifier, is_source
from service.people.person import Person
from service.people.shared_address import UNASKED, Answers, judge
from service.people.zone_names import zone_names

REQUIRED = ("source_id", "name")
OPTIONAL = (
    "employee_no",
    "work_email",
    "username",
    "title",
    "department",
    "country",
    "timezone",
    "manager_source_id",
    "hired_on",
)
MOST_BYTES = 32 * 1024 * 1024
MOST_SLIPS = 20

_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_YEARS = frozenset(map(str, range(1900, 2200)))
_COUNTRY = re.compile(r"[A-Z]{2}")

Row = tuple[int, dict[str, str]]  # the line it begins on, and its cells


class BadRoster(Exception):  # noqa: N818  the word is the error
    """The file cannot be imported; the message lists every slip with its line. Nothing was changed.

    Args:
        slips: How many there are, for the record.
    """

    def __init__(self, said: str, *, slips: int = 1) -> None:
        super().__init__(said)
        self.slips = slips


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """How many people the file added, how many it changed, and from how many others it took the address."""

    added: int
    changed: int
    given_up: int = 0


def import_roster(session: Session, path: Path, *, source: str, answers: Answers = UNASKED) -> Imported:
    """Add and update people of one HR source. All or nothing: raises `BadRoster`.

    Args:
        answers: What a person said of addresses that somebody else has.
    """
    if not is_source(source):
        raise BadRoster(f"An HR source is named by {identifiers.SOURCE}. Nothing was changed.")
    rows = _rows(path)
    known = {
        person.source_id: person for person in session.scalars(select(Person).where(Person.source == source))
    }
    if slips := _manager_slips(rows, known):
        raise _refused(path, slips)
    if slips := _loop_slips(rows, known.values()):
        raise _refused(path, slips)
    judged = judge(session, rows, known, answers)
    if judged.slips:
        raise _refused(path, judged.slips)
    for former in judged.given_up:
        former.work_email = None
    here, changed = set(known), set[str]()
    for _, row in rows:
        person = known.get(row["source_id"])
        if person is None:
            person = Person(
                id=str(uuid.uuid4()), subject=uuid.uuid4().hex, source=source, source_id=row["source_id"]
            )
            session.add(person)
            known[person.source_id] = person
        _fill(person, row)
    changed |= {source_id for source_id in here if session.is_modified(known[source_id])}
    session.flush()  # managers point at rows that must be there
    for _, row in rows:
        if "manager_source_id" in row:
            manager = known.get(row["manager_source_id"])
            known[row["source_id"]].manager_id = manager.id if manager else None
    changed |= {source_id for source_id in here if session.is_modified(known[source_id])}
    return Imported(added=len(known) - len(here), changed=len(changed), given_up=len(set(judged.given_up)))


def _fill(person: Person, row: Mapping[str, str]) -> None:
    """Take over what the file says. A column it has not says nothing, and takes nothing away."""
    person.display_name = row["name"]
    for name in ("employee_no", "work_email", "username"):
        if name in row:
            setattr(person, name, row[name] or None)
    for name in ("title", "department", "country", "timezone"):
        setattr(person, name, row.get(name, getattr(person, name, None) or ""))
    if "hired_on" in row:
        person.hired_on = date.fromisoformat(row["hired_on"]) if row["hired_on"] else None


def _rows(path: Path) -> list[Row]:
    """Each row with the line it ends on; cells without the spaces around them."""
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise BadRoster(f"{path} cannot be read ({error.strerror}).") from error
    if len(raw) > MOST_BYTES:
        raise BadRoster(f"{path} is larger than {MOST_BYTES // 1024 // 1024} MB.")
    try:
        lines = list(rows_of(raw))
    except NotCsv as error:
        raise _refused(path, [f"  line {error.line}: {error.what}"]) from error
    header = [name.casefold() for name in lines[0][1]] if lines else []
    slips = _header_slips(header)
    if not slips and len(lines) == 1:
        slips = ["  line 2: the file names nobody; below the first line comes a row for each"]
    rows: list[Row] = []
    for line, cells in lines[1:]:
        if len(cells) != len(header):
            slips.append(f"  line {line}: it has another number of cells than the first line")
            continue
        rows.append((line, dict(zip(header, cells, strict=True))))
    if slips := [*slips, *_slips(rows)]:
        raise _refused(path, slips)
    return rows


def _refused(path: Path, slips: list[str]) -> BadRoster:
    more = [f"  and {len(slips) - MOST_SLIPS} more"] if len(slips) > MOST_SLIPS else []
    return BadRoster(
        "\n".join([f"{path} was not imported, nothing was changed:", *slips[:MOST_SLIPS], *more]),
        slips=len(slips),
    )


def _header_slips(held: list[str]) -> list[str]:
    columns = (*REQUIRED, *OPTIONAL)
    if not held:
        return ["  line 1: the file is empty"]
    if not set(held) & set(columns):
        named = "the first line names the columns, and none of ours is in it"
        return [f"  line 1: {named}; there are {', '.join(columns)}"]
    missing = [name for name in REQUIRED if name not in held]
    unknown = [name for name in held if name not in columns]
    twice = {name for name in held if held.count(name) > 1}
    said = [f"  line 1: the column {name} is missing" for name in missing]
    said += [f"  line 1: the column {name} is there twice" for name in sorted(twice)]
    return said + [
        f"  line 1: there is no column {name or 'without a name'}; there are {', '.join(OPTIONAL)}"
        for name in unknown
    ]


def _slips(rows: Iterable[Row]) -> list[str]:
    slips: list[str] = []
    for line, row in rows:
        if not row.get("source_id") or not row.get("name"):
            slips.append(f"  line {line}: source_id and name may not be empty")
        slips += [
            f"  line {line}: {name} {what}"
            for name, text in row.items()
            if name in CHECKS and text and (what := _wrong(name, text))
        ]
    return [*slips, *_repeated(rows, "source_id"), *_repeated(rows, "employee_no")]


def _wrong(name: str, text: str) -> str:
    """What is wrong with a cell; empty when nothing is."""
    most, check = CHECKS[name]
    if len(text) > most:
        return f"is longer than {most} characters"
    if not text.isprintable():
        return "holds characters that cannot be printed, such as a line break"
    return check(text) if check else ""


def _repeated(rows: Iterable[Row], name: str) -> list[str]:
    seen: dict[str, int] = {}
    slips = []
    for line, row in rows:
        text = row.get(name, "")
        if text and seen.setdefault(text, line) != line:
            slips.append(f"  line {line}: the {name} {text} is used twice, first in line {seen[text]}")
    return slips


def _manager_slips(rows: Iterable[Row], known: Collection[str]) -> list[str]:
    here = {*known, *(row["source_id"] for _, row in rows)}
    return [
        f"  line {line}: there is nobody with the source_id {manager}, who is to be the manager"
        for line, row in rows
        if (manager := row.get("manager_source_id", "")) and manager not in here
    ]


def _loop_slips(rows: Iterable[Row], known: Iterable[Person]) -> list[str]:
    """Whoever reports to themselves, however many steps up: nobody above them could decide about anything."""
    by_id = {person.id: person.source_id for person in known}
    above = {p.source_id: by_id.get(p.manager_id or "", "") for p in known}
    lines = {row["source_id"]: line for line, row in rows}
    above |= {row["source_id"]: row["manager_source_id"] for _, row in rows if "manager_source_id" in row}
    slips, cleared = [], set[str]()
    for start in above:
        way: dict[str, None] = {}
        at = start
        while at and at not in way and at not in cleared:
            way[at] = None
            at = above.get(at, "")
        if at in way:
            loop = list(way)[list(way).index(at) :]
            said = "report to each other in a loop" if len(loop) > 1 else "would be their own manager"
            where = f"  line {max(lines.get(one, 0) for one in loop)}: {', '.join(loop)} {said}"
            slips.append(f"{where}; correct the manager in the HR system")
        cleared |= way.keys()
    return slips


def _not_a_date(text: str) -> str:
    if not _DATE.fullmatch(text):
        return "is written 2026-12-05"
    try:
        date.fromisoformat(text)
    except ValueError:
        return "is no day in the calendar"
    return "" if text[:4] in _YEARS else "is in a year that nobody is hired in"


def _not_an_identifier(text: str) -> str:
    return "" if is_identifier(text) else f"is made of {LETTERS}"


def _not_an_address(text: str) -> str:
    return "" if is_address(text) else "is not an e-mail address; leave it empty where there is none"


def _not_a_country(text: str) -> str:
    return "" if _COUNTRY.fullmatch(text) else "is two capital letters, such as SE"


def _not_a_zone(text: str) -> str:
    return "" if text in zone_names() else "is no time zone; write it as in Europe/Berlin"


#: The longest text of each column, and what else must be true of it.
CHECKS: Mapping[str, tuple[int, Callable[[str], str] | None]] = {
    "source_id": (200, _not_an_identifier),
    "name": (300, None),
    "employee_no": (100, None),
    "work_email": (320, _not_an_address),
    "username": (200, None),
    "title": (200, None),
    "department": (200, None),
    "country": (2, _not_a_country),
    "timezone": (64, _not_a_zone),
    "manager_source_id": (200, None),
    "hired_on": (10, _not_a_date),
}
