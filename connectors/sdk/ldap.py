"""The only place that makes an LDAP connection: certificates verified, referrals off, no silent failure."""

import math
import re
import socket
import ssl
import time
from contextlib import ExitStack, suppress
from functools import lru_cache
from pathlib import Path
from typing import Any, Final
from urllib.parse import SplitResult

from ldap3 import NONE, SIMPLE, SYNC, Connection, Server, Tls
from ldap3.core.exceptions import (
    LDAPConfidentialityRequiredResult,
    LDAPException,
    LDAPInappropriateAuthenticationResult,
    LDAPInvalidCredentialsResult,
    LDAPInvalidDNSyntaxResult,
    LDAPOperationResult,
    LDAPSocketReceiveError,
    LDAPStrongerAuthRequiredResult,
)
from ldap3.core.results import RESULT_REFERRAL, RESULT_SIZE_LIMIT_EXCEEDED, RESULT_TIME_LIMIT_EXCEEDED
from pyasn1.error import PyAsn1Error

from connectors.sdk import urls
from connectors.sdk.context import Call, Context, Secret
from connectors.sdk.errors import AuthError, ConfigError, ConnectorError, Unavailable

CONNECT_S: Final = 5.0
BYTE_CAP: Final = 64 * 1024 * 1024
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f]")

#: Results that ldap3 does not raise even when asked to: a write sent elsewhere, a search cut short.
_SILENT: Final = frozenset({RESULT_REFERRAL, RESULT_SIZE_LIMIT_EXCEEDED, RESULT_TIME_LIMIT_EXCEEDED})
#: What ldap3 raises over bytes that are no LDAP.
_UNREADABLE: Final = (LookupError, ValueError, TypeError, AttributeError, RecursionError, PyAsn1Error)
_OUR_CREDENTIALS: Final = (
    LDAPInvalidCredentialsResult,
    LDAPInappropriateAuthenticationResult,
    LDAPInvalidDNSyntaxResult,
)
_WANTS_TLS: Final = (LDAPConfidentialityRequiredResult, LDAPStrongerAuthRequiredResult)


class _Timed:
    """A socket under one deadline for each operation: a server that drips bytes is left, not waited for."""

    def __init__(self, inner: socket.socket, seconds: float) -> None:
        self.inner = inner
        self._seconds = seconds
        self._until = time.monotonic() + seconds
        self._left = BYTE_CAP

    def sendall(self, data: bytes) -> None:
        """A request begins."""
        self._until = time.monotonic() + self._seconds
        self._left = BYTE_CAP
        self.inner.settimeout(self._seconds)
        self.inner.sendall(data)

    def recv(self, size: int) -> bytes:
        """Part of its answer."""
        seconds = self._until - time.monotonic()
        if seconds <= 0 or self._left <= 0:
            raise TimeoutError("the answer is too late or too long")
        self.inner.settimeout(seconds)
        data = self.inner.recv(size)
        self._left -= len(data)
        return data

    def shutdown(self, how: int) -> None:
        """As the socket does."""
        self.inner.shutdown(how)

    def close(self) -> None:
        """As the socket does."""
        self.inner.close()


@lru_cache(maxsize=8)
def _trusting(ca_file: str | None, _changed: int) -> ssl.SSLContext:
    """Made once: reading the machine's authorities takes 20 ms of CPU, and a leaver ten connections."""
    context = ssl.create_default_context(cafile=ca_file)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


class _StrictTls(Tls):  # type: ignore[misc]  # ldap3 has no types
    """TLS as Python itself checks it: chain, dates, and the host's name or address."""

    def __init__(self, ca_file: str | None) -> None:
        super().__init__(
            validate=ssl.CERT_REQUIRED, version=ssl.PROTOCOL_TLS_CLIENT, ca_certs_file=ca_file or None
        )
        self.refused = False
        self._checks = _trusting(ca_file, Path(ca_file).stat().st_mtime_ns) if ca_file else _trusting(None, 0)

    def wrap_socket(self, connection: Connection, do_handshake: bool = False) -> None:  # noqa: ARG002  # ldap3's signature
        """Shake hands, always, before anything is said."""
        plain = connection.socket.inner if isinstance(connection.socket, _Timed) else connection.socket
        # Without this the server's late ACK costs 40 ms a bind, seen with slapd.
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            connection.socket = self._checks.wrap_socket(plain, server_hostname=connection.server.host)
        except ssl.SSLCertVerificationError:
            self.refused = True
            raise


