"""How TLS begins, and what is said where it does not: nothing of ours has left then, and nothing goes without it."""

import socket
import ssl
from pathlib import Path
from typing import Final, NamedTuple

from connectors.sdk.errors import ConfigError, ConnectorError, Unavailable
from connectors.sdk.trust import trusting


class NoHandshake(OSError):  # noqa: N818  what happened, not whose fault it is
    """TLS could not be set up. `why` is what stopped it."""

    def __init__(self, why: object) -> None:
        super().__init__(type(why).__name__)
        self.why = why


class _Slip(NamedTuple):
    what: str
    hint: str


_PRIVATE: Final = (
    "For a private authority, or a proxy that opens TLS on the way, name its certificates in ca_file or add them to "
    "the machine's (SSL_CERT_FILE); the server must send those that stand in between."
)
_UNKNOWN: Final = _Slip("of an authority that is not trusted here", _PRIVATE)
_OTHER_NAME: Final = _Slip(
    "for another name",
    "Write a name that stands in the certificate into the URL, or have one made for this name.",
)
#: OpenSSL's numbers of what is wrong with a certificate (`man openssl-verification-options`), in plain words.
_CERTIFICATES: Final = {
    2: _UNKNOWN,
    9: _Slip(
        "that is not valid yet", "Set this machine's clock right, or have the certificate looked at there."
    ),
    10: _Slip("that has expired", "Have it renewed there; if it is not old, set this machine's clock right."),
    18: _Slip(
        "that it signed itself",
        "Have one made by an authority; or compare its fingerprint there and name this very certificate in ca_file.",
    ),
    19: _UNKNOWN,
    20: _UNKNOWN,
    21: _UNKNOWN,
    62: _OTHER_NAME,
    64: _OTHER_NAME,
}
#: OpenSSL's names for an answer that is no TLS at all.
_NO_TLS: Final = frozenset(
    {
        "WRONG_VERSION_NUMBER",
        "UNKNOWN_PROTOCOL",
        "HTTP_REQUEST",
        "PACKET_LENGTH_TOO_LONG",
        "RECORD_LAYER_FAILURE",
        "WRONG_SSL_VERSION",
    }
)
#: Its names for a server with which we have no way of encrypting in common.
_NONE_IN_COMMON: Final = frozenset(
    {
        "UNSUPPORTED_PROTOCOL",
        "TLSV1_ALERT_PROTOCOL_VERSION",
        "SSLV3_ALERT_HANDSHAKE_FAILURE",
        "DH_KEY_TOO_SMALL",
        "BAD_SIGNATURE_TYPE",
        "WRONG_SIGNATURE_TYPE",
    }
)
_AGAIN: Final = "The step is retried; if it keeps failing, "


def shake_hands(plain: socket.socket, *, host: str, trusted: ssl.SSLContext) -> ssl.SSLSocket:
    """Encrypt a connection, within the time-out it has, once the other side has proved to be `host`.

    From then on a connection that is cut without TLS's own goodbye is an error and no end: whoever sits on the way
    could else shorten an answer that lasts until its end (RFC 9112, 9.8).

    Raises `NoHandshake`.
    """
    try:
        return trusted.wrap_socket(plain, server_hostname=host, suppress_ragged_eofs=False)
    except OSError as error:
        raise NoHandshake(error) from None  # its message may hold what the other side chose


def check_authorities(ca_file: str, *, whose: str) -> int:
    """When a file of authorities was last written: a connection made under others is not used on.

    Raises `ConfigError` where it cannot be used.
    """
    try:
        trusting(ca_file)
        return Path(ca_file).stat().st_mtime_ns
    except OSError:
        raise ConfigError(
            f"{whose} cannot be read as certificates.", hint="Name a PEM file that we may read."
        ) from None


def refused(why: object, *, whose: str, where: str) -> ConnectorError:
    """What an administrator is told of a handshake that failed.

    Args:
        why: What `NoHandshake` holds.
        whose: Begins the sentence: the system.
        where: Host and port, as the configuration says them.
    """
    if isinstance(why, ssl.SSLCertVerificationError):
        known = _CERTIFICATES.get(why.verify_code)
        what, hint = known or (f"that does not verify ({why.verify_message})", _PRIVATE)
        return ConfigError(f"{whose} at {where} shows a certificate {what}.", hint=hint)
    reason = why.reason if isinstance(why, ssl.SSLError) else ""
    if reason in _NO_TLS:
        said = "speaks no TLS. Nothing was sent."
        return Unavailable(f"{whose} at {where} {said}", hint=f"{_AGAIN}check the port in the URL.")
    if reason in _NONE_IN_COMMON:
        said = "offers no encryption that we take, or wants a certificate of ours."
        hint = f"{_AGAIN}let it speak TLS 1.2 or newer, without a client's certificate."
        return Unavailable(f"{whose} at {where} {said}", hint=hint)
    ended = "did not end in time" if isinstance(why, TimeoutError) else "was cut off"
    return Unavailable(
        f"The TLS handshake with {whose[:1].lower()}{whose[1:]} at {where} {ended} ({type(why).__name__}).",
        hint=f"{_AGAIN}check the port in the URL, and what stands on the way to it.",
    )
