"""Ending sessions and OAuth tokens, which outlive a freeze."""

from typing import Final

from connectors.salesforce import soql
from connectors.salesforce.api import MOST_PARTS, Api, Asked, Change, Row
from connectors.sdk.errors import NotFound, Refused
from connectors.sdk.types import Account, Evidence, Outcome, Proof, Residual

ROUNDS: Final = 3  # a session may open others while we end them
MOST_AT_ONCE: Final = MOST_PARTS - 1  # the last part lists what is left
TOKENS_RIGHT: Final = "Customize Application"
JWT_TOKENS: Final = Residual(
    what="Access tokens in JWT form work until they expire; Salesforce cannot end a single one."
)
OPEN_PAGES: Final = Residual(what="What a browser or phone has already loaded stays readable there.")


def sessions(api: Api, account: Account) -> Outcome:
    """Delete every `AuthSession`, then look again. One that is already gone is done."""
    api.refuse_ourselves(account)
    first = live = _sessions(api, account)
    ended = 0
    for _ in range(ROUNDS + len(first) // MOST_AT_ONCE):
        if not live:
            break
        gone, live = _ended(api, live[:MOST_AT_ONCE], account)
        ended += gone
    if live:
        raise Refused(
            f"{account.label} still has {len(live)} sessions in Salesforce after all were ended.",
            hint="Freeze the user first, so that no new session opens; then resume the run.",
        )
    body = {"before": len(first), "after": 0, "types": sorted({str(row.get("SessionType")) for row in first})}
    evidence = Evidence(
        kind="salesforce.AuthSession",
        proof=Proof.PROVEN,
        how="AuthSession listed after the last deletion",
        observed_at=api.context.now(),
        body=body,
    )
    return Outcome(changed=ended > 0, evidence=(evidence,), residual=(JWT_TOKENS, OPEN_PAGES))


def tokens(api: Api, account: Account) -> Outcome:
    """Revoke every refresh token with what is attached to it. The tokens themselves are never kept."""
    api.refuse_ourselves(account)
    rows = _tokens(api, account)
    revoked = sum(api.revoke(str(row["DeleteToken"]), f"revoking tokens of {account.label}") for row in rows)
    left = _tokens(api, account) if rows else rows
    if left:
        raise Refused(
            f"{account.label} still has {len(left)} OAuth tokens in Salesforce after all were revoked.",
            hint="Freeze the user first, so that no app is authorised anew; then resume the run.",
        )
    evidence = Evidence(
        kind="salesforce.OauthToken",
        proof=Proof.PROVEN,
        how="OauthToken listed after the last revocation",
        observed_at=api.context.now(),
        body={"before": len(rows), "after": 0, "apps": sorted({str(row.get("AppName")) for row in rows})},
    )
    return Outcome(changed=revoked > 0, evidence=(evidence,), residual=(JWT_TOKENS,))


def _sessions(api: Api, account: Account) -> list[Row]:
    asked = _sessions_of(account)
    return list(api.query(asked.text, asked.what))


def _sessions_of(account: Account) -> Asked:
    user_id = soql.literal(soql.id18(account.id))
    text = f"SELECT Id, SessionType, LoginType, ParentId FROM AuthSession WHERE UsersId = {user_id}"
    return Asked(text, f"listing sessions of {account.label}")


def _tokens(api: Api, account: Account) -> list[Row]:
    user_id = soql.literal(soql.id18(account.id))
    text = f"SELECT AppName, DeleteToken, LastUsedDate, UseCount FROM OauthToken WHERE UserId = {user_id}"
    return list(api.query(text, f"listing tokens of {account.label}", right=TOKENS_RIGHT))


def _ended(api: Api, live: list[Row], account: Account) -> tuple[int, list[Row]]:
    """How many of these we ended, and what is live after it: one call. A child goes before us with its parent."""
    what = f"ending a session of {account.label}"
    ends = [Change("AuthSession", str(row["Id"]), None, what) for row in live]
    left = _sessions_of(account)
    *answers, listed = api.batch(*ends, left)
    gone = 0
    for answer, end in zip(answers, ends, strict=True):
        try:
            api.done_in(answer, end)
        except NotFound:
            continue
        gone += 1
    return gone, api.found_in(listed, left).rows
