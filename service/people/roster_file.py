"""Reading the roster of people from a CSV file: who works here, as HR exports it."""

import csv
import io
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.people.person import Person

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


class BadRoster(Exception):  # noqa: N818  the word is the error
    """The file cannot be imported; the message lists every slip with its line. Nothing was changed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """How many people the file added and how many it changed."""

    added: int
    changed: int


def import_roster(session: Session, path: Path, *, source: str) -> Imported:
    """Add and update people of one HR source. All or nothing: raises `BadRoster`."""
    rows = _rows(path)
    known = {
        person.source_id: person for person in session.scalars(select(Person).where(Person.source == source))
    }
    before = len(known)
    changed = 0
    for row in rows:
        person = known.get(row["source_id"])
        if person is None:
            person = Person(
                id=str(uuid.uuid4()), subject=uuid.uuid4().hex, source=source, source_id=row["source_id"]
            )
            session.add(person)
            known[person.source_id] = person
        else:
            changed += 1
        _fill(person, row)
    session.flush()
    for row in rows:
        manager = known.get(row.get("manager_source_id", ""))
        known[row["source_id"]].manager_id = manager.id if manager else None
    return Imported(added=len(known) - before, changed=changed)


def _fill(person: Person, row: Mapping[str, str]) -> None:
    person.display_name = row["name"]
    person.employee_no = row.get("employee_no") or None
    person.work_email = row.get("work_email") or None
    person.username = row.get("username") or None
    person.title = row.get("title", "")
    person.department = row.get("department", "")
    person.country = row.get("country", "")
    person.timezone = row.get("timezone") or "UTC"
    person.hired_on = date.fromisoformat(row["hired_on"]) if row.get("hired_on") else None


def _rows(path: Path) -> list[dict[str, str]]:
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise BadRoster(f"{path} cannot be read ({error.strerror}).") from error
    if len(raw) > MOST_BYTES:
        raise BadRoster(f"{path} is larger than {MOST_BYTES // 1024 // 1024} MB.")
    try:
        reader = csv.DictReader(io.StringIO(raw.decode("utf-8-sig"), newline=""), strict=True)
        rows = list(reader)
    except (UnicodeDecodeError, csv.Error) as error:
        raise BadRoster(f"{path} is not CSV in UTF-8.") from error
    slips = [*_header_slips(reader.fieldnames or []), *_slips(rows)]
    if slips:
        raise BadRoster("\n".join([f"{path} was not imported, nothing was changed:", *slips[:20]]))
    return rows


def _header_slips(names: object) -> list[str]:
    held = [str(name) for name in names] if isinstance(names, list | tuple) else []
    missing = [name for name in REQUIRED if name not in held]
    unknown = [name for name in held if name not in (*REQUIRED, *OPTIONAL)]
    said = [f"  line 1: the column {name} is missing" for name in missing]
    return said + [
        f"  line 1: there is no column {name}; there are {', '.join(OPTIONAL)}" for name in unknown
    ]


def _slips(rows: list[dict[str, str]]) -> list[str]:
    slips, seen = [], set()
    for line, row in enumerate(rows, start=2):
        if None in row or None in row.values():
            slips.append(f"  line {line}: it has another number of cells than the first line")
            continue
        if not row.get("source_id") or not row.get("name"):
            slips.append(f"  line {line}: source_id and name may not be empty")
        if row.get("source_id") in seen:
            slips.append(f"  line {line}: the source_id {row['source_id']} is used twice")
        seen.add(row.get("source_id"))
        if not _is_date(row.get("hired_on", "")):
            slips.append(f"  line {line}: hired_on is written 2026-12-05")
    return slips


def _is_date(text: str) -> bool:
    try:
        return not text or bool(date.fromisoformat(text))
    except ValueError:
        return False
