"""The lines of the fake's event log files: columns as the vendor names them, rows from plain facts.

https://developer.salesforce.com/docs/atlas.en-us.object_reference.meta/object_reference/sforce_api_objects_eventlogfile.htm
"""

import hashlib
import zlib
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from typing import Any, Final

from connectors.salesforce import soql

Fact = Mapping[str, Any]
Who = Mapping[str, Any]  # a User row

_COMMON: Final = (
    "EVENT_TYPE",
    "TIMESTAMP",
    "REQUEST_ID",
    "ORGANIZATION_ID",
    "USER_ID",
    "RUN_TIME",
    "CPU_TIME",
)
_END: Final = ("TIMESTAMP_DERIVED", "USER_ID_DERIVED", "CLIENT_IP", "URI_ID_DERIVED")


def _columns(special: str) -> tuple[str, ...]:
    return (*_COMMON, *special.split(), *_END)


COLUMNS: Final[Mapping[str, tuple[str, ...]]] = {
    "Report": _columns(
        "URI SESSION_KEY LOGIN_KEY USER_TYPE REQUEST_STATUS DB_TOTAL_TIME DB_BLOCKS DB_CPU_TIME ENTITY_NAME "
        "DISPLAY_TYPE RENDERING_TYPE REPORT_ID ROW_COUNT NUMBER_EXCEPTION_FILTERS NUMBER_COLUMNS "
        "UI_NUMBER_COLUMNS AVERAGE_ROW_SIZE SORT NUMBER_BUCKETS ORIGIN REPORT_ID_DERIVED"
    ),
    "ReportExport": _columns("URI SESSION_KEY LOGIN_KEY CLIENT_INFO REPORT_DESCRIPTION"),
    "Login": _columns(
        "URI SESSION_KEY LOGIN_KEY REQUEST_STATUS DB_TOTAL_TIME BROWSER_TYPE API_TYPE API_VERSION USER_NAME "
        "TLS_PROTOCOL CIPHER_SUITE AUTHENTICATION_METHOD_REFERENCE LOGIN_SUB_TYPE LOGIN_TYPE LOGIN_URL "
        "AUTHENTICATION_SERVICE_ID FORWARDED_FOR_IP USER_TYPE LOGIN_STATUS SOURCE_IP"
    ),
    "BulkApi": _columns(
        "URI SESSION_KEY LOGIN_KEY JOB_ID BATCH_ID OPERATION_TYPE ENTITY_TYPE ROWS_PROCESSED NUMBER_FAILURES "
        "SUCCESS MESSAGE"
    ),
    "RestApi": _columns(
        "URI SESSION_KEY LOGIN_KEY USER_TYPE REQUEST_STATUS DB_TOTAL_TIME DB_BLOCKS DB_CPU_TIME METHOD "
        "MEDIA_TYPE STATUS_CODE USER_AGENT ROWS_PROCESSED NUMBER_FIELDS REQUEST_SIZE RESPONSE_SIZE "
        "CONNECTED_APP_ID CLIENT_NAME EXCEPTION_MESSAGE ENTITY_NAME"
    ),
    "LightningPageView": _columns(
        "SESSION_KEY LOGIN_KEY USER_TYPE APP_NAME BROWSER_NAME BROWSER_VERSION DEVICE_PLATFORM DURATION "
        "EFFECTIVE_PAGE_TIME OS_NAME OS_VERSION PAGE_APP_NAME PAGE_CONTEXT PAGE_ENTITY_ID PAGE_ENTITY_TYPE "
        "PAGE_START_TIME PAGE_URL PREVPAGE_ENTITY_ID PREVPAGE_URL UI_EVENT_ID UI_EVENT_SOURCE "
        "UI_EVENT_TIMESTAMP USER_AGENT"
    ),
}
_PREFIX: Final = {"Account": "001", "Contact": "003", "Lead": "00Q", "Opportunity": "006"}
BATCH: Final = 10_000  # rows of one Bulk API batch
BROWSER: Final = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/140.0.0.0 Safari/537.36"


