"""The only place that makes an LDAP connection: certificates verified, referrals off, no silent failure."""

import math
import re
import socket
import time
from contextlib import ExitStack, suppress
from typing import Any, Final
from urllib.parse import SplitResult

from ldap3 import NONE, SIMPLE, SYNC, Connection, Server, Tls
from ldap3.core.exceptions import (
    LDAPAuthMethodNotSupportedResult,
    LDAPConfidentialityRequiredResult,
    LDAPConnectionIsReadOnlyError,
    LDAPException,
    LDAPInappropriateAuthenticationResult,
    LDAPInsufficientAccessRightsResult,
    LDAPInvalidCredentialsResult,
    LDAPInvalidDNSyntaxResult,
    LDAPNoSuchObjectResult,
    LDAPOperationResult,
    LDAPSessionTerminatedByServerError,
    LDAPSocketReceiveError,
    LDAPStrongerAuthRequiredResult,
    LDAPUnwillingToPerformResult,
)
from ldap3.core.results import (
    RESULT_CODES,
    RESULT_OPERATIONS_ERROR,
    RESULT_OTHER,
    RESULT_REFERRAL,
    RESULT_SIZE_LIMIT_EXCEEDED,
    RESULT_SUCCESS,
    RESULT_TIME_LIMIT_EXCEEDED,
    RESULT_UNAVAILABLE,
)
from ldap3.protocol.sasl.sasl import sasl_prep
from pyasn1.error import PyAsn1Error

from connectors.sdk import ldap_wire as wire
from connectors.sdk import urls
from connectors.sdk.context import Call, Context, Secret
from connectors.sdk.errors import AuthError, ConfigError, ConnectorError, Unavailable
from connectors.sdk.handshake import refused
from connectors.sdk.ldap_channel import StrictTls, Timed

CONNECT_S: Final = 5.0
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f]")

#: Results that ldap3 does not raise even when asked to: a write sent elsewhere, a search cut short.
_SILENT: Final = frozenset({RESULT_REFERRAL, RESULT_SIZE_LIMIT_EXCEEDED, RESULT_TIME_LIMIT_EXCEEDED})
#: What ldap3 raises over bytes that are no LDAP.
_UNREADABLE: Final = (LookupError, ValueError, TypeError, AttributeError, RecursionError, PyAsn1Error)
#: What a bind is refused with that no waiting mends; 53 is what 389 says to a login that was shut.
_OUR_CREDENTIALS: Final = (
    LDAPInvalidCredentialsResult,
    LDAPInappropriateAuthenticationResult,
    LDAPInvalidDNSyntaxResult,
    LDAPAuthMethodNotSupportedResult,
    LDAPInsufficientAccessRightsResult,
    LDAPNoSuchObjectResult,
    LDAPUnwillingToPerformResult,
)
_WANTS_TLS: Final = (LDAPConfidentialityRequiredResult, LDAPStrongerAuthRequiredResult)


#: How a change ended that may have been carried out: well, with no answer, or with what a proxy answers when the
#: server behind it hung up. Every other result says for certain that it was not (RFC 4511, 4.6).
_MAY_HAVE_CHANGED: Final = frozenset(
    {None, RESULT_SUCCESS, RESULT_OPERATIONS_ERROR, RESULT_UNAVAILABLE, RESULT_OTHER}
)

