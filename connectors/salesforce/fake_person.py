"""What a person of the made-up org does over HTTP, with the standard library: signs in, exports a report."""

import json
import urllib.error
import urllib.request
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode

_DIRECT: Final = urllib.request.build_opener(urllib.request.ProxyHandler({}))
WAIT_S: Final = 30.0


class SessionEndedError(Exception):
    """The session opens nothing any more, or not this."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    """A session, or the error code of the refusal."""

    session: str = ""
    refused: str = ""

    def __bool__(self) -> bool:
        return bool(self.session)


def try_login(url: str, username: str, password: str, *, ip: str) -> Login:
    """The OAuth username-password flow."""
    form = {"grant_type": "password", "client_id": "browser", "username": username, "password": password}
    request = urllib.request.Request(  # noqa: S310  # the fake's own address
        f"{url}/services/oauth2/token", data=urlencode(form).encode(), headers={"X-Forwarded-For": ip}
    )
    try:
        with _DIRECT.open(request, timeout=WAIT_S) as answer:
            return Login(session=json.load(answer)["access_token"])
    except urllib.error.HTTPError as error:
        with error:
            return Login(refused=json.load(error)["error"])


def export_report(url: str, session: str, rows: int, *, report: str, report_id: str) -> int:
    """Fetch the CSV as a browser does, by cookie; the rows received."""
    query = urlencode({"export": "1", "enc": "UTF-8", "xf": "csv", "rows": rows, "name": report})
    body = _get(f"{url}/{report_id[:15]}?{query}", {"Cookie": f"sid={session}"})
    return body.count(b"\n") - 1


def session_works(url: str, session: str) -> bool:
    """Ask for something harmless."""
    try:
        _get(f"{url}/services/data/v64.0/limits", {"Authorization": f"Bearer {session}"})
    except SessionEndedError:
        return False
    return True


def _get(url: str, headers: dict[str, str]) -> bytes:
    request = urllib.request.Request(url, headers=headers)  # noqa: S310  # the fake's own address
    try:
        with _DIRECT.open(request, timeout=WAIT_S) as answer:
            body: bytes = answer.read()
            return body
    except urllib.error.HTTPError as error:
        with error:
            raise SessionEndedError(f"{error.code}") from None
