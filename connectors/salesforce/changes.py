"""Freezing and deactivating, and undoing exactly what we did."""

from collections.abc import Iterator
from typing import Final

from connectors.salesforce import accounts, soql
from connectors.salesforce.api import Api, Change, Record
from connectors.sdk.errors import Refused
from connectors.sdk.types import (
    Account,
    AccountState,
    Difference,
    Evidence,
    Json,
    Outcome,
    Proof,
    Receipt,
    Residual,
    Since,
)

LOGIN, FROZEN = "UserLogin", "IsFrozen"
SESSIONS_LIVE: Final = Residual(what="Sessions already open go on until they are ended or expire.")
TOKENS_LIVE: Final = Residual(what="Refresh tokens of connected apps stay on record until they are revoked.")
SCHEDULED: Final = Residual(what="Reports this user scheduled may still be sent until they are unscheduled.")


def freeze(api: Api, account: Account) -> Outcome:
    """Set `UserLogin.IsFrozen`. The licence stays taken; sessions stay open.

    Where nobody has read the user and the id of its login is known, one call reads, freezes and reads again.
    Not where an earlier attempt may have frozen it: writing once more would hide who did.
    """
    api.refuse_ourselves(account)
    user_id, login_id = soql.id18(account.id), account.refs.get(accounts.LOGIN)
    before = None
    looks = api.context.again or user_id in api.known or api.has_just_found(account)
    if looks or login_id is None:
        login = accounts.login_before(api, account)
        was = bool(login["IsFrozen"])
        evidence = _ensure(api, account, LOGIN, str(login["Id"]), field=FROZEN, was=was, wanted=True)
    else:
        before, evidence = _frozen_at_once(api, account, login_id)
        was = bool(before.attributes[FROZEN])
    return Outcome(
        changed=not was,
        evidence=(evidence,),
        residual=(SESSIONS_LIVE, TOKENS_LIVE, SCHEDULED),
        receipt=Receipt(before={} if was else {FROZEN: False}),
        before=before,
    )


def _frozen_at_once(api: Api, account: Account, login_id: str) -> tuple[AccountState, Evidence]:
    """How the user was, and that it is frozen: Salesforce carries a batch out in the order it is written.

    A reading that is refused leaves the rest undone, so nothing is frozen whose state before is not known.
    """
    what = f"setting {LOGIN}.{FROZEN} of {account.label}"
    at, asked = api.context.now(), accounts.everything(account)
    change = Change(LOGIN, login_id, {FROZEN: True}, what)
    record = Record(LOGIN, login_id, (FROZEN,), what)
    *reads, done, after = api.batch(*asked, change, record, together=True)
    known = accounts.gathered(api, account, reads)
    api.done_in(done, change)
    row = api.row_after(after, record)
    _insist(account, LOGIN, FROZEN, row.get(FROZEN), wanted=True)
    if soql.id18(str(known.login["Id"])) != soql.id18(login_id):
        raise Refused(
            f"The login we froze is not that of {account.label} any more.",
            hint="Thaw it in Salesforce, then look the account up again.",
        )
    return accounts.state_of(known, at), _evidence(
        api, LOGIN, FROZEN, row.get(FROZEN), was=known.login[FROZEN]
    )


def deactivate(api: Api, account: Account) -> Outcome:
    """Clear `User.IsActive`. Frees the licence; refused while the org still needs the user."""
    api.refuse_ourselves(account)
    was = _is_active(api, account)
    evidence = _ensure(api, account, "User", account.id, field="IsActive", was=was, wanted=False)
    return Outcome(
        changed=was, evidence=(evidence,), receipt=Receipt(before={"IsActive": True} if was else {})
    )


def restore(api: Api, account: Account, receipt: Receipt) -> Outcome:
    """Put back what the receipt names, activation first: a frozen user is still shut while it becomes active."""
    changed, evidence = False, []
    if receipt.before.get("IsActive") is True:
        was = _is_active(api, account)
        evidence.append(_ensure(api, account, "User", account.id, field="IsActive", was=was, wanted=True))
        changed |= not was
    if receipt.before.get("IsFrozen") is False:
        login = accounts.user_login(api, account)
        frozen = bool(login["IsFrozen"])
        evidence.append(
            _ensure(api, account, "UserLogin", str(login["Id"]), field="IsFrozen", was=frozen, wanted=False)
        )
        changed |= frozen
    return Outcome(changed=changed, evidence=tuple(evidence))


def compare(api: Api, account: Account, receipt: Receipt) -> Iterator[Difference]:
    """What the receipt names, each read by its record's id."""
    for field, before in receipt.before.items():
        kind, record_id = "User", account.id
        if field == "IsFrozen":
            kind, record_id = "UserLogin", str(accounts.user_login(api, account)["Id"])
        now = api.record(kind, record_id, (field,), f"comparing {kind}.{field} of {account.label}").get(field)
        since = Since.AS_BEFORE if now is before else Since.AS_LEFT if now is (not before) else Since.CHANGED
        yield Difference(
            what=f"{kind}.{field}", before=str(before), left=str(not before), now=str(now), since=since
        )


def receipt_of(action: str, image: AccountState) -> Receipt:
    """What the lost answer of an action would have said, from the user as it was before."""
    if action == "deactivate_account":
        return Receipt(before={"IsActive": True} if image.attributes.get("IsActive") else {})
    return Receipt(before={} if image.attributes.get("IsFrozen") else {"IsFrozen": False})


def changed_by_us(api: Api, account: Account, receipt: Receipt) -> bool:
    """Whether we were the last to change each record a receipt names: who came later may have meant it to stay."""
    return all(_last_changed_by(api, account, field) == api.own_id for field in receipt.before)


def _last_changed_by(api: Api, account: Account, field: str) -> str:
    user_id = soql.literal(soql.id18(account.id))
    text = f"SELECT Id, LastModifiedById FROM User WHERE Id = {user_id}"
    row = accounts.user_login(api, account) if field == FROZEN else accounts.one(api, text, account)
    return soql.id18(str(row["LastModifiedById"])) if row.get("LastModifiedById") else ""


def _is_active(api: Api, account: Account) -> bool:
    user_id = soql.literal(soql.id18(account.id))
    return bool(accounts.one(api, f"SELECT Id, IsActive FROM User WHERE Id = {user_id}", account)["IsActive"])


def _ensure(
    api: Api, account: Account, kind: str, record_id: str, *, field: str, was: bool, wanted: bool
) -> Evidence:
    """Write only what differs, then read the record back by its id: one call."""
    what = f"setting {kind}.{field} of {account.label}"
    record = Record(kind, record_id, (field,), what)
    if was == wanted:
        found: Json = api.record(*record).get(field)
    else:
        change = Change(kind, record_id, {field: wanted}, what)
        done, after = api.batch(change, record, together=True)
        api.done_in(done, change)
        found = api.row_after(after, record).get(field)
    _insist(account, kind, field, found, wanted=wanted)
    return _evidence(api, kind, field, found, was=was)


def _insist(account: Account, kind: str, field: str, found: Json, *, wanted: bool) -> None:
    if found is not wanted:
        raise Refused(
            f"{account.label} still has {kind}.{field}={found} after Salesforce said it was set to {wanted}.",
            hint="Look for a flow or another administrator that sets it back, then resume the run.",
        )


def _evidence(api: Api, kind: str, field: str, found: Json, *, was: bool) -> Evidence:
    return Evidence(
        kind=f"salesforce.{kind}",
        proof=Proof.PROVEN,
        how=f"{kind} read by its id",
        observed_at=api.context.now(),
        body={field: found, "before": was},
    )
