"""The only door over HTTP: no redirects, proxies, cookies or netrc; bounded in bytes and time."""

import atexit
import json as jsonlib
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from http import HTTPStatus
from typing import Final, NamedTuple, NoReturn, Protocol
from urllib.parse import SplitResult, urlsplit

from connectors.sdk import pacing, urls
from connectors.sdk.answer import TooLongError, UnreadableError, is_refused
from connectors.sdk.context import Call, Context
from connectors.sdk.errors import AuthError, ConfigError, Refused, Unavailable, Unsafe
from connectors.sdk.handshake import NoHandshake, check_authorities, refused
from connectors.sdk.types import Json
from connectors.sdk.wire import Connection, Place, Sent

MEBIBYTE: Final = 1024 * 1024
BYTE_CAP: Final = 64 * MEBIBYTE
SESSIONS_KEPT: Final = 32
_ELSEWHERE: Final = HTTPStatus.MULTIPLE_CHOICES.value
#: Client errors that ask for the same call once more (RFC 9110, 15.5.9; RFC 8470).
_ONCE_MORE: Final = frozenset({HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY})
_ALWAYS: Final = {"User-Agent": "exeunt", "Accept": "application/json", "Accept-Encoding": "gzip"}


_Kind = tuple[str, Place, bool]  # target, where to, only reading

_idle: dict[_Kind, list[Connection]] = {}
_lock = threading.Lock()


class Auth(Protocol):
    """How calls prove who we are."""

    def headers(self) -> Mapping[str, str]:
        """The headers of the next call; fetches a token when there is none."""
        ...

    def refresh(self) -> None:
        """Forget the token: the system said 401 to it. Called at most once for a call."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """An answer. `headers` is read without regard to case; `written` means the call was a write."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)
    target: str = ""
    written: bool = False

    @property
    def retry_after_s(self) -> float | None:
        """How long the system asked us to wait, in seconds; nothing where it did not ask."""
        asked, said_at = self.headers.get("Retry-After"), self.headers.get("Date")
        return None if asked is None else pacing.seconds_asked(asked, said_at=said_at)

    def json(self) -> Json:
        """The body as JSON. Raises `Unavailable` when it is none; the body itself is never quoted."""
        try:
            return _DECODER.decode(self.body.decode(jsonlib.detect_encoding(self.body), "surrogatepass"))
        except (ValueError, RecursionError):
            raise Unavailable(
                f"{self.target or 'The target system'} answered {self.status} with no JSON.",
                hint="A proxy or a login page may stand between us and the system; check the base URL.",
                maybe_applied=self.written,
            ) from None


