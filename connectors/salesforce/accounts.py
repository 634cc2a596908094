"""Finding, listing and reading users."""

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from connectors.salesforce import soql
from connectors.salesforce.api import Api, Row
from connectors.sdk.errors import NotFound
from connectors.sdk.types import Account, AccountState, AccountStatus, Json, Person

USER_FIELDS: Final = (
    "Id",
    "Username",
    "Email",
    "EmployeeNumber",
    "FederationIdentifier",
    "IsActive",
    "UserType",
    "ProfileId",
    "UserRoleId",
    "CreatedDate",
)
_STANDARD: Final = "UserType = 'Standard'"
_SELECT_USER: Final = f"SELECT {', '.join(USER_FIELDS)} FROM User WHERE {_STANDARD}"
SETUP: Final = "View Setup and Configuration"


def find(api: Api, person: Person) -> Iterator[Account]:
    """Every standard user on which any identifier of the person is found."""
    conditions = " OR ".join(_conditions(person))
    if not conditions:
        return
    rows = list(api.query(f"{_SELECT_USER} AND ({conditions}) ORDER BY Id", "looking for an account"))
    ids = soql.literals(str(row["Id"]) for row in rows)
    frozen = _frozen(api, f"UserId IN {ids} AND IsFrozen = true") if rows else frozenset()
    for row in rows:
        yield account(row, frozen)


def everyone(api: Api) -> Iterator[Account]:
    """Every standard user, active or not."""
    frozen = _frozen(api, "IsFrozen = true")
    for row in api.query(f"{_SELECT_USER} ORDER BY Id", "listing accounts"):
        yield account(row, frozen)


def read(api: Api, of: Account) -> AccountState:
    """The user row, whether it is frozen, and what it may do."""
    at = api.context.now()
    user_id = soql.literal(soql.id18(of.id))
    user = one(api, f"SELECT {', '.join(USER_FIELDS)} FROM User WHERE Id = {user_id}", of)
    login = user_login(api, of)
    attributes: dict[str, Json] = {name: user.get(name) for name in USER_FIELDS}
    attributes |= {
        "IsFrozen": login["IsFrozen"],
        "UserLoginId": login["Id"],
        "permission_sets": _permission_sets(api, user_id),
        "groups": _groups(api, user_id),
    }
    frozen = frozenset({of.id}) if login["IsFrozen"] else frozenset()
    return AccountState(account=account(user, frozen), read_at=at, attributes=attributes)


def user_login(api: Api, of: Account) -> Row:
    """The `UserLogin` record: whether the user is frozen, and since when it has not changed."""
    user_id = soql.literal(soql.id18(of.id))
    fields = "Id, UserId, IsFrozen, IsPasswordLocked, LastModifiedDate"
    return one(api, f"SELECT {fields} FROM UserLogin WHERE UserId = {user_id}", of)


def one(api: Api, text: str, of: Account) -> Row:
    """The only row there can be. Raises `NotFound` when there is none."""
    for row in api.query(text, f"reading {of.label}"):
        return row
    raise NotFound(f"Salesforce has no user {of.label} any more.", hint="Look the account up again.")


def account(row: Row, frozen: frozenset[str]) -> Account:
    """A user row as an account. Frozen counts as disabled: neither opens anything."""
    user_id = soql.id18(str(row["Id"]))
    shut = not row.get("IsActive") or user_id in frozen
    wanted = {
        "employee_no": row.get("EmployeeNumber"),
        "email": row.get("Email"),
        "username": row.get("Username"),
        "federation_id": row.get("FederationIdentifier"),
    }
    return Account(
        connector="salesforce",
        id=user_id,
        label=str(row.get("Username") or user_id),
        status=AccountStatus.DISABLED if shut else AccountStatus.ACTIVE,
        identifiers={key: str(value) for key, value in wanted.items() if value},
        created_at=moment(row.get("CreatedDate")),
    )


def moment(text: Json) -> datetime | None:
    """Salesforce's `2026-03-02T12:00:00.000+0000`."""
    return datetime.fromisoformat(text) if isinstance(text, str) and text else None


def _conditions(person: Person) -> Iterator[str]:
    names = tuple(dict.fromkeys((*person.usernames, *person.emails)))
    anything = (person.employee_no, *names) if person.employee_no else names
    if anything:
        yield f"FederationIdentifier IN {soql.literals(anything)}"
    if person.employee_no:
        yield f"EmployeeNumber = {soql.literal(person.employee_no)}"
    if person.emails:
        yield f"Email IN {soql.literals(person.emails)}"
    if names:
        yield f"Username IN {soql.literals(names)}"


def _frozen(api: Api, condition: str) -> frozenset[str]:
    rows = api.query(f"SELECT UserId FROM UserLogin WHERE {condition}", "reading who is frozen")
    return frozenset(soql.id18(str(row["UserId"])) for row in rows if row.get("UserId"))


def _permission_sets(api: Api, user_id: str) -> list[Json]:
    fields = "Id, PermissionSetId, PermissionSetGroupId, PermissionSet.Name, PermissionSet.IsOwnedByProfile"
    text = f"SELECT {fields} FROM PermissionSetAssignment WHERE AssigneeId = {user_id} ORDER BY Id"
    return [
        {
            "id": row["Id"],
            "permission_set_id": row.get("PermissionSetId"),
            "permission_set_group_id": row.get("PermissionSetGroupId"),
            "name": (row.get("PermissionSet") or {}).get("Name"),
            "owned_by_profile": (row.get("PermissionSet") or {}).get("IsOwnedByProfile"),
        }
        for row in api.query(text, "reading permission sets", right=SETUP)
    ]


def _groups(api: Api, user_id: str) -> list[Json]:
    fields = "Id, GroupId, Group.Name, Group.Type"
    text = f"SELECT {fields} FROM GroupMember WHERE UserOrGroupId = {user_id} ORDER BY Id"
    return [
        {
            "id": row["Id"],
            "group_id": row.get("GroupId"),
            "name": (row.get("Group") or {}).get("Name"),
            "type": (row.get("Group") or {}).get("Type"),
        }
        for row in api.query(text, "reading groups", right=SETUP)
    ]
