"""Event log files: the traps of the vendor's columns, each by its name."""

import json
import os
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from service.snapshot.activity import ActivityKind
from service.snapshot.formats import LogFile, Unreadable, has_parser, read
from tests.unit.snapshot.leaver import MIKE, common, log

FORMAT = "salesforce.event_log_file"
FIXTURES = Path(__file__).parents[3] / "connectors" / "salesforce" / "fixtures"


def parsed(*files: LogFile) -> list[Any]:
    return read(FORMAT, files)


@pytest.fixture
def far_from_utc() -> Iterator[None]:
    before = os.environ.get("TZ")
    os.environ["TZ"] = "Pacific/Auckland"
    time.tzset()
    yield
    os.environ.pop("TZ") if before is None else os.environ.update(TZ=before)
    time.tzset()


def test_an_export_and_its_report_are_one_act_with_the_reports_count() -> None:
    run = {"REQUEST_ID": "4x", "ROW_COUNT": "20447", "ORIGIN": "ReportExported", "ENTITY_NAME": "Account"}
    export = {"REQUEST_ID": "4x", "CLIENT_INFO": "Chrome"}

    (act,) = parsed(log("Report", run), log("ReportExport", export))

    assert (act.kind, act.rows, act.client) == (ActivityKind.REPORT_EXPORT, 20447, "Chrome")


def test_an_export_whose_report_is_missing_is_of_an_unknown_number() -> None:
    (act,) = parsed(log("ReportExport", {"REQUEST_ID": "4x"}))

    assert (act.kind, act.rows) == (ActivityKind.REPORT_EXPORT, None)


@pytest.mark.parametrize(
    "origin", ["ReportExported", "ReportExportedAsynchronously", "ReportExportedUsingExcelConnector"]
)
def test_every_kind_of_export_counts_as_one(origin: str) -> None:
    (act,) = parsed(log("Report", {"ORIGIN": origin, "ROW_COUNT": "7"}))

    assert act.kind is ActivityKind.REPORT_EXPORT


def test_a_report_that_was_only_looked_at_is_no_export() -> None:
    (act,) = parsed(log("Report", {"ORIGIN": "ReportRunFromLightning", "ROW_COUNT": "7"}))

    assert act.kind is ActivityKind.REPORT_RUN


def test_batches_of_one_bulk_job_add_up() -> None:
    rows = [
        {"JOB_ID": "750x", "OPERATION_TYPE": "query", "ROWS_PROCESSED": str(n)} for n in (10000, 10000, 447)
    ]

    (act,) = parsed(log("BulkApi", *rows))

    assert (act.kind, act.rows) == (ActivityKind.BULK_API_QUERY, 20447)


def test_the_states_of_one_bulk_2_job_do_not_add_up() -> None:
    rows = [
        {"JOB_ID": "750x", "OPERATION_TYPE": "query", "RECORDS_PROCESSED": n, "JOB_STATUS": status}
        for n, status in (("9000", "InProgress"), ("20447", "JobComplete"))
    ]

    (act,) = parsed(log("BulkApi2", *rows))

    assert act.rows == 20447


@pytest.mark.parametrize("method", ["query", "queryAll", "query_all", "queryMore"])
def test_a_query_over_the_old_interface_leaves_too(method: str) -> None:
    (act,) = parsed(log("API", {"METHOD_NAME": method, "ROWS_PROCESSED": "2000"}))

    assert (act.kind, act.rows) == (ActivityKind.API_QUERY, 2000)


def test_a_rest_query_is_one_and_a_change_is_not() -> None:
    rows = [
        {"METHOD": "GET", "URI": "/services/data/v64.0/query", "ROWS_PROCESSED": "5"},
        {"METHOD": "PATCH"},
    ]

    kinds = {act.kind for act in parsed(log("RestApi", *rows))}

    assert kinds == {ActivityKind.API_QUERY, ActivityKind.OTHER}


@pytest.mark.parametrize(
    "refused", [{"STATUS_CODE": "401"}, {"REQUEST_STATUS": "F"}, {"REQUEST_STATUS": "A"}], ids=str
)
def test_what_was_refused_did_not_happen(refused: dict[str, str]) -> None:
    row = {"METHOD": "GET", "URI": "/services/data/v64.0/query", "ROWS_PROCESSED": "0", **refused}

    (act,) = parsed(log("RestApi", row))

    assert act.kind is ActivityKind.BLOCKED


