"""Sign in to Microsoft Entra as an application and keep the token."""

import base64
import binascii
import hashlib
import json
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Final, Self

from connectors.sdk.context import Secret
from connectors.sdk.errors import AuthError, ConnectorError, Unavailable
from connectors.sdk.http import Http, Response
from connectors.sdk.types import Json

#: A token is renewed this long before it ends, so that it does not end on the way.
MARGIN_S: Final = 120.0
#: A token older than this may have been made before a permission was granted.
OLD_S: Final = 60.0

# https://learn.microsoft.com/entra/identity-platform/reference-error-codes
#: Words of `error` that refuse us as we are: only a person mends them. Any other, or none, may pass by itself.
REFUSALS: Final = frozenset(
    {
        "access_denied",
        "consent_required",
        "interaction_required",
        "invalid_client",
        "invalid_grant",
        "invalid_request",
        "invalid_resource",
        "invalid_scope",
        "invalid_tenant",
        "unauthorized_client",
        "unsupported_grant_type",
    }
)
#: Codes that pass by themselves, whichever word of `error` stands above them: a server behind Entra is not there
#: (90006, 90033, 90090, 90091), took too long (90012), or has too much to do (90024, 90055).
PASSING: Final = frozenset({90006, 90012, 90024, 90033, 90055, 90090, 90091})
#: Entra turns an application away that asked for a token too often. Whoever goes on asking stays out, so nobody of
#: this process asks before a pause is over, which doubles; after a while it is a person's.
TURNED_AWAY: Final = 50196
FIRST_PAUSE_S: Final = 120.0
LONGEST_PAUSE_S: Final = 900.0
GIVEN_UP_S: Final = 900.0
#: Entra answers 400 to these; a wrong or expired secret is a 401.
HINTS: Final = {
    700016: "The tenant does not know client_id: check client_id and tenant_id.",
    90002: "The tenant does not exist: check tenant_id.",
    900023: "tenant_id is no tenant: use the directory (tenant) id.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Away:
    """Entra turned us away: since when, until when nobody asks again, and how long that was to wait."""

    since: float
    until: float
    pause_s: float

    @classmethod
    def once_more(cls, before: "_Away | None", asked_s: float | None) -> Self:
        """Turned away now; each time in a row the pause is longer."""
        now = time.monotonic()
        if before is not None and now - before.until > LONGEST_PAUSE_S:
            before = None  # nobody asked for so long that this is another time
        pause_s = max(asked_s or 0.0, min(before.pause_s * 2, LONGEST_PAUSE_S) if before else FIRST_PAUSE_S)
        return cls(since=before.since if before else now, until=now + pause_s, pause_s=pause_s)

    def told(self) -> ConnectorError:
        """To the one that asked in vain, and to everybody who would ask too early."""
        now = time.monotonic()
        if now - self.since >= GIVEN_UP_S:
            return AuthError(
                "Microsoft Entra keeps turning our application away because it asked for tokens too often.",
                hint="Look in Entra's sign-in logs for what else signs in with this client_id, and stop it. "
                "We ask again by ourselves, rarely.",
            )
        return Unavailable(
            "Microsoft Entra turned our application away because it asked for tokens too often.",
            hint="Nobody asks again until the pause is over. Does something else sign in with this client_id?",
            retry_after_s=max(0.0, self.until - now),
        )


@dataclass(slots=True)
class _Kept:
    """The one token of an application in this process. Real time, as a turned clock ends no token."""

    token: str = ""
    since: float = 0.0
    until: float = 0.0
    away: _Away | None = None
    lock: threading.Lock = field(default_factory=threading.Lock)


_KEPT: Final[dict[str, _Kept]] = {}
_KEPT_LOCK: Final = threading.Lock()


class ClientCredentials:
    """OAuth 2.0 client credentials. The token is shared by all connectors of the process with these settings.

    https://learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow
    """

    def __init__(
        self,
        http: Http,
        *,
        authority: str,
        tenant_id: str,
        client_id: str,
        client_secret: Secret,
        scope: str,
    ) -> None:
        self._http = http
        self._path = f"/{tenant_id}/oauth2/v2.0/token"
        self._client_id = client_id
        self._secret = client_secret
        self._scope = scope
        identity = f"{authority}{self._path}\n{client_id}\n{client_secret.reveal()}\n{scope}"
        key = hashlib.sha256(identity.encode()).hexdigest()
        with _KEPT_LOCK:
            self._kept = _KEPT.setdefault(key, _Kept())
        self._used = ""

    def headers(self) -> Mapping[str, str]:
        """The header that carries the token; signs in first when there is none that lasts."""
        self._used = self._token()
        return {"Authorization": f"Bearer {self._used}"}

    def refresh(self) -> None:
        """Give up the refused token, unless another thread has already replaced it."""
        with self._kept.lock:
            if self._kept.token == self._used:
                self._kept.until = 0.0

    def right_refused(self) -> None:
        """A token names the permissions of the moment it was made: whoever grants one must not wait for its end."""
        with self._kept.lock:
            if time.monotonic() - self._kept.since > OLD_S:
                self._kept.until = 0.0

    def roles(self) -> frozenset[str] | None:
        """The application permissions in the token, or None when the token does not show them."""
        return _roles(self._token())

    def _token(self) -> str:
        with self._kept.lock:
            if time.monotonic() >= self._kept.until:
                self._sign_in()
            return self._kept.token

    def _sign_in(self) -> None:
        away = self._kept.away
        if away is not None and time.monotonic() < away.until:
            raise away.told()
        answer = self._ask()
        body = answer.json()
        token = body.get("access_token") if isinstance(body, dict) else None
        if answer.status != HTTPStatus.OK or not isinstance(token, str):
            if TURNED_AWAY in _error_of(body)[1]:
                self._kept.away = away = _Away.once_more(away, answer.retry_after_s)
                raise away.told()
            raise _no_token(answer, body)
        self._kept.away = None
        self._kept.token, self._kept.since = token, time.monotonic()
        self._kept.until = time.monotonic() + max(0.0, _seconds(body.get("expires_in")) - MARGIN_S)

    def _ask(self) -> Response:
        try:
            return self._http.post(
                self._path,
                template="/{tenant}/oauth2/v2.0/token",
                form={
                    "grant_type": "client_credentials",
                    "client_id": self._client_id,
                    "client_secret": self._secret.reveal(),
                    "scope": self._scope,
                },
                reading=True,
            )
        except AuthError:
            raise _not_signed_in(
                "The client secret is wrong or has expired: make one under Certificates & secrets, and set "
                "its value, not its id, as client_secret."
            ) from None


def _no_token(answer: Response, body: Json) -> ConnectorError:
    """Whether Entra refused us, or only cannot sign anybody in just now."""
    word, codes = _error_of(body)
    if word in REFUSALS and not codes & PASSING:
        known = [hint for code, hint in HINTS.items() if code in codes]
        return _not_signed_in(known[0] if known else "Check tenant_id, client_id and client_secret.")
    return Unavailable(
        f"Microsoft Entra cannot sign our application in just now ({answer.status}).",
        hint="The step is retried; if it keeps failing, look at Microsoft's status page, and check authority.",
        retry_after_s=answer.retry_after_s,
    )


def _error_of(body: Json) -> tuple[str, frozenset[int]]:
    """The word and the AADSTS codes of a refusal. What Entra says beside them is never read."""
    if not isinstance(body, dict):
        return "", frozenset()
    word, codes = body.get("error"), body.get("error_codes")
    numbers = codes if isinstance(codes, list) else []
    return word if isinstance(word, str) else "", frozenset(n for n in numbers if isinstance(n, int))


def _not_signed_in(hint: str) -> AuthError:
    return AuthError("Microsoft Entra did not sign our application in.", hint=hint)


def _seconds(value: Json) -> float:
    return float(value) if isinstance(value, int) else 0.0


def _roles(token: str) -> frozenset[str] | None:
    # The token is our own and only its list of permissions is read, so its signature proves nothing here.
    try:
        payload = token.split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        return frozenset(map(str, claims.get("roles", ())))
    except (IndexError, ValueError, AttributeError, TypeError, binascii.Error):
        return None
