"""The fake's doors: the token endpoint in three flows, revocation, and whose session a call carries."""

import re
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from connectors.salesforce import fake_org
from connectors.salesforce.fake_shelf import Shelf
from connectors.sdk.fakes.server import FakeAnswer, FakeRequest, HttpFake

LONGEST_ASSERTION_S = 180 + 30  # three minutes and some drift


class SignInFake(HttpFake):
    """An org one can sign in to."""

    def __init__(
        self, state_file: Path | None = None, port: int = 0, now: Callable[[], datetime] | None = None
    ) -> None:
        super().__init__(state_file, port, now)
        self.shelf = Shelf(state_file, self.state["org_id"])
        self.no_tokens: list[
            tuple[int, str, dict[str, str]]
        ] = []  # the next sign-ins: status, error, headers
        if not self.state["private_key"]:
            self.state["private_key"], self.state["public_key"] = _key_pair()

    def initial_state(self) -> dict[str, Any]:
        """An org with nobody in it."""
        return fake_org.empty()

    def _token(self, request: FakeRequest) -> FakeAnswer:
        form = request.form()
        if self.no_tokens:
            status, code, headers = self.no_tokens.pop(0)
            return replace(oauth_error(code), status=status, headers=headers)
        match form.get("grant_type"):
            case "urn:ietf:params:oauth:grant-type:jwt-bearer":
                username = self._bearer_of(form.get("assertion", ""))
            case "client_credentials":
                wanted = (self.state["client_id"], self.state["client_secret"])
                right = (form.get("client_id"), form.get("client_secret")) == wanted and wanted[1]
                username = fake_org.OUR_USERNAME if right else None
            case "password":
                return self._person_login(form, request)
            case _:
                return oauth_error("unsupported_grant_type")
        user = self._by_username(username)
        if user is None or self._shut(user["Id"]):
            return oauth_error("invalid_grant")
        return self._session_for(user, kind="API", ip="203.0.113.9")

    def _bearer_of(self, assertion: str) -> str | None:
        """The user a JWT speaks for, when it is signed by the key of the connected app and not too old."""
        try:
            claims = jwt.decode(
                assertion,
                self.state["public_key"],
                algorithms=["RS256"],
                audience=self.url,
                issuer=self.state["client_id"],
                options={"require": ["exp", "sub"]},
            )
        except jwt.PyJWTError:
            return None
        return str(claims["sub"]) if claims["exp"] <= time.time() + LONGEST_ASSERTION_S else None

    def _person_login(self, form: Mapping[str, str], request: FakeRequest) -> FakeAnswer:
        user = self._by_username(form.get("username"))
        if user is None:
            return oauth_error("invalid_grant")
        right = self.state["passwords"][user["Id"]] == fake_org.hashed(form.get("password", ""))
        status = self._shut(user["Id"]) or ("LOGIN_NO_ERROR" if right else "LOGIN_ERROR_INVALID_PASSWORD")
        ip = request.headers.get("X-Forwarded-For", "198.51.100.7")
        self.shelf.add({"ts": self.now(), "kind": "login", "status": status, "ip": ip}, user)
        if status != "LOGIN_NO_ERROR":
            return oauth_error("invalid_grant")
        return self._session_for(user, kind="UI", ip=ip)

    def _session_for(self, user: Mapping[str, Any], *, kind: str, ip: str) -> FakeAnswer:
        token = fake_org.open_session(self.state, user["Id"], kind=kind, ip=ip, now=self.now())
        identity = f"{self.url}/id/{self.state['org_id']}/{user['Id']}"
        return FakeAnswer(
            json={
                "access_token": token,
                "instance_url": self.url,
                "id": identity,
                "token_type": "Bearer",
                "scope": "api",
            }
        )

    def _shut(self, user_id: str) -> str:
        """Why nobody can sign in as this user, or nothing."""
        if not self.state["users"][user_id]["IsActive"]:
            return "LOGIN_ERROR_USER_INACTIVE"
        frozen = any(
            row["UserId"] == user_id and row["IsFrozen"] for row in self.state["user_logins"].values()
        )
        return "LOGIN_ERROR_USER_FROZEN" if frozen else ""

    def _by_username(self, username: str | None) -> dict[str, Any] | None:
        wanted = (username or "").lower()
        users: Iterable[dict[str, Any]] = self.state["users"].values()
        return next((row for row in users if row["Username"].lower() == wanted), None)

    def _revoke(self, request: FakeRequest) -> FakeAnswer:
        token = request.form().get("token")
        for row in self.state["oauth_tokens"]:
            if row["DeleteToken"] == token:
                target = f"{row['UserId']} {row['AppName']}"
                if self.applies("OauthToken.revoke", target=target, request=request):
                    self._drop_tokens(row["UserId"], row["AppName"])
                return FakeAnswer()
        return oauth_error("invalid_token")

    def _drop_tokens(self, user_id: str, app: str) -> None:
        """A refresh token goes with all that is attached to it."""
        kept = [
            row for row in self.state["oauth_tokens"] if (row["UserId"], row["AppName"]) != (user_id, app)
        ]
        self.state["oauth_tokens"] = kept

    def _asker(self, request: FakeRequest) -> str | None:
        """The user of a session. Freezing ends no session; deactivating ends all."""
        cookie = re.search(r"sid=([^;]+)", request.headers.get("Cookie", ""))
        token = cookie[1] if cookie else request.headers.get("Authorization", "").removeprefix("Bearer ")
        session = self.state["sessions"].get(self.state["session_tokens"].get(token))
        user = self.state["users"][session["UsersId"]] if session else None
        return user["Id"] if user and user["IsActive"] else None


@cache
def _key_pair() -> tuple[str, str]:
    """The connected app's key, made once in a process: the org keeps the public half."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    public = key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return private.decode(), public.decode()


def error(status: int, code: str) -> FakeAnswer:
    """An error of the REST API."""
    return FakeAnswer(
        status=status, json=[{"message": "said by the fake, read by nobody", "errorCode": code}]
    )


def oauth_error(code: str) -> FakeAnswer:
    """An error of the OAuth endpoints."""
    return FakeAnswer(
        status=400, json={"error": code, "error_description": "said by the fake, read by nobody"}
    )
