"""Signing in: JWT bearer or client credentials, one token per org and client in the whole process.

https://help.salesforce.com/s/articleView?id=xcloud.remoteaccess_oauth_jwt_flow.htm
"""

import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Final
from urllib.parse import urlsplit

import jwt

from connectors.salesforce import soql
from connectors.salesforce.config import LOOPBACK, Config
from connectors.salesforce.errors import refused_sign_in
from connectors.sdk.context import Context, Secret
from connectors.sdk.errors import ConfigError, Unavailable, Unsafe
from connectors.sdk.http import Http, Response
from connectors.sdk.pacing import moment_of
from connectors.sdk.types import Json

TOKEN_PATH: Final = "/services/oauth2/token"  # noqa: S105 - a path, not a secret
ASSERTION_LIVES_S: Final = 120  # Salesforce takes at most three minutes
SKEW_S: Final = 60  # an assertion that is off by less is taken all the same
MOST_SKEW_S: Final = 24 * 3600  # nobody gets one out of us that is good for years by naming a date
_OWN_DOMAINS: Final = (
    ".salesforce.com",
    ".salesforce.mil",
    ".cloudforce.com",
    ".force.com",
    ".sfcrmproducts.cn",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """What a sign-in gave us: the bearer, the instance it is for, and who we are there."""

    bearer: Secret
    instance_url: str
    own_id: str


@dataclass(slots=True)
class _Shelf:
    tokens: dict[tuple[str, str, str], Token] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)


_shelf: Final = _Shelf()


class SignIn:
    """The `Auth` of our `Http`. Signs in when it must, and once more when the session has ended."""

    def __init__(self, config: Config, context: Context) -> None:
        self._config = config
        self._context = context
        self._key = (config.login_url, config.client_id, config.username)
        self._used: Token | None = None

    @property
    def token(self) -> Token:
        """The token in use, from this process's shelf or by signing in."""
        if not _shelf.lock.acquire(timeout=self._context.deadline_s):
            raise Unavailable("Another sign-in to Salesforce takes too long.", hint="The step is retried.")
        try:
            if self._key not in _shelf.tokens:
                _shelf.tokens[self._key] = self._sign_in()
            self._used = _shelf.tokens[self._key]
            return self._used
        finally:
            _shelf.lock.release()

    def headers(self) -> Mapping[str, str]:
        """The header that carries the token."""
        return {"Authorization": f"Bearer {self.token.bearer.reveal()}"}

    def refresh(self) -> None:
        """Forget the token that was refused, unless another thread has already replaced it."""
        with _shelf.lock:
            if _shelf.tokens.get(self._key) is self._used:
                _shelf.tokens.pop(self._key, None)

    def _sign_in(self) -> Token:
        at = time.time()  # real time: the vendor's clock is not ours to turn
        answer = self._asked_for_token(at)
        if answer.status != HTTPStatus.OK and not self._config.client_secret:  # no time stands in a secret
            theirs = moment_of(answer.headers.get("Date"))
            off_s = abs(theirs.timestamp() - at) if theirs else 0.0
            if theirs and SKEW_S < off_s < MOST_SKEW_S:
                answer = self._asked_for_token(theirs.timestamp())  # our clock is set wrong: our key is not
        if answer.status != HTTPStatus.OK:
            raise refused_sign_in(answer)
        return _token(answer.json(), self._config.login_url)

    def _asked_for_token(self, at: float) -> Response:
        known = self._config
        http = Http(
            target="salesforce", base_url=known.login_url, context=self._context, ca_file=known.ca_file
        )
        return http.post(TOKEN_PATH, template=TOKEN_PATH, form=self._grant(at), reading=True)

    def _grant(self, at: float) -> Mapping[str, str]:
        if self._config.client_secret:
            return {
                "grant_type": "client_credentials",
                "client_id": self._config.client_id,
                "client_secret": self._config.client_secret.reveal(),
            }
        return {"grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer", "assertion": self._assertion(at)}

    def _assertion(self, at: float) -> str:
        claims = {
            "iss": self._config.client_id,
            "sub": self._config.username,
            "aud": self._config.login_url,
            "exp": int(at) + ASSERTION_LIVES_S,
        }
        key = self._config.private_key
        try:
            return jwt.encode(claims, key.reveal() if key else "", algorithm="RS256")
        except (ValueError, TypeError, jwt.PyJWTError):
            raise ConfigError(
                "The Salesforce private_key is not an RSA key in PEM form.",
                hint="Point private_key at the key whose certificate the connected app holds.",
            ) from None  # the library's message may quote the key


def _token(body: Json, login_url: str) -> Token:
    match body:
        case {"access_token": str(bearer), "instance_url": str(instance), "id": str(identity)}:
            return Token(
                bearer=Secret(bearer),
                instance_url=_own_instance(instance, login_url),
                own_id=soql.id18(identity.rstrip("/").rpartition("/")[2]),
            )
        case _:
            raise Unavailable("Salesforce's sign-in answered without a token.", hint="The step is retried.")


def _own_instance(instance_url: str, login_url: str) -> str:
    """The instance our token is sent to: of the vendor, or the very host we signed in at."""
    parts, login = urlsplit(instance_url), urlsplit(login_url)
    host = parts.hostname or ""
    local = login.hostname in LOOPBACK and host in LOOPBACK
    ours = parts.scheme == "https" and (host == login.hostname or host.endswith(_OWN_DOMAINS))
    if not (ours or local) or parts.username or parts.path not in {"", "/"} or parts.query:
        raise Unsafe(
            "Salesforce's sign-in pointed us at a host that is not Salesforce's.",
            hint="Check login_url; our token was not sent there.",
        )
    return f"{parts.scheme}://{parts.netloc}"
