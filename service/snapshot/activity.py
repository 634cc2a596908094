"""One thing a person did with data, as the target system logged it, in one vocabulary for all sources."""

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from functools import cache
from typing import Any, NamedTuple, Self


class ActivityKind(StrEnum):
    """What happened. Only kinds that a parser of ours can tell apart are listed."""

    LOGIN = "login"
    LOGIN_FAILED = "login_failed"
    LOGOUT = "logout"
    IMPERSONATION = "impersonation"
    RECORD_VIEW = "record_view"
    RECORD_LIST_VIEW = "record_list_view"
    REPORT_RUN = "report_run"
    REPORT_EXPORT = "report_export"
    API_QUERY = "api_query"
    BULK_API_QUERY = "bulk_api_query"
    FILE_DOWNLOAD = "file_download"
    PERMISSION_CHANGE = "permission_change"
    BLOCKED = "blocked"
    OTHER = "other"


#: Kinds in which records leave the system.
LEAVING = (ActivityKind.REPORT_EXPORT, ActivityKind.BULK_API_QUERY, ActivityKind.API_QUERY)

#: A leaver's past is thousands of activities of a few kinds.
_kind = cache(ActivityKind)


# Thousands are read before a login is shut, and a data class takes three times as long to make.
class Activity(NamedTuple):
    """One activity. What was tried and refused is `LOGIN_FAILED` or `BLOCKED`, whatever was tried.

    `rows` is `None` where the log does not say: that is unknown, not zero, and makes the wording "at least".
    `job` groups lines that describe the same act; `raw` is the digest of the file it was read from.
    """

    at: datetime
    account_id: str
    kind: ActivityKind
    native: str
    rows: int | None = None
    job: str = ""
    ip: str = ""
    client: str = ""
    object: str = ""
    raw: str = ""

    def as_json(self) -> dict[str, Any]:
        """For a sealed file of ours."""
        return {**self._asdict(), "at": self.at.isoformat(), "kind": self.kind.value}

    @classmethod
    def from_json(cls, body: dict[str, Any]) -> Self:
        """Read back what `as_json` gave."""
        return cls(**{**body, "at": datetime.fromisoformat(body["at"]), "kind": _kind(body["kind"])})


def once(activities: Iterable[Activity]) -> list[Activity]:
    """Leave out the sign-ins of the login history that an event log tells too, to the second."""
    found = list(activities)
    told = {_sign_in(activity) for activity in found if activity.native == "Login"}
    return [
        activity for activity in found if activity.native != "LoginHistory" or _sign_in(activity) not in told
    ]


def _sign_in(activity: Activity) -> tuple[str, ActivityKind, datetime]:
    return activity.account_id, activity.kind, activity.at.replace(microsecond=0)
