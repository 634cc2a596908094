"""Salesforce event log files: CSV, one file per event type and day.

Columns and traps: the object reference of EventLogFile. `ReportExport` carries no row count and covers only
details-only exports, so it is joined to `Report` on REQUEST_ID; BulkApi batches of one job add up, while the two
states of a BulkApi2 job carry the same count and must not. A line without a user is nobody's.
"""

import csv
import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial

from service.snapshot.activity import Activity, ActivityKind
from service.snapshot.formats import LogFile, Unreadable
from service.snapshot.salesforce_id import id18

Row = Mapping[str, str]
_EXPORTED = "ReportExported"
_ALWAYS = ("TIMESTAMP_DERIVED", "USER_ID_DERIVED")
#: Columns without which a log would be read as if nothing had left.
_COLUMNS: Mapping[str, tuple[str, ...]] = {
    "Report": ("REQUEST_ID", "ROW_COUNT", "ORIGIN"),
    "ReportExport": ("REQUEST_ID",),
    "Login": ("LOGIN_STATUS",),
    "BulkApi": ("JOB_ID", "OPERATION_TYPE", "ROWS_PROCESSED"),
    "BulkApi2": ("JOB_ID", "OPERATION_TYPE", "RECORDS_PROCESSED"),
    "RestApi": ("METHOD", "URI", "ROWS_PROCESSED"),
    "API": ("METHOD_NAME", "ROWS_PROCESSED"),
}
#: REQUEST_STATUS: failed, not authorised, not found. `S` succeeded, `U` is undefined, `R` was redirected.
_REFUSED = frozenset({"F", "A", "N"})
_HTTP_ERROR = 400


def read(files: Sequence[LogFile]) -> list[Activity]:
    """Every activity of one day, with lines about the same act joined into one."""
    singles: list[Activity] = []
    jobs: dict[tuple[str, str], Activity] = {}
    for file in files:
        parse = _PARSERS.get(file.kind)
        if parse is None:
            continue
        for row in _rows(file):
            activity = parse(row, file.sha256)
            if activity.job:
                _join(jobs, activity)
            else:
                singles.append(activity)
    return sorted([*singles, *jobs.values()], key=lambda activity: (activity.at, activity.account_id))


def _rows(file: LogFile) -> Iterator[Row]:
    try:
        text = io.StringIO(file.body.decode("utf-8"), newline="")
        reader = csv.DictReader(text, strict=True)
        missing = {*_ALWAYS, *_COLUMNS.get(file.kind, ())} - set(reader.fieldnames or ())
        if missing:
            raise Unreadable(f"A {file.kind} log has no column {min(missing)}.")
        for row in reader:
            if None in row.values() or None in row:
                raise Unreadable(f"A line of a {file.kind} log is cut short.")
            if row["USER_ID_DERIVED"] or row.get("USER_ID"):
                yield row
    except (UnicodeDecodeError, csv.Error) as error:
        raise Unreadable(f"A {file.kind} log is not CSV in UTF-8.") from error


def _join(jobs: dict[tuple[str, str], Activity], new: Activity) -> None:
    """Two lines about one act: what one does not say, the other may. Batches of one bulk job add up."""
    key = (new.account_id, new.job)
    known = jobs.get(key)
    if known is None:
        jobs[key] = new
        return
    exported = ActivityKind.REPORT_EXPORT in (known.kind, new.kind)
    batch = known.native == new.native == "BulkApi"
    rows = [n for n in (known.rows, new.rows) if n is not None]
    jobs[key] = Activity(
        at=min(known.at, new.at),
        account_id=known.account_id,
        kind=ActivityKind.REPORT_EXPORT if exported else known.kind,
        native=known.native if known.native == new.native else f"{known.native}+{new.native}",
        rows=(sum(rows) if batch else max(rows)) if rows else None,
        job=known.job,
        ip=known.ip or new.ip,
        client=known.client or new.client,
        object=known.object or new.object,
        raw=known.raw,
    )


def _activity(row: Row, kind: ActivityKind, native: str, raw: str, **said: str | int | None) -> Activity:
    rows = said.pop("rows", None)
    return Activity(
        at=_at(row),
        account_id=_account(row),
        kind=ActivityKind.BLOCKED if _refused(row) else kind,
        native=native,
        rows=rows if isinstance(rows, int) else None,
        ip=_address(row),
        raw=raw,
        **{name: str(value or "") for name, value in said.items()},
    )