class Events:
    """Rows from facts, the same for the same facts.

    A fact is `{ts | day, employee_no, kind, rows?, ip?, client?, report?, object?, record?}`; a raw one is
    `{ts, employee_no, event_type, columns}`.
    """

    def __init__(self, org_id: str) -> None:
        self._org = org_id[:15]
        self._count = 0

    def rows(self, fact: Fact, who: Who, at: datetime) -> Iterator[tuple[str, date, str]]:
        """Event type, day, and the line for each row a fact leaves in the logs."""
        self._count += 1
        mark = hashlib.blake2b(f"{self._org}{self._count}{at}".encode(), digest_size=16).hexdigest()
        common = self._common(fact, who, at, mark)
        for event_type, special in _special(fact, who, at, mark):
            yield event_type, at.date(), line(event_type, {**common, "EVENT_TYPE": event_type, **special})

    def _common(self, fact: Fact, who: Who, at: datetime, mark: str) -> dict[str, Any]:
        millis = at.microsecond // 1000
        user = str(who["Id"])
        return {
            "TIMESTAMP": f"{at:%Y%m%d%H%M%S}.{millis:03d}",
            "TIMESTAMP_DERIVED": f"{at:%Y-%m-%dT%H:%M:%S}.{millis:03d}Z",
            "REQUEST_ID": f"4{mark[:21]}",
            "ORGANIZATION_ID": self._org,
            "USER_ID": user[:15],
            "USER_ID_DERIVED": user,
            "USER_TYPE": "Standard",
            "SESSION_KEY": f"{user[10:15]}{at:%y%m%d}",
            "LOGIN_KEY": f"{user[10:15]}{at:%y%m%d}L",
            "CLIENT_IP": fact.get("ip") or "198.51.100.7",
            "RUN_TIME": 40 + int(mark[:2], 16),
            "CPU_TIME": 10 + int(mark[2:4], 16) // 4,
        }


def moment_of(fact: Fact) -> datetime:
    """`ts`, an ISO text or a datetime; or `day`, at an office hour derived from the fact."""
    at = fact.get("ts")
    if at is None:
        minute = zlib.crc32(f"{fact['employee_no']}{fact}".encode()) % (9 * 60)
        day = fact["day"] if isinstance(fact["day"], date) else date.fromisoformat(fact["day"])
        return datetime(day.year, day.month, day.day, 8 + minute // 60, minute % 60, tzinfo=UTC)
    at = at if isinstance(at, datetime) else datetime.fromisoformat(at)
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC)


def header(event_type: str) -> str:
    """The first line."""
    return _joined(COLUMNS[event_type])


def line(event_type: str, values: Mapping[str, Any]) -> str:
    """One line, every value quoted, as the vendor does."""
    return _joined(str(values.get(name, "")) for name in COLUMNS[event_type])


def known(event_type: str, columns: Mapping[str, Any]) -> None:
    """Refuse a raw event with a column its type does not have."""
    unknown = set(columns) - set(COLUMNS.get(event_type, ()))
    if unknown:
        raise ValueError(f"{event_type} has no columns {sorted(unknown)}")


def _joined(values: Any) -> str:
    return '"' + '","'.join(value.replace('"', '""') for value in values) + '"\n'


def _special(fact: Fact, who: Who, at: datetime, mark: str) -> Iterator[tuple[str, dict[str, Any]]]:
    if "event_type" in fact:
        known(fact["event_type"], fact["columns"])
        yield fact["event_type"], dict(fact["columns"])
        return
    match fact["kind"]:
        case "report_export":
            yield "Report", _report(fact, mark, exported=True)
            yield "ReportExport", _export(fact)
        case "report_run":
            yield "Report", _report(fact, mark, exported=False)
        case "login" | "login_failed":
            yield "Login", _login(fact, who)
        case "bulk_api_query":
            for batch, rows in enumerate(_batches(int(fact.get("rows") or 0))):
                yield "BulkApi", _bulk(fact, mark, batch, rows)
        case "api_query":
            yield "RestApi", _rest(fact)
        case "record_view":
            yield "LightningPageView", _page(fact, at, mark)
        case kind:
            raise ValueError(f"no log line is known for {kind}")


def _report(fact: Fact, mark: str, *, exported: bool) -> dict[str, Any]:
    report = report_id(fact)
    return {
        "URI": f"/{report[:15]}",
        "URI_ID_DERIVED": report,
        "REPORT_ID": report[:15],
        "REPORT_ID_DERIVED": report,
        "ENTITY_NAME": fact.get("object") or "Account",
        "ROW_COUNT": "" if fact.get("rows") is None else fact["rows"],
        "NUMBER_COLUMNS": 8 + int(mark[4], 16),
        "UI_NUMBER_COLUMNS": 8 + int(mark[4], 16),
        "AVERAGE_ROW_SIZE": 300 + int(mark[5:7], 16),
        "DISPLAY_TYPE": "S",
        "ORIGIN": "ReportExported" if exported else "ReportRunFromLightning",
        "RENDERING_TYPE": "" if exported else "W",
        "REQUEST_STATUS": "S",
    }