#: What a search found, and how the operation ended.
Exchange = tuple[list[wire.Found], wire.Answer]


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
        self.socket: Any = Timed(opened, self._context.deadline_s)

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
        self.socket = Timed(self.channel, context.deadline_s)

    def is_bound_as(self, bind_dn: str) -> bool:
        """Whether it is still this user's: a bind as somebody else, refused or not, ends that."""
        return bool(self.bound) and self.user == bind_dn

    def bind_anew(self, bind_dn: str, password: Secret) -> None:
        """Begin a new session on an open connection, whoever it belonged to. Raises as `open_connection` does."""
        try:
            raise_unless_well(self.bind_as(bind_dn, password)[1])
        except (LDAPException, OSError) as error:
            raise _translated(error) from None

    def bind_as(self, dn: str, password: Secret, *controls: bytes) -> Exchange:
        """Bind as somebody, us or another. Afterwards the connection is theirs, or nobody's."""
        self.bound = False
        said = self.ask(wire.bind(dn, _as_sent(password)), *controls)
        self.user, self.bound = dn, said[1].code == RESULT_SUCCESS
        return said

    def ask(self, operation: bytes, *controls: bytes) -> Exchange:
        """Send one operation as it stands; what was found, and how it ended, whatever that is.

        Raises `LDAPException` or `OSError` when there is no whole answer, and for a change while only reading is
        allowed.
        """
        kind = operation[0]
        if self.read_only and kind not in {wire.BIND, wire.SEARCH}:
            raise LDAPConnectionIsReadOnlyError("connection is in read-only mode")
        if kind not in {wire.BIND, wire.SEARCH}:
            self._context.check_still_ours()
        answered, code, started = "no answer", None, time.monotonic()
        try:
            found, answer = self._exchanged(operation, controls)
            code = answer.code
            answered = f"{answer.code} {RESULT_CODES.get(answer.code, 'unknown')}"
        except (*_UNREADABLE, OSError):
            self.strategy.close()
            raise LDAPSocketReceiveError("no answer that can be read") from None
        finally:
            changes = kind not in {wire.BIND, wire.SEARCH} and code in _MAY_HAVE_CHANGED
            self._record(wire.NAMES[kind], answered, started, changes=changes)
        return found, answer

    def _exchanged(self, operation: bytes, controls: tuple[bytes, ...]) -> Exchange:
        number: int = self.server.next_message_id()
        self.socket.sendall(wire.message(number, operation, controls))
        last, found = wire.ANSWER_TO[operation[0]], []
        for said in map(wire.parse, self.socket.messages()):
            if said.number == wire.UNASKED:
                raise LDAPSessionTerminatedByServerError("the directory ended the session")
            if said.number != number:
                raise LDAPSocketReceiveError("an answer to something else")
            if said.kind == wire.ENTRY:
                found.append(wire.found_in(said.content))
            elif said.kind == last:
                return found, wire.answer_in(said)
            elif said.kind not in {wire.REFERENCE, wire.INTERMEDIATE}:
                raise LDAPSocketReceiveError("an answer of another kind")
        raise LDAPSessionTerminatedByServerError("the directory ended the session")

    def _record(self, asked: str, answered: str, started: float, *, changes: bool = False) -> None:
        self.whole = self.whole and answered != "no answer"
        ms = (time.monotonic() - started) * 1000
        at = self._context.now()
        call = Call(at=at, asked=asked, answered=answered, ms=ms, may_have_changed=changes)
        self._context.calls.append(call)

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
            self._record(asked, answered, started)
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


def raise_unless_well(answer: wire.Answer) -> None:
    """Raise `LDAPOperationResult` for any end but success: a referral or a list cut short is none."""
    if answer.code != RESULT_SUCCESS:
        raise LDAPOperationResult(result=answer.code, description=RESULT_CODES.get(answer.code), dn=answer.dn)


def _as_sent(password: Secret) -> bytes:
    """A password's bytes; what is beyond plain letters is prepared as RFC 4013 says."""
    told = password.reveal()
    return (told if told.isascii() and told.isprintable() else str(sasl_prep(told))).encode()


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
        ca_file: Certificates of the authority to trust instead of the machine's and the public ones.
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
        if tls.failed:
            host, port = urls.origin(parts)[1:]
            raise refused(tls.failed.why, whose="The directory", where=f"{host}:{port}") from None
        raise _translated(error) from None
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


def _tls(ca_file: str | None) -> StrictTls:
    try:
        return StrictTls(ca_file)
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


def _translated(error: Exception) -> ConnectorError:
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