class Http:
    """Calls to one target system under one base URL.

    Args:
        target: The connector's name, for messages and pacing.
        base_url: `https://…`; plain `http://` only to this machine.
        context: Read-only switch, freshness, idempotency key, deadline, and where calls are recorded.
        auth: Who we are; asked again once after a 401.
        headers: Sent with every call.
        byte_cap: Longest answer taken, unpacked.
        ca_file: Certificates of the authority to trust instead of the machine's and the public ones.
    """

    def __init__(
        self,
        *,
        target: str,
        base_url: str,
        context: Context,
        auth: Auth | None = None,
        headers: Mapping[str, str] | None = None,
        byte_cap: int = BYTE_CAP,
        ca_file: str | None = None,
    ) -> None:
        written = check_authorities(ca_file, whose=f"The ca_file of {target}") if ca_file else 0
        self._base, self._place = _where(base_url, ca_file, written, target=target)
        self._url = self._base.geturl()
        self._origin = f"{self._base.scheme}://{self._base.netloc}"
        self._target = target
        self._context = context
        self._auth = auth
        self._headers = {**_ALWAYS, **(headers or {})}
        self._byte_cap = byte_cap

    def get(self, path: str, **options: Json) -> Response:
        """`GET`; the options are those of `request`."""
        return self.request("GET", path, **options)

    def post(self, path: str, **options: Json) -> Response:
        """`POST`; the options are those of `request`."""
        return self.request("POST", path, **options)

    def patch(self, path: str, **options: Json) -> Response:
        """`PATCH`; the options are those of `request`."""
        return self.request("PATCH", path, **options)

    def put(self, path: str, **options: Json) -> Response:
        """`PUT`; the options are those of `request`."""
        return self.request("PUT", path, **options)

    def delete(self, path: str, **options: Json) -> Response:
        """`DELETE`; the options are those of `request`."""
        return self.request("DELETE", path, **options)

    def request(  # noqa: PLR0913  # one call, named arguments throughout
        self,
        method: str,
        path: str,
        *,
        template: str = "",
        params: Mapping[str, str] | None = None,
        json: Json = None,
        form: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        reading: bool = False,
        byte_cap: int | None = None,
    ) -> Response:
        """Make one call. Statuses other than 3xx, 401, 408, 425, 429 and 5xx are the connector's to judge.

        Args:
            method: An HTTP method in capitals.
            path: Put behind the base URL; or an absolute URL of the same origin, such as a paging link.
            template: Recorded instead of the path: `/sobjects/User/{id}`.
            json: The body; or `form`, never both.
            reading: The call changes nothing although it is no `GET` (a query, a token).
            byte_cap: Longest answer taken, when other than usual.

        Raises:
            Unsafe: The call would write while only reading is allowed, or leave the base URL's origin.
            RateLimited: The system wants us to wait; raised at once, and until then nothing leaves us.
            AuthError: 401, and again after a refresh.
            Refused: A redirect, or a call the system does not know (501).
            Unavailable: No usable answer; `maybe_applied` when a write may have arrived.
            ConfigError: The certificate does not verify.
        """
        body, query = _body_of(json, form), _with_query(path, params)
        ask = self._asked(method, query, template, body, headers=headers, reading=reading, byte_cap=byte_cap)
        response = self._once(ask)
        if response.status == HTTPStatus.UNAUTHORIZED and self._auth is not None:
            self._auth.refresh()
            response = self._once(ask)
        return self._judged(response)

    def _asked(
        self,
        method: str,
        path: str,
        template: str,
        body: "_Body",
        *,
        headers: Mapping[str, str] | None,
        reading: bool,
        byte_cap: int | None,
    ) -> "_Ask":
        writes = method not in {"GET", "HEAD"} and not reading
        if writes and self._context.read_only:
            raise Unsafe(
                f"A write to {self._target} was stopped: only reading is allowed here.",
                hint="Plans, checks and drills never change a target system.",
            )
        url = urls.join(self._base, path, target=self._target)
        return _Ask(
            method=method,
            target=url.removeprefix(self._origin) or "/",
            shown=f"{method} {template or urlsplit(url).path}",
            writes=writes,
            byte_cap=self._byte_cap if byte_cap is None else byte_cap,
            headers={**body.headers, **headers} if headers else body.headers,
            body=body.content,
        )

    def _once(self, ask: "_Ask") -> Response:
        """Make a call over a connection that is lent to this thread; one that failed half way has hung up by itself.

        Connections that may write and connections that only read are kept apart: no proof travels over one
        that has carried a write.
        """
        pacing.wait_for_nothing(self._target, self._url)
        headers = self._headers_of(ask)
        if ask.writes:
            self._context.check_still_ours()
        key = (self._target, self._place, self._context.read_only)
        keeps = self._context.read_only or not self._context.fresh
        connection = (_borrowed(key) if keeps else None) or Connection(self._place)
        response, started = None, time.monotonic()
        try:
            response = self._exchange(connection, ask, headers)
        except (OSError, ValueError, UnreadableError, TooLongError) as error:
            self._fail(error, sent=connection.sent, writes=ask.writes)
        finally:
            ms = (time.monotonic() - started) * 1000
            status = None if response is None else response.status
            may = ask.writes and connection.sent and not is_refused(status)
            at, answered = self._context.now(), str(status or "no answer")
            call = Call(at=at, asked=ask.shown, answered=answered, ms=ms, may_have_changed=may)
            self._context.calls.append(call)
            if response is None or not (keeps and _given_back(key, connection)):
                connection.close()
        return response

    def _exchange(self, connection: Connection, ask: "_Ask", headers: Mapping[str, str]) -> Response:
        answer = connection.exchange(
            Sent(ask.method, ask.target, headers, ask.body),
            seconds=self._context.deadline_s,
            byte_cap=ask.byte_cap,
        )
        return Response(
            status=answer.status,
            headers=answer.headers,
            body=answer.body,
            target=self._target,
            written=ask.writes,
        )

    def _headers_of(self, ask: "_Ask") -> dict[str, str]:
        headers = dict(self._headers)
        if self._auth is not None:
            headers.update(self._auth.headers())
        if ask.writes and self._context.idempotency_key:
            headers["Idempotency-Key"] = self._context.idempotency_key
        headers.update(ask.headers)
        return headers

    def _judged(self, response: Response) -> Response:
        if response.status < _ELSEWHERE:
            return response
        if response.status == HTTPStatus.UNAUTHORIZED:
            raise AuthError(
                f"{self._target} refused our credentials.",
                hint=f"Check the secrets under connectors.{self._target}; rotate them if they are old.",
            )
        if response.status == HTTPStatus.TOO_MANY_REQUESTS:
            asked = response.retry_after_s
            raise pacing.limited(
                self._target, self._url, seconds=pacing.DEFAULT_S if asked is None else asked
            )
        if HTTPStatus.MULTIPLE_CHOICES <= response.status < HTTPStatus.BAD_REQUEST:
            raise Refused(
                f"{self._target} sent us elsewhere ({response.status}), and we did not follow.",
                hint="Set the base URL to where the system really is.",
            )
        if response.status == HTTPStatus.NOT_IMPLEMENTED:  # the one 5xx that no waiting mends
            raise Refused(
                f"{self._target} does not know this call ({response.status}).",
                hint="Check the base URL and the version of its API; nothing was changed.",
            )
        if response.status >= HTTPStatus.INTERNAL_SERVER_ERROR or response.status in _ONCE_MORE:
            raise self._unavailable(response)
        return response

    def _unavailable(self, response: Response) -> Unavailable:
        """The system is not there now. One that says until when is left alone until then by the whole process."""
        seconds = response.retry_after_s
        if seconds is not None:
            pacing.close(self._target, self._url, seconds=seconds)
        return Unavailable(
            f"{self._target} answered {response.status}.",
            hint="The step is retried; if it keeps failing, look at the system's status page.",
            maybe_applied=response.written,
            retry_after_s=seconds,
        )

    def _fail(self, error: Exception, *, sent: bool, writes: bool) -> NoReturn:
        # never chained: a message from below may hold an address or a header's value
        if isinstance(error, NoHandshake):
            raise refused(error.why, whose=self._target, where=self._place.where) from None
        if isinstance(error, ValueError):  # what no header and no address can be
            raise ConfigError(
                f"A call to {self._target} could not be written ({type(error).__name__}).",
                hint="Look for line breaks and letters beyond Latin in its URL, keys and tokens.",
            ) from None
        if isinstance(error, TooLongError):
            raise Unavailable(
                f"{self._target} answered with more than we read at once.",
                hint="Ask for a shorter span, or raise the connector's byte cap.",
                maybe_applied=writes and sent,
            ) from None
        what = "gave no whole answer" if sent else "could not be reached"
        raise Unavailable(
            f"{self._target} {what} in {self._context.deadline_s:g} s ({type(error).__name__}).",
            hint="The step is retried; if it keeps failing, check the network and the base URL.",
            maybe_applied=writes and sent,
        ) from None


