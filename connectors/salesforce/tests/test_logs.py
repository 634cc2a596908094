"""What is handed over, byte for byte, and what is said of the days that were not."""

import csv
import io
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from connectors.salesforce.connector import SalesforceConnector
from connectors.salesforce.fake import FakeSalesforce
from connectors.salesforce.fake_org import OUR_RIGHTS
from connectors.sdk.types import CoverageDay, CoverageState, RawLog, Window

Opener = Callable[..., SalesforceConnector]
Collected = tuple[list[RawLog], dict[tuple[str, date], CoverageDay]]
TODAY = date(2026, 3, 2)
PERSON = {"employee_no": "E-1", "email": "mike@example.com", "password": "pw"}


def ago(days: int) -> date:
    return TODAY - timedelta(days=days)


def fact(days: int, kind: str, **more: Any) -> dict[str, Any]:
    return {"day": ago(days).isoformat(), "employee_no": "E-1", "kind": kind, **more}


def collected(salesforce: SalesforceConnector, *, days: int = 12) -> Collected:
    window = Window(
        start=datetime(2026, 3, 2, 12, tzinfo=UTC) - timedelta(days=days),
        end=datetime(2026, 3, 2, 12, tzinfo=UTC),
    )
    found = list(salesforce.collect_logs(window))
    coverage = [each for each in found if isinstance(each, CoverageDay)]
    assert len({(each.kind, each.day) for each in coverage}) == len(coverage)
    return [each for each in found if isinstance(each, RawLog)], {
        (each.kind, each.day): each for each in coverage
    }


def lines(logs: list[RawLog], kind: str) -> Iterator[dict[str, str]]:
    for log in logs:
        if log.kind == kind:
            yield from csv.DictReader(io.StringIO(log.body.decode()))


@pytest.fixture
def seeded(clock: Any) -> Iterator[FakeSalesforce]:
    with FakeSalesforce(now=clock) as org:
        facts = [fact(days, kind, rows=40) for days in range(1, 60) for kind in ("login", "report_run")]
        facts += [fact(5, "report_export", rows=20447, report="All Accounts")]
        org.seed([PERSON], activity=facts, records={"Account": 30000, "Contact": 12, "Secret__c": 1})
        yield org


def test_an_export_is_in_two_logs_that_share_a_request(
    seeded: FakeSalesforce, open_salesforce: Opener
) -> None:
    logs, _ = collected(open_salesforce(seeded))

    (export,) = lines(logs, "ReportExport")
    (run,) = [row for row in lines(logs, "Report") if row["REQUEST_ID"] == export["REQUEST_ID"]]
    assert "ROW_COUNT" not in export
    assert (run["ROW_COUNT"], run["ORIGIN"]) == ("20447", "ReportExported")


def test_bytes_arrive_as_they_were_sent(seeded: FakeSalesforce, open_salesforce: Opener) -> None:
    logs, _ = collected(open_salesforce(seeded))

    log = next(each for each in logs if each.kind == "ReportExport")
    sent = seeded.shelf.body(log.request["path"].split("/")[3], seeded._files())
    assert log.body == sent
    assert (log.format, log.day) == ("salesforce.event_log_file", ago(5))


def test_the_logs_about_exports_come_first(seeded: FakeSalesforce, open_salesforce: Opener) -> None:
    logs, _ = collected(open_salesforce(seeded))

    assert [each.kind for each in logs if each.format == "salesforce.event_log_file"][:2] == [
        "ReportExport",
        "Report",
    ]


def test_a_type_absent_beside_another_paid_one_is_complete_with_zero(
    seeded: FakeSalesforce, open_salesforce: Opener
) -> None:
    _, coverage = collected(open_salesforce(seeded))

    assert coverage["ReportExport", ago(5)].why == ""
    assert coverage["ReportExport", ago(6)].state is CoverageState.COMPLETE
    assert "No such event" in coverage["ReportExport", ago(6)].why


def test_a_day_on_which_nothing_paid_came_is_a_gap(seeded: FakeSalesforce, open_salesforce: Opener) -> None:
    for kind in ("Report", "RestApi"):
        seeded.shelf.forget(ago(9), kind)

    _, coverage = collected(open_salesforce(seeded))

    assert coverage["ReportExport", ago(9)].state is CoverageState.GAP
    assert coverage["Report", ago(9)].state is CoverageState.GAP


def test_without_the_licence_nothing_is_called_zero(clock: Any, open_salesforce: Opener) -> None:
    with FakeSalesforce(now=clock) as org:
        org.seed([PERSON], activity=[fact(5, "report_export", rows=9)], event_monitoring=False)

        logs, coverage = collected(open_salesforce(org))

    assert coverage["ReportExport", ago(5)].state is CoverageState.NOT_LICENSED
    assert coverage["Login", ago(5)].state is CoverageState.EXPIRED
    assert coverage["LoginHistory", ago(5)].state is CoverageState.COMPLETE
    assert not list(lines(logs, "ReportExport"))


