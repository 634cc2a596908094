"""Handing over the tenant's logs, byte for byte as Salesforce delivers them."""

from collections.abc import Generator, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from connectors.salesforce import coverage, soql
from connectors.salesforce.accounts import SETUP, moment
from connectors.salesforce.api import Api, Row
from connectors.salesforce.coverage import KINDS, Seen
from connectors.salesforce.rights import LOGS_RIGHT, held
from connectors.sdk.errors import NotFound, RateLimited, Refused, Unavailable
from connectors.sdk.types import CoverageDay, CoverageState, RawLog, Window

EVENT_LOG_FILE: Final = "salesforce.event_log_file"
LOGIN_HISTORY: Final = "salesforce.login_history"
RECORD_COUNT: Final = "salesforce.record_count"
#: The columns that matter most to an investigation arrive first, should the limit be reached half way.
_ORDER: Final = {kind: place for place, kind in enumerate(("ReportExport", "Report", "BulkApi2", "BulkApi"))}
_HISTORY_FIELDS: Final = (
    "Id, UserId, LoginTime, LoginType, LoginUrl, SourceIp, Status, Application, Browser, Platform, CountryIso"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _File:
    """One row of `EventLogFile`."""

    id: str
    kind: str
    day: date
    length: int

    @property
    def key(self) -> tuple[str, date]:
        return self.kind, self.day


def collect(api: Api, window: Window) -> Iterator[RawLog | CoverageDay]:
    """Logs as they arrive, then what was covered. A limit reached half way loses nothing that came before."""
    days = coverage.days_of(window)
    today = api.context.now().date()
    sees_everybody = "PermissionsManageUsers" in held(api)  # first: a limit reached later must lose nothing
    seen, history_failed = Seen(), dict[date, tuple[CoverageState, str]]()
    yield from _event_log_files(api, days, seen)
    readable = tuple(day for day in days if 0 <= (today - day).days <= coverage.HISTORY_DAYS)
    if sees_everybody:
        yield from _login_history(api, readable, history_failed)
    else:
        why = "Without 'Manage Users' Salesforce shows nobody's login history but our own."
        history_failed.update(dict.fromkeys(readable, (CoverageState.NOT_CONFIGURED, why)))
    counted = yield from _record_count(api, today)
    yield counted
    yield from coverage.event_logs(seen, days, today=today, keeps=api.config.event_log_days)
    yield from coverage.login_history(history_failed, days, today=today)


def _event_log_files(api: Api, days: tuple[date, ...], seen: Seen) -> Iterator[RawLog]:
    try:
        files = _listed(api, days)
    except Refused as error:
        seen.unreadable = f"{error.what} {error.hint}"
        return
    for place, file in enumerate(files):
        try:
            yield _download(api, file)
            seen.delivered.add(file.key)
        except RateLimited as error:
            late = dict.fromkeys((each.key for each in files[place:]), (CoverageState.THROTTLED, error.what))
            seen.failed.update(late)
            return
        except (Unavailable, NotFound, Refused) as error:
            seen.failed[file.key] = CoverageState.GAP, error.what


def _listed(api: Api, days: tuple[date, ...]) -> list[_File]:
    """The daily files of the days, those about exports first."""
    start, end = coverage.midnight(days[0]), coverage.midnight(days[-1] + timedelta(days=1))
    text = (
        "SELECT Id, EventType, LogDate, LogFileLength, CreatedDate FROM EventLogFile WHERE Interval = 'Daily' "
        f"AND EventType IN {soql.literals(KINDS)} AND LogDate >= {soql.moment(start)} "
        f"AND LogDate < {soql.moment(end)} ORDER BY LogDate DESC"
    )
    files = [_file(row) for row in api.query(text, "listing event log files", right=LOGS_RIGHT)]
    return sorted(files, key=lambda file: _ORDER.get(file.kind, len(_ORDER)))


def _file(row: Row) -> _File:
    at = moment(row.get("LogDate"))
    if at is None:
        raise Unavailable("An event log file has no date.", hint="The collection is retried.")
    length = int(row.get("LogFileLength") or 0)
    return _File(id=soql.id18(str(row["Id"])), kind=str(row["EventType"]), day=at.date(), length=length)


def _download(api: Api, file: _File) -> RawLog:
    path = f"/sobjects/EventLogFile/{file.id}/LogFile"
    what = f"downloading the {file.kind} log of {file.day}"
    template = "/sobjects/EventLogFile/{id}/LogFile"
    body = api.get(path, what, right=LOGS_RIGHT, template=template).body
    if len(body) < file.length:
        raise Unavailable(
            f"The {file.kind} log of {file.day} was cut short.", hint="The collection is retried."
        )
    return RawLog(
        name=f"EventLogFile-{file.kind}-{file.day}-{file.id}.csv",
        format=EVENT_LOG_FILE,
        kind=file.kind,
        day=file.day,
        body=body,
        request={"method": "GET", "path": path, "api_version": api.config.api_version, "length": file.length},
        received_at=api.context.now(),
    )


def _login_history(
    api: Api, days: tuple[date, ...], failed: dict[date, tuple[CoverageState, str]]
) -> Iterator[RawLog]:
    for place, day in enumerate(days):
        try:
            yield from _history_of(api, day)
        except RateLimited as error:
            failed.update(dict.fromkeys(days[place:], (CoverageState.THROTTLED, error.what)))
            return
        except (Unavailable, Refused) as error:
            failed[day] = CoverageState.GAP, error.what


def _history_of(api: Api, day: date) -> Iterator[RawLog]:
    start, end = coverage.midnight(day), coverage.midnight(day + timedelta(days=1))
    text = (
        f"SELECT {_HISTORY_FIELDS} FROM LoginHistory WHERE LoginTime >= {soql.moment(start)} "
        f"AND LoginTime < {soql.moment(end)} ORDER BY LoginTime"
    )
    for page, answer in enumerate(api.pages(text, f"reading the login history of {day}"), start=1):
        yield RawLog(
            name=f"LoginHistory-{day}-{page}.json",
            format=LOGIN_HISTORY,
            kind="LoginHistory",
            day=day,
            body=answer.body,
            request={"method": "GET", "path": "/query", "q": text, "page": page},
            received_at=api.context.now(),
        )


def _record_count(api: Api, today: date) -> Generator[RawLog, None, CoverageDay]:
    """How many records there are to take. Salesforce's own figure, counted some time before."""
    objects = ",".join(api.config.protected_objects)
    path, state, why = "/limits/recordCount", CoverageState.COMPLETE, ""
    try:
        what = "counting records"
        answer = api.get(path, what, right=SETUP, template=path, params={"sObjects": objects})
        yield RawLog(
            name=f"RecordCount-{today}.json",
            format=RECORD_COUNT,
            kind="RecordCount",
            day=today,
            body=answer.body,
            request={"method": "GET", "path": path, "sObjects": objects},
            received_at=api.context.now(),
        )
    except (RateLimited, Unavailable, Refused, NotFound) as error:
        state, why = CoverageState.GAP, error.what
    return CoverageDay(kind="RecordCount", day=today, state=state, why=why)