class _Ask(NamedTuple):
    method: str
    target: str
    shown: str
    writes: bool
    byte_cap: int
    headers: Mapping[str, str]
    body: bytes | None

    def __repr__(self) -> str:
        return f"<{self.shown}>"


class _Body(NamedTuple):
    """A request's body, and the headers that say what it is."""

    content: bytes | None
    headers: Mapping[str, str]


@lru_cache(maxsize=64)
def _where(base_url: str, ca_file: str | None, written: int, *, target: str) -> tuple[SplitResult, Place]:
    """Where a base URL leads. Raises `ConfigError` where our credentials must not travel."""
    base = urls.split(base_url, schemes=("https", "http"), target=target)
    if base.scheme == "http" and not urls.is_loopback(base.hostname or ""):
        raise ConfigError(
            f"The URL of {target} begins with http://, so our credentials would travel in the clear.",
            hint="Write https:// instead.",
        )
    return base, Place(*urls.origin(base), ca_file=ca_file, ca_written=written)


@atexit.register
def close_sessions() -> None:
    """Close every kept connection, at the end of the process or before."""
    with _lock:
        connections = [connection for kept in _idle.values() for connection in kept]
        _idle.clear()
    for connection in connections:
        connection.close()


def _borrowed(key: _Kind) -> Connection | None:
    with _lock:
        kept = _idle.get(key)
        return kept.pop() if kept else None


def _given_back(key: _Kind, connection: Connection) -> bool:
    with _lock:
        kept = _idle.setdefault(key, [])
        if len(kept) >= SESSIONS_KEPT:
            return False
        kept.append(connection)
        return True


def _with_query(path: str, params: Mapping[str, str] | None) -> str:
    """A path with its query."""
    if not params:
        return path
    return f"{path}{'&' if '?' in path else '?'}{urls.query(params)}"


def _body_of(json: Json, form: Mapping[str, str] | None) -> _Body:
    """A body as JSON or as a form. Raises `ValueError` for what JSON cannot say."""
    if form is not None:
        content = urls.query(form).encode("ascii")
        return _Body(content, {"Content-Type": "application/x-www-form-urlencoded"})
    if json is not None:
        return _Body(_ENCODER.encode(json).encode(), {"Content-Type": "application/json"})
    return _Body(None, {})


def _no_constant(_: str) -> NoReturn:
    raise ValueError("no number")


_ENCODER: Final = jsonlib.JSONEncoder(allow_nan=False)
_DECODER: Final = jsonlib.JSONDecoder(parse_constant=_no_constant)