def test_days_too_young_are_pending_and_days_too_old_are_expired(
    seeded: FakeSalesforce, open_salesforce: Opener
) -> None:
    _, coverage = collected(open_salesforce(seeded), days=50)

    assert coverage["ReportExport", TODAY].state is CoverageState.PENDING
    assert coverage["ReportExport", ago(3)].state is CoverageState.PENDING
    assert coverage["ReportExport", ago(4)].state is CoverageState.COMPLETE
    assert coverage["ReportExport", ago(40)].state is CoverageState.EXPIRED
    assert coverage["LoginHistory", TODAY].state is CoverageState.PENDING
    assert coverage["LoginHistory", ago(40)].state is CoverageState.COMPLETE


def test_without_the_right_the_logs_are_not_configured(clock: Any, open_salesforce: Opener) -> None:
    with FakeSalesforce(now=clock) as org:
        rights = tuple(right for right in OUR_RIGHTS if right != "PermissionsViewEventLogFiles")
        org.seed([PERSON], activity=[fact(5, "report_export", rows=9)], our_rights=rights)

        _, coverage = collected(open_salesforce(org))

    assert coverage["ReportExport", ago(5)].state is CoverageState.NOT_CONFIGURED
    assert "View Event Log Files" in coverage["ReportExport", ago(5)].why


def test_a_login_history_we_may_not_see_is_not_called_complete(clock: Any, open_salesforce: Opener) -> None:
    with FakeSalesforce(now=clock) as org:
        rights = tuple(right for right in OUR_RIGHTS if right != "PermissionsManageUsers")
        org.seed([PERSON], activity=[fact(5, "login")], our_rights=rights)

        _, coverage = collected(open_salesforce(org))

    assert coverage["LoginHistory", ago(5)].state is CoverageState.NOT_CONFIGURED


def test_a_limit_half_way_loses_nothing_that_came_before(
    seeded: FakeSalesforce, open_salesforce: Opener
) -> None:
    path = seeded.shelf.files(seeded.now(), licensed=True, keeps=30)
    last = next(row for row in path if row["EventType"] == "Login")
    seeded.refusals["GET", rf".*/EventLogFile/{last['Id']}/LogFile"] = [(403, "REQUEST_LIMIT_EXCEEDED")]

    logs, coverage = collected(open_salesforce(seeded))

    assert list(lines(logs, "ReportExport"))
    assert CoverageState.THROTTLED in {each.state for each in coverage.values() if each.kind == "Login"}
    assert {each.state for each in coverage.values() if each.kind == "LoginHistory"} == {
        CoverageState.THROTTLED
    }


def test_a_file_that_arrives_short_is_a_gap_and_no_evidence(
    seeded: FakeSalesforce, open_salesforce: Opener
) -> None:
    seeded.shelf._bytes[ago(5), "ReportExport"] += 1000

    logs, coverage = collected(open_salesforce(seeded))

    assert coverage["ReportExport", ago(5)].state is CoverageState.GAP
    assert not list(lines(logs, "ReportExport"))


def test_the_number_of_records_to_take_is_handed_over(
    seeded: FakeSalesforce, open_salesforce: Opener
) -> None:
    logs, _ = collected(open_salesforce(seeded))

    (count,) = [each for each in logs if each.kind == "RecordCount"]
    assert b"30000" in count.body
    assert b"Secret__c" not in count.body


def test_login_history_is_paged(seeded: FakeSalesforce, open_salesforce: Opener) -> None:
    seeded.page_size = 1
    for minute in range(3):
        at = datetime(2026, 2, 20, 9, minute, tzinfo=UTC)
        seeded.shelf.add({"ts": at, "kind": "login"}, next(iter(seeded.state["users"].values())))

    logs, _ = collected(open_salesforce(seeded))

    assert len([each for each in logs if each.kind == "LoginHistory" and each.day == date(2026, 2, 20)]) == 4


def test_what_mike_exports_today_is_in_the_logs_the_day_after_tomorrow(
    seeded: FakeSalesforce, open_salesforce: Opener, clock: Any
) -> None:
    session = seeded.try_login("mike@example.com", "pw", ip="203.0.113.50").session
    assert seeded.export_report(session, 1234, report="Everything") == 1234

    assert not [
        row for row in lines(collected(open_salesforce(seeded))[0], "Report") if row["ROW_COUNT"] == "1234"
    ]
    clock.turn(days=2)
    window = Window(start=clock() - timedelta(days=4), end=clock())
    logs = [each for each in open_salesforce(seeded).collect_logs(window) if isinstance(each, RawLog)]

    assert [row["REPORT_DESCRIPTION"] for row in lines(logs, "ReportExport")] == ["Everything"]
    assert "1234" in [row["ROW_COUNT"] for row in lines(logs, "Report")]
    assert "203.0.113.50" in [row["SOURCE_IP"] for row in lines(logs, "Login")]


def test_an_interrupted_collection_reads_only(seeded: FakeSalesforce, open_salesforce: Opener) -> None:
    logs, _ = collected(open_salesforce(seeded, read_only=True))

    assert logs
    assert seeded.effects == []