def _export(fact: Fact) -> dict[str, Any]:
    report = report_id(fact)
    return {
        "URI": f"/{report[:15]}",
        "URI_ID_DERIVED": report,
        "CLIENT_INFO": fact.get("client") or BROWSER,
        "REPORT_DESCRIPTION": fact.get("report") or "Accounts",
    }


def _login(fact: Fact, who: Who) -> dict[str, Any]:
    failed = "LOGIN_ERROR_INVALID_PASSWORD" if fact["kind"] == "login_failed" else "LOGIN_NO_ERROR"
    ip = fact.get("ip") or "198.51.100.7"
    return {
        "URI": "/index.jsp",
        "BROWSER_TYPE": fact.get("client") or BROWSER,
        "API_VERSION": "9998.0",
        "USER_NAME": who["Username"],
        "TLS_PROTOCOL": "TLSv1.3",
        "CIPHER_SUITE": "TLS_AES_256_GCM_SHA384",
        "LOGIN_TYPE": "Application",
        "LOGIN_SUB_TYPE": "uiup",
        "LOGIN_STATUS": fact.get("status") or failed,
        "SOURCE_IP": ip,
        "CLIENT_IP": "Salesforce.com IP" if fact.get("internal") else ip,
    }


def _bulk(fact: Fact, mark: str, batch: int, rows: int) -> dict[str, Any]:
    return {
        "URI": "/services/async/64.0/job",
        "JOB_ID": f"750{mark[:12]}",
        "BATCH_ID": f"751{mark[:10]}{batch:02d}",
        "OPERATION_TYPE": "query",
        "ENTITY_TYPE": fact.get("object") or "Account",
        "ROWS_PROCESSED": rows,
        "NUMBER_FAILURES": 0,
        "SUCCESS": 1,
    }


def _rest(fact: Fact) -> dict[str, Any]:
    return {
        "URI": "/services/data/v64.0/query",
        "METHOD": "GET",
        "MEDIA_TYPE": "application/json",
        "STATUS_CODE": 200,
        "REQUEST_STATUS": "S",
        "USER_AGENT": fact.get("client") or "python-requests/2.34",
        "ROWS_PROCESSED": fact.get("rows") or 0,
        "ENTITY_NAME": fact.get("object") or "Account",
        "RESPONSE_SIZE": 200 * int(fact.get("rows") or 0),
    }


def _page(fact: Fact, at: datetime, mark: str) -> dict[str, Any]:
    kind = fact.get("object") or "Account"
    record = record_id(kind, fact.get("record") or mark[:8])
    return {
        "APP_NAME": "one:one",
        "BROWSER_NAME": "CHROME",
        "BROWSER_VERSION": "140",
        "DEVICE_PLATFORM": "SFX:BROWSER:DESKTOP",
        "DURATION": 900,
        "EFFECTIVE_PAGE_TIME": 700,
        "OS_NAME": "WINDOWS",
        "OS_VERSION": "10",
        "PAGE_APP_NAME": "LightningSales",
        "PAGE_CONTEXT": "force:recordHome",
        "PAGE_ENTITY_ID": record,
        "PAGE_ENTITY_TYPE": kind,
        "PAGE_START_TIME": int(at.timestamp() * 1000),
        "PAGE_URL": f"/sObject/{record}/view",
        "UI_EVENT_SOURCE": "pageView",
        "UI_EVENT_TIMESTAMP": int(at.timestamp() * 1000),
        "USER_AGENT": fact.get("client") or BROWSER,
    }


def report_id(fact: Fact) -> str:
    """The id of a report by its name: the same name is the same report."""
    return named_id("00O", str(fact.get("report") or "Accounts"))


def record_id(kind: str, record: Any) -> str:
    """The id of a customer record; an id is taken as it is."""
    text = str(record)
    return (
        text
        if len(text) == len(named_id("001", ""))
        else named_id(_PREFIX.get(kind, "a00"), f"{kind} {text}")
    )


def named_id(prefix: str, name: str) -> str:
    """An 18-character id that belongs to a name."""
    return soql.id18(prefix + "5f" + hashlib.blake2b(name.encode(), digest_size=5).hexdigest())


def _batches(rows: int) -> Iterator[int]:
    while rows > BATCH:
        yield BATCH
        rows -= BATCH
    yield rows
