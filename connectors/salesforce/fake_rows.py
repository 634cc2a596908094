"""Which rows of which object a user of the fake may see, and which fields may be asked for or filtered on."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from connectors.salesforce import fake_org
from connectors.salesforce.fake_soql import Query, Row, SoqlError


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


FIELDS: Final[Mapping[str, frozenset[str]]] = {
    "User": _words(
        "Id Username Email EmployeeNumber FederationIdentifier Name Title Department IsActive UserType ProfileId "
        "UserRoleId CreatedDate LastModifiedDate LastModifiedById"
    ),
    "UserLogin": _words("Id UserId IsFrozen IsPasswordLocked LastModifiedDate LastModifiedById"),
    "PermissionSetAssignment": _words(
        "Id AssigneeId PermissionSetId PermissionSetGroupId PermissionSet.Name PermissionSet.IsOwnedByProfile "
        "Assignee.IsActive"
    )
    | {f"PermissionSet.{right}" for right in fake_org.RIGHTS},
    "GroupMember": _words("Id GroupId UserOrGroupId Group.Name Group.Type"),
    "AuthSession": _words(
        "Id UsersId SessionType LoginType SourceIp UserType IsCurrent ParentId NumSecondsValid CreatedDate "
        "LastModifiedDate"
    ),
    "OauthToken": _words("UserId AppName DeleteToken UseCount LastUsedDate"),
    "LoginHistory": _words(
        "Id UserId LoginTime LoginType LoginUrl SourceIp Status Application Browser Platform CountryIso"
    ),
    "EventLogFile": _words("Id EventType LogDate Interval Sequence CreatedDate LogFileLength LogFile"),
}
#: "You can only filter on the following fields" (object reference, LoginHistory).
FILTERS: Final[Mapping[str, frozenset[str]]] = {
    "LoginHistory": frozenset({"Id", "UserId", "LoginTime", "LoginType", "LoginUrl"})
}
#: Without the right the object is not there at all.
NEEDS: Final[Mapping[str, str]] = {
    "UserLogin": "PermissionsManageUsers",
    "PermissionSetAssignment": "PermissionsViewSetup",
    "EventLogFile": "PermissionsViewEventLogFiles",
}
#: Without the right only the asker's own rows are there, and nothing says so.
OWN_ONLY: Final[Mapping[str, tuple[str, str]]] = {
    "AuthSession": ("PermissionsManageUsers", "UsersId"),
    "LoginHistory": ("PermissionsManageUsers", "UserId"),
    "OauthToken": ("PermissionsCustomizeApplication", "UserId"),
}


def check(query: Query, rights: frozenset[str]) -> None:
    """Refuse what the vendor would refuse. Raises `SoqlError`."""
    known = FIELDS.get(query.source)
    if known is None or NEEDS.get(query.source, "") not in {"", *rights}:
        raise SoqlError("INVALID_TYPE", f"sObject type '{query.source}' is not supported.")
    asked = [*query.fields, *query.filtered, *(name for name, _ in query.order)]
    for name in [*asked, query.distinct] if query.distinct else asked:
        if name not in known:
            raise SoqlError("INVALID_FIELD", f"No such column '{name}' on entity '{query.source}'.")
    for name in query.filtered:
        if name not in FILTERS.get(query.source, known):
            raise SoqlError("INVALID_FIELD", f"field '{name}' can not be filtered in a query call")


def visible(source: str, rows: Iterable[Row], rights: frozenset[str], asker: str) -> Iterator[Row]:
    """The rows the asker may see."""
    right, owner = OWN_ONLY.get(source, ("", ""))
    return (row for row in rows if not right or right in rights or row[owner] == asker)


def stored(state: fake_org.State, source: str) -> Iterator[Row]:
    """The rows of an object kept in the state, with what hangs on them."""
    match source:
        case "User":
            yield from state["users"].values()
        case "UserLogin":
            yield from state["user_logins"].values()
        case "AuthSession":
            yield from state["sessions"].values()
        case "OauthToken":
            yield from state["oauth_tokens"]
        case "PermissionSetAssignment":
            for row in state["assignments"].values():
                holder = state["users"][row["AssigneeId"]]
                yield {
                    **row,
                    "PermissionSetGroupId": None,
                    "PermissionSet": state["permission_sets"][row["PermissionSetId"]],
                    "Assignee": holder,
                }
        case "GroupMember":
            for row in state["group_members"].values():
                yield {**row, "Group": state["groups"][row["GroupId"]]}


def shown(source: str, row: Row, fields: Iterable[str], version: str) -> dict[str, Any]:
    """A row as it is answered: the fields asked for, relations nested."""
    answer: dict[str, Any] = {"attributes": _attributes(source, row, version)}
    for name in fields:
        place, value = answer, row
        *relations, last = name.split(".")
        for relation in relations:
            place = place.setdefault(relation, {"attributes": {"type": relation}})
            value = value.get(relation) or {}
        place[last] = value.get(last)
    return answer


def _attributes(source: str, row: Row, version: str) -> dict[str, str]:
    url = f"/services/data/{version}/sobjects/{source}/{row.get('Id', '')}"
    return {"type": source, "url": url}