def _at(row: Row) -> datetime:
    """Salesforce writes UTC, in some exports without saying so: never this machine's own zone."""
    try:
        at = datetime.fromisoformat(row["TIMESTAMP_DERIVED"])
    except ValueError as error:
        raise Unreadable("A line has no time.") from error
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)


def _account(row: Row) -> str:
    """The 18-character id; only that one is unique without regard to case."""
    try:
        return id18(row["USER_ID_DERIVED"] or row.get("USER_ID", ""))
    except ValueError as error:
        raise Unreadable("A line has no user id.") from error


def _refused(row: Row) -> bool:
    status = _number(row.get("STATUS_CODE", "")) or 0
    return row.get("REQUEST_STATUS", "") in _REFUSED or status >= _HTTP_ERROR


def _address(row: Row) -> str:
    """CLIENT_IP may be the words "Salesforce.com IP"; where there is a SOURCE_IP it is the true one."""
    return row.get("SOURCE_IP") or row.get("CLIENT_IP") or ""


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() else None


def _report(row: Row, raw: str) -> Activity:
    exported = row.get("ORIGIN", "").startswith(_EXPORTED)
    kind = ActivityKind.REPORT_EXPORT if exported else ActivityKind.REPORT_RUN
    return _activity(
        row,
        kind,
        "Report",
        raw,
        rows=_number(row.get("ROW_COUNT", "")),
        job=row["REQUEST_ID"],
        object=row.get("ENTITY_NAME"),
    )


def _report_export(row: Row, raw: str) -> Activity:
    return _activity(
        row,
        ActivityKind.REPORT_EXPORT,
        "ReportExport",
        raw,
        job=row["REQUEST_ID"],
        client=row.get("CLIENT_INFO"),
    )


def _login(row: Row, raw: str) -> Activity:
    worked = row.get("LOGIN_STATUS") == "LOGIN_NO_ERROR"
    kind = ActivityKind.LOGIN if worked else ActivityKind.LOGIN_FAILED
    plain = {**row, "REQUEST_STATUS": "", "STATUS_CODE": ""}  # LOGIN_STATUS says it, and says more
    return _activity(plain, kind, "Login", raw, client=row.get("BROWSER_TYPE"))


def _bulk(row: Row, raw: str, *, native: str, rows: str) -> Activity:
    query = row.get("OPERATION_TYPE", "").startswith("query")
    return _activity(
        row,
        ActivityKind.BULK_API_QUERY if query else ActivityKind.OTHER,
        native,
        raw,
        rows=_number(row.get(rows, "")),
        job=row.get("JOB_ID"),
        object=row.get("ENTITY_TYPE"),
    )


def _rest(row: Row, raw: str) -> Activity:
    query = row.get("METHOD") == "GET" and "/query" in row.get("URI", "")
    return _activity(
        row,
        ActivityKind.API_QUERY if query else ActivityKind.OTHER,
        "RestApi",
        raw,
        rows=_number(row.get("ROWS_PROCESSED", "")),
        client=row.get("USER_AGENT"),
        object=row.get("ENTITY_NAME"),
    )


def _soap(row: Row, raw: str) -> Activity:
    query = row["METHOD_NAME"].lower().replace("_", "") in ("query", "queryall", "querymore")
    return _activity(
        row,
        ActivityKind.API_QUERY if query else ActivityKind.OTHER,
        "API",
        raw,
        rows=_number(row.get("ROWS_PROCESSED", "")),
        client=row.get("CLIENT_NAME"),
        object=row.get("ENTITY_NAME"),
    )


def _view(row: Row, raw: str) -> Activity:
    return _activity(
        row, ActivityKind.RECORD_VIEW, "LightningPageView", raw, object=row.get("PAGE_ENTITY_TYPE")
    )


_PARSERS: Mapping[str, Callable[[Row, str], Activity]] = {
    "Report": _report,
    "ReportExport": _report_export,
    "Login": _login,
    "BulkApi": partial(_bulk, native="BulkApi", rows="ROWS_PROCESSED"),
    "BulkApi2": partial(_bulk, native="BulkApi2", rows="RECORDS_PROCESSED"),
    "RestApi": _rest,
    "API": _soap,
    "LightningPageView": _view,
}
