"""The made-up org: users with their logins, rights, groups, sessions and tokens."""

import hashlib
import secrets
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from connectors.salesforce import soql
from connectors.salesforce.fake_soql import stamp

State = dict[str, Any]
OUR_USERNAME: Final = "exeunt@integration.example"
#: Who made the users of the made-up org: neither we nor anybody who can be asked.
IMPORTER: Final = soql.id18("0055f0000000Imp")
OUR_RIGHTS: Final = (
    "PermissionsApiEnabled",
    "PermissionsManageUsers",
    "PermissionsCustomizeApplication",
    "PermissionsViewEventLogFiles",
    "PermissionsViewSetup",
)
RIGHTS: Final = (*OUR_RIGHTS, "PermissionsExportReport", "PermissionsRunReports")
SESSION_S: Final = 7200
_ALPHABET: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


def empty() -> State:
    """An org with nobody in it but our integration user's connected app."""
    return {
        "count": 0,
        "org_id": soql.id18("00D5f000005uVo7"),
        "client_id": "3MVG9.fake.consumer.key",
        "client_secret": "",
        "private_key": "",
        "public_key": "",
        "users": {},
        "passwords": {},
        "user_logins": {},
        "permission_sets": {},
        "assignments": {},
        "groups": {},
        "group_members": {},
        "sessions": {},
        "session_tokens": {},
        "oauth_tokens": [],
        "needed": {},
        "records": {},
        "licences": 0,
        "event_monitoring": True,
        "keeps": 30,
    }


def new_id(state: State, prefix: str) -> str:
    """The next id of a kind."""
    state["count"] += 1
    digits, rest = "", state["count"]
    while rest:
        rest, last = divmod(rest, len(_ALPHABET))
        digits = _ALPHABET[last] + digits
    return soql.id18(prefix + "5f0000" + digits.rjust(6, "0"))


def add_people(state: State, people: Iterable[Mapping[str, Any]], now: datetime) -> None:
    """Users with what belongs to each. Keys beyond the common ones are listed in the README."""
    for person in people:
        user_id = add_user(state, person, now)
        grants = person.get("rights", ("PermissionsRunReports", "PermissionsExportReport"))
        assign(state, user_id, permission_set(state, f"Profile {'+'.join(grants)}", grants, by_profile=True))
        for name in person.get("permission_sets", ()):
            assign(state, user_id, permission_set(state, name, ()))
        for name in person.get("groups", ()):
            join_group(state, user_id, name)
        for kind in person.get("sessions", ()):
            open_session(state, user_id, kind=kind, ip="198.51.100.7", now=now)
        for app in person.get("tokens", ()):
            add_token(state, user_id, app, now)
        if person.get("needed_as"):
            state["needed"][user_id] = person["needed_as"]


def add_user(state: State, person: Mapping[str, Any], now: datetime) -> str:
    """One user and its `UserLogin`."""
    user_id = new_id(state, "005")
    hired = person.get("created_at") or person.get("hired_on")
    created = datetime.fromisoformat(hired).replace(tzinfo=UTC) if hired else now
    state["users"][user_id] = {
        "Id": user_id,
        "Username": person.get("username") or person["email"],
        "Email": person["email"],
        "EmployeeNumber": person.get("employee_no"),
        "FederationIdentifier": person.get("federation_id"),
        "Name": person.get("display_name"),
        "Title": person.get("title"),
        "Department": person.get("department"),
        "IsActive": person.get("active", True),
        "UserType": person.get("user_type", "Standard"),
        "ProfileId": soql.id18("00e5f000000Sale"),
        "UserRoleId": None,
        "CreatedDate": stamp(created),
        "LastModifiedDate": stamp(created),
        "LastModifiedById": IMPORTER,
    }
    login_id = new_id(state, "0Yw")
    state["user_logins"][login_id] = {
        "Id": login_id,
        "UserId": user_id,
        "IsFrozen": person.get("frozen", False),
        "IsPasswordLocked": False,
        "LastModifiedDate": stamp(created),
        "LastModifiedById": IMPORTER,
    }
    state["passwords"][user_id] = hashed(person.get("password") or f"pw-{person['email']}")
    return user_id


def hashed(password: str) -> str:
    """Passwords are not kept even here."""
    return hashlib.sha256(password.encode()).hexdigest()


def permission_set(state: State, name: str, grants: Iterable[str], *, by_profile: bool = False) -> str:
    """The set of a name, made when it is new."""
    for found, row in state["permission_sets"].items():
        if row["Name"] == name:
            return str(found)
    set_id = new_id(state, "0PS")
    granted = set(grants)
    flags = {right: right in granted for right in RIGHTS}
    state["permission_sets"][set_id] = {"Id": set_id, "Name": name, "IsOwnedByProfile": by_profile, **flags}
    return set_id


def assign(state: State, user_id: str, set_id: str) -> None:
    """Give a user a permission set."""
    row_id = new_id(state, "0Pa")
    state["assignments"][row_id] = {"Id": row_id, "AssigneeId": user_id, "PermissionSetId": set_id}


def join_group(state: State, user_id: str, name: str) -> None:
    """Put a user into a public group, made when it is new."""
    found = [group_id for group_id, row in state["groups"].items() if row["Name"] == name]
    group_id = found[0] if found else new_id(state, "00G")
    state["groups"][group_id] = {"Id": group_id, "Name": name, "Type": "Regular"}
    row_id = new_id(state, "011")
    state["group_members"][row_id] = {"Id": row_id, "GroupId": group_id, "UserOrGroupId": user_id}


def open_session(
    state: State, user_id: str, *, kind: str, ip: str, now: datetime, parent: str | None = None
) -> str:
    """A live session; returns its token. `UI+Content` opens a child below its parent."""
    first, _, child = kind.partition("+")
    session_id = new_id(state, "0Ak")
    state["sessions"][session_id] = {
        "Id": session_id,
        "UsersId": user_id,
        "SessionType": first,
        "LoginType": "Application",
        "SourceIp": ip,
        "UserType": "Standard",
        "IsCurrent": False,
        "ParentId": parent or session_id,
        "NumSecondsValid": SESSION_S,
        "CreatedDate": stamp(now),
        "LastModifiedDate": stamp(now),
    }
    token = f"{state['org_id'][:15]}!{secrets.token_urlsafe(24)}"
    state["session_tokens"][token] = session_id
    if child:
        open_session(state, user_id, kind=child, ip=ip, now=now, parent=session_id)
    return token


def end_session(state: State, session_id: str) -> None:
    """A session ends with its children."""
    gone = {found for found, row in state["sessions"].items() if session_id in {found, row["ParentId"]}}
    state["sessions"] = {key: row for key, row in state["sessions"].items() if key not in gone}
    state["session_tokens"] = {key: of for key, of in state["session_tokens"].items() if of not in gone}


def add_token(state: State, user_id: str, app: str, now: datetime) -> None:
    """An app's refresh token for a user."""
    state["oauth_tokens"].append(
        {
            "UserId": user_id,
            "AppName": app,
            "DeleteToken": f"5Aep861{secrets.token_urlsafe(18)}",
            "UseCount": 3,
            "LastUsedDate": stamp(now),
        }
    )


def rights_of(state: State, user_id: str) -> frozenset[str]:
    """What a user may do: the union of its permission sets."""
    sets = [row["PermissionSetId"] for row in state["assignments"].values() if row["AssigneeId"] == user_id]
    return frozenset(right for each in sets for right in RIGHTS if state["permission_sets"][each][right])
