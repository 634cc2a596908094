"""BambooHR: a webhook says only that something changed, so the record is read.

Vendor facts: the signature is hex HMAC-SHA256 over body and timestamp; future-dated changes send nothing until they
take effect; the table of employment statuses holds them all the same.
https://documentation.bamboohr.com/docs/webhooks
"""

import base64
import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from http import HTTPStatus
from typing import Any, Final

from pydantic import ValidationError

from connectors.sdk.context import Context, Secret
from connectors.sdk.http import Http
from connectors.sdk.types import Json
from service.departures.event import EventPerson
from service.departures.kind import LEAVING, DepartureKind
from service.departures.times import BadTime, civil
from service.intake.source import Envelope, Ignored, LookUp, NotUnderstood, Slip, Standing
from service.people.signature import Recipe, Timestamps, text_key
from service.settings import SourceSection

EVENTS: Final = frozenset({"employee.created", "employee.updated", "employee.deleted"})
FIELDS: Final = (
    "employeeNumber,firstName,lastName,displayName,workEmail,jobTitle,department,supervisorEId,status"
)
TERMINATED: Final = "terminated"
KINDS: Final[Mapping[str, DepartureKind]] = {
    "Voluntary": DepartureKind.VOLUNTARY,
    "Resignation (Voluntary)": DepartureKind.VOLUNTARY,
    "Involuntary": DepartureKind.INVOLUNTARY,
    "Termination (Involuntary)": DepartureKind.INVOLUNTARY,
}
ANY: Final = "*"

_EMPLOYEE: Final = re.compile(r"[1-9][0-9]{0,19}")  # 0 would mean the employee whose key we use

key = text_key


class _Basic:
    """BambooHR takes the key as a user name and anything as the password."""

    def __init__(self, api_key: Secret) -> None:
        self._api_key = api_key

    def headers(self) -> Mapping[str, str]:
        pair = base64.b64encode(f"{self._api_key.reveal()}:x".encode()).decode("ascii")
        return {"Authorization": f"Basic {pair}"}

    def refresh(self) -> None:
        """There is no other key to try."""


def recipe(section: SourceSection) -> Recipe:  # noqa: ARG001  # every format is asked with its section
    """Seen with Unix seconds and with ISO times: the timestamp is text that is signed, and no age is read off it."""
    return Recipe(
        signature_header="X-BambooHR-Signature",
        signed="{body}{ts}",
        timestamp_header="X-BambooHR-Timestamp",
        timestamps=Timestamps.OPAQUE,
    )


def read(envelope: Envelope, section: SourceSection) -> LookUp | Ignored:  # noqa: ARG001  # as above
    """Say which employees must be looked up, in today's events and in the legacy form with fields."""
    body = envelope.body
    if not isinstance(body, dict):
        raise NotUnderstood(Slip(where="", what="the body is not an object"))
    if isinstance(body.get("employees"), list):
        found = [entry.get("id") if isinstance(entry, dict) else None for entry in body["employees"]]
        return LookUp(employee_ids=tuple(dict.fromkeys(_employee(one, "employees.id") for one in found)))
    if body.get("type") not in EVENTS:
        if isinstance(body.get("type"), str):
            return Ignored(reason="this type says nothing about employees")
        raise NotUnderstood(Slip(where="type", what="it is missing"))
    data = body.get("data")
    return LookUp(
        employee_ids=(
            _employee(data.get("employeeId") if isinstance(data, dict) else None, "data.employeeId"),
        )
    )


def reader(section: SourceSection, api_key: Secret, context: Context) -> Http:
    """A way to ask BambooHR."""
    return Http(
        target="bamboohr",
        base_url=section.api_url,
        context=context,
        auth=_Basic(api_key),
        ca_file=section.ca_file or None,
    )


def check(http: Http) -> None:
    """Ask for the names of the fields, which are nobody's data. Raises `NotUnderstood` unless the key is taken."""
    _got(http, "/api/v1/meta/fields")


