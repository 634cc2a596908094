"""Salesforce login history: the JSON pages of a SOQL query over `LoginHistory`. Free of charge, six months back."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from service.snapshot.activity import Activity, ActivityKind
from service.snapshot.formats import LogFile, Unreadable
from service.snapshot.salesforce_id import id18


def read(files: Sequence[LogFile]) -> list[Activity]:
    """Every sign-in of a day, worked or refused."""
    return [_activity(row, file.sha256) for file in files for row in _rows(file)]


def _rows(file: LogFile) -> list[dict[str, Any]]:
    try:
        records = json.loads(file.body)["records"]
    except (ValueError, KeyError, TypeError) as error:
        raise Unreadable("A page of the login history is not what a query answers.") from error
    if not isinstance(records, list):
        raise Unreadable("A page of the login history has no list of records.")
    return records


def _activity(row: dict[str, Any], raw: str) -> Activity:
    try:
        at = datetime.fromisoformat(str(row["LoginTime"]))
        account = id18(str(row["UserId"]))
    except (KeyError, TypeError, ValueError) as error:
        raise Unreadable("A sign-in has no time or no user.") from error
    worked = row.get("Status") == "Success"
    return Activity(
        at=at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC),
        account_id=account,
        kind=ActivityKind.LOGIN if worked else ActivityKind.LOGIN_FAILED,
        native="LoginHistory",
        ip=str(row.get("SourceIp") or ""),
        client=str(row.get("Application") or ""),
        raw=raw,
    )
