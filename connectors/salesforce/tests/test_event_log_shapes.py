"""The fake's event log files have the columns of records seen elsewhere and of the vendor's reference."""

import csv
import io
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from connectors.salesforce.fake_events import COLUMNS, Events, header

FIXTURE = Path(__file__).parents[1] / "fixtures" / "panther-salesforce.jsonl"
RECORDS = [json.loads(line)["log"] for line in FIXTURE.read_text(encoding="utf-8").splitlines()]
ALIKE = [record for record in RECORDS if record["EVENT_TYPE"] in COLUMNS]
WHO = {"Id": "0055f00000CyENtAAN", "Username": "user@example.com"}
FACTS: list[dict[str, Any]] = [
    {"kind": "report_export", "rows": 20447, "report": 'All "big" accounts, EMEA'},
    {"kind": "report_run", "rows": 12},
    {"kind": "login", "ip": "203.0.113.5"},
    {"kind": "login_failed"},
    {"kind": "bulk_api_query", "rows": 25001, "object": "Contact"},
    {"kind": "api_query", "rows": 300},
    {"kind": "record_view", "record": 17, "object": "Lead"},
]


def written(fact: dict[str, Any]) -> list[dict[str, str]]:
    at = datetime(2026, 2, 17, 14, 7, 3, 250000, tzinfo=UTC)
    rows = Events("00D5f000005uVo7AAB").rows({"employee_no": "E-1", **fact}, WHO, at)
    return [
        row for kind, _, line in rows for row in csv.DictReader(io.StringIO(header(kind) + line), strict=True)
    ]


@pytest.mark.parametrize(
    "record", ALIKE, ids=[f"{record['EVENT_TYPE']} {n}" for n, record in enumerate(ALIKE)]
)
def test_every_column_of_a_known_record_is_a_column_of_ours(record: dict[str, Any]) -> None:
    assert set(record) <= set(COLUMNS[record["EVENT_TYPE"]])


def test_there_are_known_records_to_compare_with() -> None:
    assert len(ALIKE) == 5


@pytest.mark.parametrize("fact", FACTS, ids=lambda fact: fact["kind"])
def test_a_fact_is_written_with_both_forms_of_id_and_time(fact: dict[str, Any]) -> None:
    rows = written(fact)

    assert rows
    for row in rows:
        assert row["USER_ID"] == "0055f00000CyENt"
        assert row["USER_ID_DERIVED"] == "0055f00000CyENtAAN"
        assert row["TIMESTAMP"] == "20260217140703.250"
        assert row["TIMESTAMP_DERIVED"] == "2026-02-17T14:07:03.250Z"
        assert row["ORGANIZATION_ID"] == "00D5f000005uVo7"


def test_quotes_in_a_reports_name_survive() -> None:
    export = written(FACTS[0])[1]

    assert export["REPORT_DESCRIPTION"] == 'All "big" accounts, EMEA'


def test_the_batches_of_a_bulk_query_add_up() -> None:
    batches = written(FACTS[4])

    assert sum(int(row["ROWS_PROCESSED"]) for row in batches) == 25001
    assert len({row["JOB_ID"] for row in batches}) == 1
    assert len({row["BATCH_ID"] for row in batches}) == 3


def test_a_raw_event_with_a_column_its_type_does_not_have_is_refused() -> None:
    with pytest.raises(ValueError, match="no columns"):
        written({"event_type": "ReportExport", "columns": {"ROW_COUNT": 5}})
