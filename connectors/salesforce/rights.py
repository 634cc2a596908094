"""What our own user may do, and the look at it that `check()` takes."""

from collections.abc import Iterable, Iterator
from datetime import timedelta
from typing import Final

from connectors.salesforce import soql
from connectors.salesforce.accounts import SETUP
from connectors.salesforce.api import Api, Asked, Row
from connectors.salesforce.coverage import FREE
from connectors.sdk.errors import Refused
from connectors.sdk.types import Check

LOGS_RIGHT: Final = "View Event Log Files"
LOW_USAGE: Final = 0.9

#: The permission's field, its name in Setup, and what is blind or impossible without it.
RIGHTS: Final = (
    ("PermissionsApiEnabled", "API Enabled", "nothing can be read"),
    ("PermissionsManageUsers", "Manage Users", "nobody can be frozen, and sessions of others are invisible"),
    ("PermissionsCustomizeApplication", "Customize Application", "OAuth tokens of others are invisible"),
    ("PermissionsViewEventLogFiles", LOGS_RIGHT, "exports cannot be seen"),
    ("PermissionsViewSetup", SETUP, "permission sets and record counts cannot be read"),
)


def held(api: Api) -> frozenset[str]:
    """The permission fields that any permission set of ours grants."""
    (found,) = api.queries(own_rights(api))
    return granted(found.rows)


def own_rights(api: Api) -> Asked:
    """The question that `granted` reads the answer of."""
    fields = ", ".join(f"PermissionSet.{field}" for field, _, _ in RIGHTS)
    own = soql.literal(api.own_id)
    text = f"SELECT {fields} FROM PermissionSetAssignment WHERE AssigneeId = {own}"
    return Asked(text, "reading our own rights", SETUP)


def granted(rows: Iterable[Row]) -> frozenset[str]:
    """The permission fields that any of these permission sets grants."""
    sets = [row.get("PermissionSet") or {} for row in rows]
    return frozenset(field for field, _, _ in RIGHTS if any(each.get(field) is True for each in sets))


def checks(api: Api) -> Iterator[Check]:
    """Each right, the licence for logs, the API allowance, and who may export."""
    yield Check(name="sign-in", ok=bool(api.own_id), what=f"Signed in to {api.config.login_url}.")
    own = held(api)
    for field, title, without in RIGHTS:
        ok = field in own
        what = f"Our user has '{title}'." if ok else f"Our user lacks '{title}': {without}."
        yield Check(name=title, ok=ok, what=what, fix="" if ok else f"Add '{title}' to our permission set.")
    yield _licence(api)
    yield _exporters(api)
    if api.usage:
        yield _usage(*api.usage)


def _licence(api: Api) -> Check:
    since = soql.moment(api.context.now() - timedelta(days=7))
    paid = f"EventType NOT IN {soql.literals(FREE)}"
    text = f"SELECT Id FROM EventLogFile WHERE Interval = 'Daily' AND LogDate >= {since} AND {paid} LIMIT 1"
    try:
        seen = any(api.query(text, "looking for event log files", right=LOGS_RIGHT))
    except Refused as error:
        return Check(name="event monitoring", ok=False, what=error.what, fix=error.hint)
    if seen:
        return Check(
            name="event monitoring", ok=True, what="Paid event log files arrive, so exports can be seen."
        )
    return Check(
        name="event monitoring",
        ok=False,
        what="No paid event log file arrived in the last 7 days, so exports cannot be seen.",
        fix="Buy Salesforce Event Monitoring or Shield; until then every verdict on exports is 'cannot say'.",
    )


def _exporters(api: Api) -> Check:
    """A posture, not a right of ours: the fewer, the less a leaver can take."""
    holds = "PermissionSet.PermissionsExportReport = true AND Assignee.IsActive = true"
    text = f"SELECT COUNT_DISTINCT(AssigneeId) people FROM PermissionSetAssignment WHERE {holds}"
    row = next(api.query(text, "counting who may export", right=SETUP), {})
    return Check(
        name="who may export", ok=True, what=f"{row.get('people', 0)} active users may export reports."
    )


def _usage(used: int, limit: int) -> Check:
    ok = used < limit * LOW_USAGE
    fix = "" if ok else "Spread the load or buy API calls; at the limit nobody can be frozen by API."
    return Check(
        name="API requests", ok=ok, what=f"{used} of {limit} API requests of the day are used.", fix=fix
    )