class KeptConnection(Connection):  # type: ignore[misc]  # ldap3 has no types
    """Records every operation and raises the results that ldap3 lets pass."""

    def __init__(self, *args: Any, context: Context, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._context = context
        self.whole = True
        self._unchecked = self.strategy.get_response
        self.strategy.get_response = self._checked
        self._open_unchecked = self.strategy._open_socket  # noqa: SLF001  # ldap3 offers no other way
        self.strategy._open_socket = self._opened  # noqa: SLF001  # the same

    def __exit__(self, *_: object) -> None:
        self.leave()  # ldap3 leaves a connection open that was bound before the `with`

    def _opened(self, *args: Any, **kwargs: Any) -> None:
        with ExitStack() as failed:
            failed.callback(self._drop)  # ldap3 forgets the socket of an address that does not answer
            self._open_unchecked(*args, **kwargs)
            failed.pop_all()

    def _drop(self) -> None:
        opened: socket.socket | None = self.socket
        if opened is not None:
            opened.close()

    def __repr__(self) -> str:
        return f"<connection to {self.server.host}>"  # ldap3's own shows how long the password is

    __str__ = __repr__

    def bound_in_time(self) -> None:
        """From now on each operation has one deadline."""
        opened: socket.socket = self.socket
        self.socket: Any = _Timed(opened, self._context.deadline_s)

    @property
    def channel(self) -> socket.socket:
        """The socket beneath the deadline."""
        opened: socket.socket = self.socket.inner
        return opened

    def lend_to(self, context: Context) -> None:
        """From now on it works under other circumstances: another record of calls, another deadline."""
        self._context = context
        self.read_only = context.read_only
        self.receive_timeout = math.ceil(context.deadline_s)
        self.socket = _Timed(self.channel, context.deadline_s)

    def is_bound_as(self, bind_dn: str) -> bool:
        """Whether it is still this user's: a bind as somebody else, refused or not, ends that."""
        return bool(self.bound) and self.user == bind_dn

    def bind_anew(self, bind_dn: str, password: Secret) -> None:
        """Begin a new session on an open connection, whoever it belonged to. Raises as `open_connection` does."""
        try:
            self.rebind(
                user=bind_dn, password=password.reveal(), authentication=SIMPLE, read_server_info=False
            )
        except (LDAPException, OSError, *_UNREADABLE) as error:
            raise _translated(error, certificate_refused=False) from None

    def leave(self) -> None:
        """Say goodbye and close; what goes wrong in doing so harms nobody."""
        with suppress(LDAPException, OSError):
            self.unbind()
        self.strategy.close()

    def _checked(self, message_id: int, timeout: float | None = None, get_request: bool = False) -> Any:
        request = self.strategy._outstanding.get(message_id) or {}  # noqa: SLF001  # ldap3 offers no other way
        asked = str(request.get("type", "request")).removesuffix("Request")
        answered, started = "no answer", time.monotonic()
        try:
            answer = self._unchecked(message_id, timeout, get_request)
            answered = f"{answer[1]['result']} {answer[1]['description']}"
        except LDAPOperationResult as error:
            answered = f"{error.result} {error.description}"
            raise
        except _UNREADABLE:
            self.strategy.close()
            raise LDAPSocketReceiveError("an answer that cannot be read") from None
        finally:
            self.whole = self.whole and answered != "no answer"
            ms = (time.monotonic() - started) * 1000
            self._context.calls.append(Call(at=self._context.now(), asked=asked, answered=answered, ms=ms))
        result = answer[1]
        if result["result"] in _SILENT:
            self.result = result
            raise LDAPOperationResult(
                result=result["result"],
                description=result["description"],
                dn=result["dn"],
                message="",
                response_type=result["type"],
            )
        return answer


def open_connection(
    *,
    url: str,
    bind_dn: str,
    password: Secret,
    context: Context,
    ca_file: str | None = None,
    start_tls: bool = False,
    allow_plain_loopback: bool = False,
) -> KeptConnection:
    """Open and bind. The caller unbinds it, best by `with`; `ldap_pool.lent` keeps it instead.

    Args:
        url: `ldaps://host[:port]`; `ldap://` only with `start_tls`, or on this machine when allowed.
        bind_dn: Who binds.
        password: Never empty: a directory takes an empty one for nobody and says success.
        context: `read_only` makes ldap3 refuse writes; `deadline_s` bounds connecting and each answer.
        ca_file: Certificates of the authority to trust instead of the machine's.
        start_tls: Encrypt a plain connection before the bind; never go on without.
        allow_plain_loopback: Accept `ldap://` on this machine, for a directory started there.

    Raises:
        ConfigError: The URL, the name or the certificate cannot be right.
        AuthError: The directory refused our credentials.
        Unavailable: The directory does not answer.
    """
    parts = urls.split(url, schemes=("ldaps", "ldap"), target="ldap")
    _refuse_what_cannot_be_right(parts, bind_dn=bind_dn, password=password)
    if parts.scheme != "ldaps" and not start_tls:
        _refuse_the_clear(parts, loopback=allow_plain_loopback)
    tls = _tls(ca_file)
    try:
        connection = _unbound(parts, tls, bind_dn=bind_dn, password=password, context=context)
        _bind(connection, start_tls=start_tls and parts.scheme != "ldaps")
    except (LDAPException, OSError, *_UNREADABLE) as error:
        raise _translated(error, certificate_refused=tls.refused) from None
    return connection


def _bind(connection: KeptConnection, *, start_tls: bool) -> None:
    """Open, encrypt and bind; what fails half way leaves no socket behind."""
    with ExitStack() as failed:
        failed.callback(connection.strategy.close)
        connection.open(read_server_info=False)
        connection.bound_in_time()
        if start_tls:
            connection.start_tls(read_server_info=False)
            connection.bound_in_time()
        connection.bind(read_server_info=False)
        failed.pop_all()


def _tls(ca_file: str | None) -> _StrictTls:
    try:
        return _StrictTls(ca_file)
    except (OSError, LDAPException):
        raise ConfigError(
            "The directory's ca_file cannot be read as certificates.",
            hint="Name a PEM file that we may read.",
        ) from None


def _unbound(
    parts: SplitResult, tls: Tls, *, bind_dn: str, password: Secret, context: Context
) -> KeptConnection:
    host, port = urls.origin(parts)[1:]
    server = Server(
        host,
        port=port,
        use_ssl=parts.scheme == "ldaps",
        tls=tls,
        get_info=NONE,
        connect_timeout=min(CONNECT_S, context.deadline_s),
    )
    return KeptConnection(
        server,
        user=bind_dn,
        password=password.reveal(),
        authentication=SIMPLE,
        client_strategy=SYNC,
        auto_bind=False,
        auto_referrals=False,
        raise_exceptions=True,
        read_only=context.read_only,
        receive_timeout=math.ceil(context.deadline_s),
        context=context,
    )


def _refuse_what_cannot_be_right(parts: SplitResult, *, bind_dn: str, password: Secret) -> None:
    if parts.path.strip("/") or parts.query:
        raise ConfigError(
            "The directory's URL has something behind the host.",
            hint="Write ldaps://host:port and nothing more.",
        )
    if not bind_dn or _CONTROL.search(bind_dn):
        raise ConfigError(
            "The directory's bind name is empty or holds control characters.", hint="Write it as one line."
        )
    if not password.reveal():
        raise ConfigError(
            "The directory's password is empty.", hint="An empty password binds as nobody and proves nothing."
        )


def _refuse_the_clear(parts: SplitResult, *, loopback: bool) -> None:
    if not (loopback and urls.is_loopback(parts.hostname or "")):
        raise ConfigError(
            "The directory's URL begins with ldap://, so our password would travel in the clear.",
            hint="Write ldaps://, or switch StartTLS on.",
        )


def _translated(error: Exception, *, certificate_refused: bool) -> ConnectorError:
    if certificate_refused:
        return ConfigError(
            "The directory's certificate does not verify.",
            hint="Check the host in the URL; for a private authority name its certificates in ca_file.",
        )
    if isinstance(error, _OUR_CREDENTIALS):
        return AuthError(
            "The directory refused the service account.", hint="Check its bind name and password."
        )
    if isinstance(error, _WANTS_TLS):
        return ConfigError("The directory wants an encrypted connection.", hint="Write ldaps:// in its URL.")
    return Unavailable(
        f"The directory could not be reached ({type(error).__name__}).",
        hint="The step is retried; if it keeps failing, check the host, the port and the network.",
    )