def test_the_words_salesforce_com_ip_are_not_an_address() -> None:
    row = {"LOGIN_STATUS": "LOGIN_NO_ERROR", "CLIENT_IP": "Salesforce.com IP", "SOURCE_IP": "203.0.113.77"}

    (act,) = parsed(log("Login", row))

    assert act.ip == "203.0.113.77"


@pytest.mark.parametrize("status", ["LOGIN_ERROR_USER_INACTIVE", "LOGIN_ERROR_USER_FROZEN"])
def test_a_refused_sign_in_is_no_sign_in(status: str) -> None:
    (act,) = parsed(log("Login", {"LOGIN_STATUS": status}))

    assert act.kind is ActivityKind.LOGIN_FAILED


@pytest.mark.usefixtures("far_from_utc")
def test_a_time_without_a_zone_is_utc_wherever_we_run() -> None:
    (act,) = parsed(log("Login", {"TIMESTAMP_DERIVED": "2023-05-04 21:36:47.569"}))

    assert act.at == datetime(2023, 5, 4, 21, 36, 47, 569000, tzinfo=UTC)


def test_a_line_nobody_is_named_in_does_not_make_the_day_unreadable() -> None:
    acts = parsed(log("Login", {"USER_ID_DERIVED": "", "USER_ID": ""}, {"LOGIN_STATUS": "LOGIN_NO_ERROR"}))

    assert [act.account_id for act in acts] == [MIKE]


def test_a_short_id_stands_for_the_long_one() -> None:
    (act,) = parsed(log("Login", {"USER_ID_DERIVED": ""}))

    assert act.account_id == MIKE


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>Service unavailable</html>",
        b'"EVENT_TYPE","TIMESTAMP_DERIVED"\n"Report","2026-02-18T14:07:21.000Z"\n',
        b'"TIMESTAMP_DERIVED","USER_ID_DERIVED","REQUEST_ID","ORIGIN"\n',
        log("Report", {}).body + b'"Report","cut',
        log("Report", {}).body[:-40] + b'"\n',
        log("Report", {}).body.rstrip(b"\n") + b',"too","many"\n',
        b"\xff\xfe" + log("Report", {}).body,
        log("Report", {"TIMESTAMP_DERIVED": "yesterday"}).body,
        log("Report", {"USER_ID_DERIVED": "fdokawnjf"}).body,
    ],
    ids=[
        "empty",
        "html",
        "no-id",
        "no-count",
        "open-quote",
        "too-few",
        "too-many",
        "utf16",
        "no-time",
        "no-user",
    ],
)
def test_what_is_not_a_log_is_never_read_as_an_empty_one(body: bytes) -> None:
    with pytest.raises(Unreadable):
        parsed(LogFile(kind="Report", body=body, sha256=""))


def test_a_log_without_a_line_is_a_day_without_an_event() -> None:
    assert parsed(log("Report")) == []


def test_a_kind_nobody_reads_is_left_alone() -> None:
    assert parsed(LogFile(kind="ApiTotalUsage", body=b"anything", sha256="")) == []


def test_a_format_without_a_parser_yields_nothing() -> None:
    assert not has_parser("salesforce.record_count")


def test_real_sign_ins_of_a_vendors_collection_are_read() -> None:
    lines = (FIXTURES / "panther-salesforce.jsonl").read_text().splitlines()
    rows = [json.loads(text)["log"] for text in lines]
    logins = [{**common(), **row} for row in rows if row.get("EVENT_TYPE") == "Login"]
    text = "\n".join(
        [",".join(logins[0]), *(",".join(f'"{row.get(n, "")}"' for n in logins[0]) for row in logins)]
    )

    acts = parsed(LogFile(kind="Login", body=text.encode(), sha256=""))

    assert len(acts) == len(logins) >= 5
    assert {act.kind for act in acts} == {ActivityKind.LOGIN}
    assert acts[0].ip == "12.12.12.12"
