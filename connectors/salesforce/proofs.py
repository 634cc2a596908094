"""Reading back, by other calls than the write used: it goes by record id, these by query and history."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from connectors.salesforce import accounts, soql
from connectors.salesforce.api import Api, Asked, Row
from connectors.salesforce.revokes import TOKENS_RIGHT
from connectors.salesforce.rights import granted, held, own_rights
from connectors.sdk.types import Account, Evidence, Expectation, Json, Proof, Target

SUCCESS: Final = "Success"
#: A change not older than this is the usual one to read back: the sign-ins since then are asked for along with it.
JUST_NOW: Final = timedelta(minutes=10)
MANAGES: Final = "PermissionsManageUsers"
CUSTOMIZES: Final = "PermissionsCustomizeApplication"


class _Read(NamedTuple):
    """The login history that was read along, with everything else."""

    since: datetime
    rows: list[Row]

    def rows_after(self, since: datetime) -> list[Row] | None:
        """What happened after a moment; `None` when that lies before what was read."""
        if since < self.since:
            return None
        return [row for row in self.rows if (accounts.moment(row.get("LoginTime")) or since) > since]


def verify(api: Api, target: Target, expectation: Expectation) -> tuple[Evidence, ...]:
    """Prove, contradict, or say that this connector cannot know."""
    if not isinstance(target, Account):
        return (_cannot(api, expectation, "Salesforce knows accounts, not devices."),)
    read_back = _READ_BACKS.get(expectation)
    if read_back is None:
        return (_cannot(api, expectation, "This connector does not read that."),)
    return read_back(api, target)


def _disabled(api: Api, account: Account) -> tuple[Evidence, ...]:
    """Frozen or inactive: either way the login opens nothing."""
    what = f"reading {account.label}"
    near = api.context.now() - JUST_NOW
    logins, users, own, lately = api.queries(
        Asked(accounts.login_of(account), what),
        Asked(_user_of(account), what),
        own_rights(api),
        Asked(_history(account, near), f"reading the login history of {account.label}"),
    )
    login, user = accounts.only(logins.rows, account), accounts.only(users.rows, account)
    shut = bool(login["IsFrozen"]) or not user["IsActive"]
    body = {"IsFrozen": login["IsFrozen"], "IsActive": user["IsActive"]}
    state = _evidence(api, shut, "UserLogin and User by query", body)
    since = login if login["IsFrozen"] else user
    if not shut:
        return (state,)
    read = _Read(near, lately.rows)
    return (state, _no_sign_in(api, account, since, granted(own.rows), read))


def _deactivated(api: Api, account: Account) -> tuple[Evidence, ...]:
    user = _user(api, account)
    state = _evidence(api, not user["IsActive"], "User by query", {"IsActive": user["IsActive"]})
    return (state,) if user["IsActive"] else (state, _no_sign_in(api, account, user, held(api)))


def _restored(api: Api, account: Account) -> tuple[Evidence, ...]:
    login, user = accounts.user_login(api, account), _user(api, account)
    opened = bool(user["IsActive"]) and not login["IsFrozen"]
    body = {"IsFrozen": login["IsFrozen"], "IsActive": user["IsActive"]}
    return (_evidence(api, opened, "UserLogin and User by query", body),)


def _no_sign_in(
    api: Api, account: Account, changed: Row, rights: frozenset[str], read: _Read | None = None
) -> Evidence:
    """The login history since the record last changed. Empty, it proves nothing if we may not see it."""
    how = "login history since the change"
    since = accounts.moment(changed.get("LastModifiedDate"))
    if since is None or MANAGES not in rights:
        why = "Without 'Manage Users' Salesforce shows nobody's login history but our own."
        return _unprovable(api, how, why)
    rows = read.rows_after(since) if read else None
    if rows is None:
        rows = list(api.query(_history(account, since), f"reading the login history of {account.label}"))
    entered = [row for row in rows if row.get("Status") == SUCCESS]
    body = {"since": soql.moment(since), "sign_ins": len(entered), "refused": len(rows) - len(entered)}
    return _evidence(api, not entered, how, body)


def _history(account: Account, since: datetime) -> str:
    """`Status` cannot be filtered on. Both times are whole seconds: the second of the change is left out."""
    user_id = soql.literal(soql.id18(account.id))
    condition = f"UserId = {user_id} AND LoginTime > {soql.moment(since)}"
    return f"SELECT LoginTime, Status FROM LoginHistory WHERE {condition} ORDER BY LoginTime"


def _no_sessions(api: Api, account: Account) -> tuple[Evidence, ...]:
    return (_none_left(api, account, "AuthSession", "UsersId", MANAGES),)


def _no_tokens(api: Api, account: Account) -> tuple[Evidence, ...]:
    return (_none_left(api, account, "OauthToken", "UserId", CUSTOMIZES),)


def _none_left(api: Api, account: Account, kind: str, owner: str, right: str) -> Evidence:
    """Zero counts only if we may see other people's: without the right we see our own, and nothing says so."""
    how = f"{kind} counted"
    user_id = soql.literal(soql.id18(account.id))
    text = f"SELECT count() FROM {kind} WHERE {owner} = {user_id}"
    counted, own = api.queries(Asked(text, f"counting {kind} of {account.label}"), own_rights(api))
    left = counted.total
    if left == 0 and right not in granted(own.rows):
        title = TOKENS_RIGHT if right == CUSTOMIZES else "Manage Users"
        return _unprovable(api, how, f"Without '{title}' Salesforce shows only our own.")
    return _evidence(api, left == 0, how, {"left": left})


def _user(api: Api, account: Account) -> Row:
    return accounts.one(api, _user_of(account), account)


def _user_of(account: Account) -> str:
    user_id = soql.literal(soql.id18(account.id))
    return f"SELECT Id, IsActive, LastModifiedDate FROM User WHERE Id = {user_id}"


def _evidence(api: Api, holds: bool, how: str, body: Mapping[str, Json]) -> Evidence:
    proof = Proof.PROVEN if holds else Proof.CONTRADICTED
    return Evidence(
        kind="salesforce.read_back", proof=proof, how=how, observed_at=api.context.now(), body=body
    )


def _unprovable(api: Api, how: str, why: str) -> Evidence:
    at = api.context.now()
    return Evidence(
        kind="salesforce.read_back", proof=Proof.UNPROVABLE, how=how, observed_at=at, body={"why": why}
    )


def _cannot(api: Api, expectation: Expectation, why: str) -> Evidence:
    return _unprovable(api, f"nothing reads '{expectation.value}'", why)


_READ_BACKS: Final[Mapping[Expectation, Callable[[Api, Account], tuple[Evidence, ...]]]] = {
    Expectation.DISABLED: _disabled,
    Expectation.DEACTIVATED: _deactivated,
    Expectation.RESTORED: _restored,
    Expectation.NO_SESSIONS: _no_sessions,
    Expectation.NO_TOKENS: _no_tokens,
}
