"""Finding, listing and reading users."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final

from connectors.salesforce import soql
from connectors.salesforce.api import Api, Asked, Known, Row
from connectors.sdk.errors import NotFound, Refused
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
_SELECT_SETS: Final = (
    "SELECT Id, PermissionSetId, PermissionSetGroupId, PermissionSet.Name, PermissionSet.IsOwnedByProfile "
    "FROM PermissionSetAssignment WHERE AssigneeId ="
)
_SELECT_GROUPS: Final = "SELECT Id, GroupId, Group.Name, Group.Type FROM GroupMember WHERE UserOrGroupId ="
SETUP: Final = "View Setup and Configuration"
#: The key of `Account.refs` under which the id of the record that freezes a user is kept.
LOGIN: Final = "UserLogin"


def find(api: Api, person: Person) -> Iterator[Account]:
    """Every standard user on which any identifier of the person is found."""
    conditions = " OR ".join(_conditions(person))
    if not conditions:
        return
    rows = list(api.query(f"{_SELECT_USER} AND ({conditions}) ORDER BY Id", "looking for an account"))
    logins = _logins_of(api, rows)
    for row in rows:
        yield account(row, logins)


def _logins_of(api: Api, rows: Sequence[Row]) -> Mapping[str, Row]:
    """The `UserLogin` of those found. Of an only one the rest is read along: it is asked for next."""
    if len(rows) == 1:
        (row,) = rows
        try:
            known = _gathered(api, account(row, {}), row)
        except (NotFound, Refused):
            pass  # whoever needs it is told; to find the user it is not needed
        else:
            user_id = soql.id18(str(row["Id"]))
            api.found[user_id] = known
            return {user_id: known.login}
    ids = soql.literals(str(row["Id"]) for row in rows)
    return _logins(api, f" WHERE UserId IN {ids}") if rows else {}


def everyone(api: Api) -> Iterator[Account]:
    """Every standard user, active or not, with the record that freezes it and whether it manages users.

    Our own does, and is no administrator: nobody signs in with it to let anybody in again.
    """
    logins, admins = _logins(api), _admins(api)
    for row in api.query(f"{_SELECT_USER} ORDER BY Id", "listing accounts"):
        found = account(row, logins)
        yield replace(found, admin=None if admins is None else found.id in admins - {api.own_id})


def read(api: Api, of: Account) -> AccountState:
    """The user row, whether it is frozen, and what it may do."""
    at = api.context.now()
    user_id = soql.id18(of.id)
    known = api.found.pop(user_id, None) or _gathered(api, of)
    api.known[user_id] = known
    return state_of(known, at)


def state_of(known: Known, at: datetime) -> AccountState:
    """The before-image made of what was read of a user."""
    user_id = soql.id18(str(known.user["Id"]))
    attributes: dict[str, Json] = {name: known.user.get(name) for name in USER_FIELDS}
    attributes |= {
        "IsFrozen": known.login["IsFrozen"],
        "UserLoginId": known.login["Id"],
        "permission_sets": _permission_sets(known.permission_sets),
        "groups": _groups(known.groups),
    }
    found = account(known.user, {user_id: known.login})
    return AccountState(account=found, read_at=at, attributes=attributes)


def everything(of: Account) -> tuple[Asked, ...]:
    """What is asked of a user for a before-image: login, permission sets, groups, and the user last."""
    user_id = soql.literal(soql.id18(of.id))
    select = f"SELECT {', '.join(USER_FIELDS)} FROM User WHERE Id = {user_id}"
    return (
        Asked(login_of(of), f"reading {of.label}"),
        Asked(f"{_SELECT_SETS} {user_id} ORDER BY Id", "reading permission sets", SETUP),
        Asked(f"{_SELECT_GROUPS} {user_id} ORDER BY Id", "reading groups", SETUP),
        Asked(select, f"reading {of.label}"),
    )


def gathered(api: Api, of: Account, results: Sequence[Json], user: Row | None = None) -> Known:
    """What a batch answered to `everything`, or to all of it but the user."""
    login, sets, groups, *users = (
        api.found_in(result, asked) for result, asked in zip(results, everything(of), strict=False)
    )
    row = user or only(users[0].rows, of)
    return Known(row, only(login.rows, of), sets.rows, groups.rows)


def _gathered(api: Api, of: Account, user: Row | None = None) -> Known:
    """Everything of a user with one call."""
    asked = everything(of)[: None if user is None else -1]
    return gathered(api, of, api.batch(*asked), user)


def user_login(api: Api, of: Account) -> Row:
    """The `UserLogin` record: whether the user is frozen, and since when it has not changed."""
    return one(api, login_of(of), of)


def login_before(api: Api, of: Account) -> Row:
    """The same before our change: as the before-image has it, where one was made a moment ago."""
    user_id = soql.id18(of.id)
    known = api.known.pop(user_id, None) or api.found.pop(user_id, None)
    return known.login if known else user_login(api, of)


def login_of(of: Account) -> str:
    """The query of a user's `UserLogin`."""
    fields = "Id, UserId, IsFrozen, IsPasswordLocked, LastModifiedDate, LastModifiedById"
    return f"SELECT {fields} FROM UserLogin WHERE UserId = {soql.literal(soql.id18(of.id))}"


def one(api: Api, text: str, of: Account) -> Row:
    """The only row there can be. Raises `NotFound` when there is none."""
    return only(api.query(text, f"reading {of.label}"), of)


def only(rows: Iterable[Row], of: Account) -> Row:
    """The only row there can be. Raises `NotFound` when there is none."""
    for row in rows:
        return row
    raise NotFound(f"Salesforce has no user {of.label} any more.", hint="Look the account up again.")


def account(row: Row, logins: Mapping[str, Row]) -> Account:
    """A user row as an account. Frozen counts as disabled: neither opens anything."""
    user_id = soql.id18(str(row["Id"]))
    login = logins.get(user_id, {})
    shut = not row.get("IsActive") or bool(login.get("IsFrozen"))
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
        refs={LOGIN: soql.id18(str(login["Id"]))} if login else {},
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


def _logins(api: Api, condition: str = "") -> Mapping[str, Row]:
    """The `UserLogin` record of each user."""
    rows = api.query(f"SELECT Id, UserId, IsFrozen FROM UserLogin{condition}", "reading who is frozen")
    return {soql.id18(str(row["UserId"])): row for row in rows if row.get("UserId")}


def _admins(api: Api) -> frozenset[str] | None:
    """Who may manage users; `None` where we may not read permission sets."""
    text = (
        "SELECT AssigneeId FROM PermissionSetAssignment "
        "WHERE PermissionSet.PermissionsManageUsers = true AND Assignee.IsActive = true"
    )
    try:
        rows = list(api.query(text, "reading who administers", right=SETUP))
    except Refused:
        return None
    return frozenset(soql.id18(str(row["AssigneeId"])) for row in rows)


def _permission_sets(rows: Iterable[Row]) -> list[Json]:
    return [
        {
            "id": row["Id"],
            "permission_set_id": row.get("PermissionSetId"),
            "permission_set_group_id": row.get("PermissionSetGroupId"),
            "name": (row.get("PermissionSet") or {}).get("Name"),
            "owned_by_profile": (row.get("PermissionSet") or {}).get("IsOwnedByProfile"),
        }
        for row in rows
    ]


def _groups(rows: Iterable[Row]) -> list[Json]:
    return [
        {
            "id": row["Id"],
            "group_id": row.get("GroupId"),
            "name": (row.get("Group") or {}).get("Name"),
            "type": (row.get("Group") or {}).get("Type"),
        }
        for row in rows
    ]
