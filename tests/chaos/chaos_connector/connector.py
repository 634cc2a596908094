"""A connector that can misbehave in every way we could think of."""

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Self
from urllib.parse import quote

from connectors.sdk.context import Context, Secret
from connectors.sdk.errors import NotFound, RateLimited, Unavailable
from connectors.sdk.http import Http, Response
from connectors.sdk.types import (
    Account,
    AccountState,
    AccountStatus,
    Check,
    Difference,
    Evidence,
    Expectation,
    Health,
    Outcome,
    Person,
    Proof,
    Receipt,
    Since,
    Target,
)

ACCOUNT = "/accounts/{id}"
#: How an account is left that was shut.
SHUT: Mapping[str, Any] = {"active": False, "blocked_by": "exeunt"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Bearer:
    """A token that never changes."""

    token: Secret

    def headers(self) -> Mapping[str, str]:
        return {"Authorization": f"Bearer {self.token.reveal()}"}

    def refresh(self) -> None:
        """There is no other token."""


class ChaosConnector:
    """Does what it should in the mood `well`, and anything but in the others."""

    name = "chaos"

    def __init__(self, http: Http, context: Context, settings: Mapping[str, str | Secret]) -> None:
        self._http = http
        self._context = context
        self._settings = settings

    @classmethod
    def from_settings(cls, settings: Mapping[str, str | Secret], context: Context) -> Self:
        token = settings["token"]
        assert isinstance(token, Secret)
        http = Http(target=cls.name, base_url=str(settings["url"]), context=context, auth=Bearer(token=token))
        return cls(http, context, settings)

    def find_accounts(self, person: Person) -> Iterator[Account]:
        queries = [("email", email) for email in person.emails]
        queries += [("username", username) for username in person.usernames]
        queries += [("employee_no", person.employee_no)] if person.employee_no else []
        seen: set[str] = set()
        for key, value in queries:
            for row in self._rows({key: value}):
                if row["id"] not in seen:
                    seen.add(row["id"])
                    yield self._account(row)

    def list_accounts(self) -> Iterator[Account]:
        for row in self._rows({}):
            yield self._account(row)

    def read(self, account: Account) -> AccountState:
        row = self._row(account)
        row.pop("sessions")
        return AccountState(account=account, read_at=self._context.now(), attributes=row)

    def disable_account(self, account: Account) -> Outcome:
        if early := self._misbehaved():
            return early
        before = self._row(account)
        if not before["active"]:
            return Outcome(changed=False, receipt=Receipt(before={}))
        self._write(account, {"blocked_by": "exeunt"})
        if self._settings["mood"] == "half":
            raise Unavailable("The line went dead half way.", hint="Look first.", maybe_applied=True)
        self._write(account, {"active": False})
        return self._done(_changed_from(before))

    def restore_account(self, account: Account, receipt: Receipt) -> Outcome:
        if early := self._misbehaved():
            return early
        row = self._row(account)
        wanted = {key: value for key, value in receipt.before.items() if row[key] != value}
        if wanted:
            self._write(account, wanted)
        return Outcome(changed=bool(wanted))

    def compare(self, account: Account, receipt: Receipt) -> tuple[Difference, ...]:
        row = self._row(account)
        return tuple(
            Difference(
                what=key,
                before=str(before),
                left=str(SHUT[key]),
                now=str(row[key]),
                since=Since.AS_BEFORE
                if row[key] == before
                else Since.AS_LEFT
                if row[key] == SHUT[key]
                else Since.CHANGED,
            )
            for key, before in receipt.before.items()
        )

    def receipt_of(self, action: str, image: AccountState) -> Receipt:
        return _changed_from(image.attributes) if image.attributes["active"] else Receipt(before={})

    def changed_by_us(self, account: Account, receipt: Receipt) -> bool:
        return bool(self._row(account)["blocked_by"] == "exeunt")

    def revoke_sessions(self, account: Account) -> Outcome:
        if early := self._misbehaved():
            return early
        sessions = self._sessions(account)
        for session in sessions:
            place = f"/accounts/{quote(account.id, safe='')}/sessions/{quote(session, safe='')}"
            self._http.delete(place, template="/accounts/{id}/sessions/{session}")
            if self._settings["mood"] == "half":
                raise Unavailable("The line went dead half way.", hint="Look first.", maybe_applied=True)
        return self._done(None) if sessions else Outcome(changed=False)

    def verify(self, target: Target, expectation: Expectation) -> tuple[Evidence, ...]:
        assert isinstance(target, Account)
        if expectation is Expectation.NO_SESSIONS:
            return (self._evidence("sessions", holds=not self._sessions(target)),)
        place = f"/probe/{quote(target.id, safe='')}"
        opens = self._json(self._http.get(place, template="/probe/{id}"))["opens"]
        match expectation:
            case Expectation.DISABLED:
                return (self._evidence("probe", holds=not opens),)
            case Expectation.RESTORED:
                return (self._evidence("probe", holds=opens),)
            case _:
                return ()

    def check(self) -> Health:
        self._rows({})
        return Health(checks=(Check(name="accounts", ok=True, what="Accounts can be read."),))

    def _misbehaved(self) -> Outcome | None:
        match self._settings["mood"]:
            case "lies":
                return self._done(Receipt(before={"active": True}))
            case "hangs":
                time.sleep(float(str(self._settings["hang_s"])))
            case "limited":
                raise RateLimited("Too many calls.", hint="It goes on by itself.", retry_after_s=1.0)
            case "crashes":
                raise ZeroDivisionError("as connectors may not")
            case "mumbles":
                raise Unavailable(f"It broke with {self._http._auth.headers()}.", hint="Look away.")
            case _:
                pass
        return None

    def _rows(self, query: Mapping[str, str]) -> Iterator[Any]:
        page = self._json(self._http.get("/accounts", template="/accounts", params=query))
        yield from page["rows"]
        while page["next"]:
            page = self._json(self._http.get(page["next"], template="/accounts"))
            yield from page["rows"]

    def _row(self, account: Account) -> Any:
        return self._json(self._http.get(f"/accounts/{quote(account.id, safe='')}", template=ACCOUNT))

    def _sessions(self, account: Account) -> list[str]:
        place = f"/accounts/{quote(account.id, safe='')}/sessions"
        sessions: list[str] = self._json(self._http.get(place, template="/accounts/{id}/sessions"))
        return sessions

    def _write(self, account: Account, change: Mapping[str, Any]) -> None:
        self._http.patch(f"/accounts/{quote(account.id, safe='')}", template=ACCOUNT, json=dict(change))

    def _json(self, response: Response) -> Any:
        if response.status == 404:
            raise NotFound("Chaos has no such account.", hint="Look whether it was deleted.")
        return response.json()

    def _account(self, row: Any) -> Account:
        return Account(
            connector=self.name,
            id=row["id"],
            label=row["email"] or row["id"],
            status=AccountStatus.ACTIVE if row["active"] else AccountStatus.DISABLED,
            identifiers={key: row[key] for key in ("employee_no", "email", "username") if row[key]},
            admin=row.get("admin"),
        )

    def _evidence(self, how: str, *, holds: bool) -> Evidence:
        return Evidence(
            kind=how,
            proof=Proof.PROVEN if holds else Proof.CONTRADICTED,
            how=how,
            observed_at=self._context.now(),
        )

    def _done(self, receipt: Receipt | None) -> Outcome:
        return Outcome(changed=True, receipt=receipt)


def _changed_from(before: Mapping[str, Any]) -> Receipt:
    """What shutting an account changes of it: a mark that is there already is not ours to take away."""
    return Receipt(before={key: before[key] for key, left in SHUT.items() if before[key] != left})
