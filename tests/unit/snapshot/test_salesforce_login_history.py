"""Login history: the pages of a query."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from service.snapshot.activity import Activity, ActivityKind, once
from service.snapshot.formats import LogFile, Unreadable, read
from tests.unit.snapshot.leaver import MIKE, log


def page(*records: Any) -> LogFile:
    return LogFile(kind="LoginHistory", body=json.dumps({"records": records}).encode(), sha256="")


def row(**more: Any) -> dict[str, Any]:
    return {"UserId": MIKE, "LoginTime": "2026-02-18T14:07:21.000+0000", "Status": "Success", **more}


def parsed(*files: LogFile) -> list[Activity]:
    return read("salesforce.login_history", files)


def test_a_sign_in_is_read() -> None:
    (act,) = parsed(page(row()))

    assert (act.kind, act.at) == (ActivityKind.LOGIN, datetime(2026, 2, 18, 14, 7, 21, tzinfo=UTC))


def test_a_frozen_user_did_not_get_in() -> None:
    (act,) = parsed(page(row(Status="User is Frozen")))

    assert act.kind is ActivityKind.LOGIN_FAILED


def test_a_short_id_is_the_same_person() -> None:
    (act,) = parsed(page(row(UserId=MIKE[:15])))

    assert act.account_id == MIKE


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"{}",
        b'{"records": {}}',
        page("text").body,
        page(None).body,
        page({}).body,
        page(row(LoginTime="x")).body,
        page(row(UserId="x")).body,
    ],
    ids=["empty", "list", "none", "mapping", "text", "null", "nothing", "time", "user"],
)
def test_what_is_no_page_is_unreadable_and_nothing_worse(body: bytes) -> None:
    with pytest.raises(Unreadable):
        parsed(LogFile(kind="LoginHistory", body=body, sha256=""))


def test_a_sign_in_that_two_logs_tell_is_one() -> None:
    event = log("Login", {"LOGIN_STATUS": "LOGIN_NO_ERROR", "TIMESTAMP_DERIVED": "2026-02-18T14:07:21.640Z"})

    found = once([*parsed(page(row())), *read("salesforce.event_log_file", [event])])

    assert [act.native for act in found] == ["Login"]


def test_a_sign_in_that_only_the_history_tells_stays() -> None:
    event = log("Login", {"LOGIN_STATUS": "LOGIN_NO_ERROR", "TIMESTAMP_DERIVED": "2026-02-18T09:00:00.000Z"})

    found = once([*parsed(page(row())), *read("salesforce.event_log_file", [event])])

    assert len(found) == 2