def look(http: Http, employee_id: str, section: SourceSection, today: date) -> Standing:
    """Read one employee and the table that holds future terminations too. Raises `NotUnderstood`."""
    root = f"/api/v1/employees/{employee_id}"
    fields = _got(http, root, template="/employees/{id}", params={"fields": FIELDS})
    rows = _got(http, f"{root}/tables/employmentStatus", template="/employees/{id}/tables/{table}")
    if not isinstance(fields, dict) or not isinstance(rows, list):
        raise NotUnderstood(Slip(where="", what="BambooHR answered in a shape we do not know"))
    person, end = _person(employee_id, fields), _end([_dated(row) for row in rows], today)
    if end is None:
        return Standing(person=person, last_day=None, kind=None, shown=bool(rows))
    day, row, back_on = end
    return Standing(person=person, last_day=day, kind=_kind(row, section), back_on=back_on)


def _end(
    rows: Sequence[tuple[date, int, Mapping[str, Json]]], today: date
) -> tuple[date, Mapping[str, Json], date | None] | None:
    """The end that stands: its day, its row and who is back when. What begins only later undoes no end before it."""
    of_day = {
        day: row for day, _, row in sorted(rows, key=lambda dated: dated[:2])
    }  # the last of a day counts
    back_on = None
    for day, row in sorted(of_day.items(), key=lambda dated: dated[0], reverse=True):
        if _ends(row):
            return day, row, back_on
        if day <= today:
            return None
        back_on = day
    return None


def _employee(value: Json, where: str) -> str:
    text = str(value) if isinstance(value, int | str) and not isinstance(value, bool) else ""
    if not _EMPLOYEE.fullmatch(text):
        raise NotUnderstood(Slip(where=where, what="this is no employee id of BambooHR"))
    return text


def _got(http: Http, path: str, **options: Any) -> Json:
    response = http.get(path, **options)
    if response.status != HTTPStatus.OK:
        raise NotUnderstood(
            Slip(where="", what=f"BambooHR answered {response.status}. Check the rights of its API key")
        )
    return response.json()


def _dated(row: Json) -> tuple[date, int, Mapping[str, Json]]:
    """When a row takes effect, and its number, which orders rows of one day."""
    if isinstance(row, dict):
        try:
            day = civil(str(row.get("date")))
            if not isinstance(day, datetime):
                return day, int(_employee(row.get("id"), "employmentStatus.id")), row
        except BadTime:
            pass
    raise NotUnderstood(Slip(where="employmentStatus.date", what="a row of the table has no date"))


def _ends(row: Mapping[str, Json]) -> bool:
    return bool(row.get("terminationType")) or str(row.get("employmentStatus")).casefold() == TERMINATED


def _kind(row: Mapping[str, Json], section: SourceSection) -> DepartureKind:
    word = str(row.get("terminationType") or "")
    kind = section.kinds.get(word) or KINDS.get(word) or section.kinds.get(ANY)
    if kind is None or kind not in set(LEAVING):
        raise NotUnderstood(
            Slip(where="terminationType", what=f"kinds does not say what it means; add it, or {ANY} for all")
        )
    return DepartureKind(kind)


def _person(employee_id: str, fields: Mapping[str, Json]) -> EventPerson:
    def text(*names: str) -> str | None:
        return next((str(fields[name]) for name in names if fields.get(name)), None)

    full = " ".join(part for part in (text("firstName"), text("lastName")) if part)
    try:
        return EventPerson(
            source_id=employee_id,
            employee_no=text("employeeNumber"),
            work_email=text("workEmail"),
            name=text("displayName") or full,
            manager=text("supervisorEId", "reportsToId"),
            department=text("department"),
            title=text("jobTitle", "jobTitleName"),
        )
    except ValidationError as error:
        raise NotUnderstood.from_validation(error, under="employee") from error
