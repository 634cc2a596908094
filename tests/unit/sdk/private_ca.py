"""A company's own certificate authority, as it makes good certificates and bad ones."""

import ipaddress
import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from connectors.ldap.certificate import Certificate

DAY = timedelta(days=1)
LOOPBACK = "127.0.0.1"
_USES = (
    "digital_signature",
    "content_commitment",
    "key_encipherment",
    "data_encipherment",
    "key_agreement",
    "key_cert_sign",
    "crl_sign",
    "encipher_only",
    "decipher_only",
)


class PrivateCa:
    """One authority. `ca_file` is what an administrator is given.

    Args:
        above: The authority that signs this one; without it, this one signs itself.
        old: It leaves out of its certificates what RFC 5280 wants in them and older software never wrote.
    """

    def __init__(
        self,
        folder: Path,
        name: str = "Northwind private authority",
        *,
        above: "PrivateCa | None" = None,
        old: bool = False,
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self._name = _named(name)
        self._key = ec.generate_private_key(ec.SECP256R1())
        self.ca_file = folder / "ca.pem"
        self._old = old
        draft = _draft(self._name, self._key, since=-DAY, until=365 * DAY)
        draft = draft.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=not old)
        if not old:
            draft = draft.add_extension(_use("key_cert_sign", "crl_sign"), critical=True)
        self.ca_file.write_bytes(_pem((above or self)._signed(draft)))

    def issue(
        self, *names: str, since: timedelta = -DAY, until: timedelta = 30 * DAY, folder: Path | None = None
    ) -> Certificate:
        """A server's certificate for names and addresses, and its key."""
        key = ec.generate_private_key(ec.SECP256R1())
        signed = self._signed(
            _draft(_named(names[0]), key, since=since, until=until)
            .add_extension(x509.SubjectAlternativeName([_general(name) for name in names]), critical=False)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_use("digital_signature"), critical=True)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        )
        where = folder or self.folder / f"{names[0]} {int(until.total_seconds())}"
        where.mkdir(parents=True, exist_ok=True)
        made = Certificate(ca=where / "ca.pem", certificate=where / "server.pem", key=where / "server.key")
        made.ca.write_bytes(self.ca_file.read_bytes())
        made.certificate.write_bytes(_pem(signed))
        made.key.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        )
        made.key.chmod(0o600)
        return made

    def _signed(self, draft: x509.CertificateBuilder) -> x509.Certificate:
        named = draft.issuer_name(self._name)
        if not self._old:
            ours = x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key())
            named = named.add_extension(ours, critical=False)
        return named.sign(self._key, hashes.SHA256())


def server_side(made: Certificate) -> ssl.SSLContext:
    """How a server shows a certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(made.certificate, made.key)
    return context


def several_names(**shown: Certificate) -> ssl.SSLContext:
    """A server of several names, a certificate each. Who names none of them is shown that of `other`."""
    contexts = {name: server_side(made) for name, made in shown.items()}
    first = contexts["other"]

    def choose(client: ssl.SSLObject, name: str | None, _: ssl.SSLContext) -> None:
        client.context = contexts.get(name or "", first)

    first.sni_callback = choose  # type: ignore[assignment]  # typeshed knows sockets here, and no objects
    return first


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _draft(
    subject: x509.Name, key: ec.EllipticCurvePrivateKey, *, since: timedelta, until: timedelta
) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(min(now + since, now + until - DAY))
        .not_valid_after(now + until)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )


def _use(*wanted: str) -> x509.KeyUsage:
    return x509.KeyUsage(**{use: use in wanted for use in _USES})


def _general(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)
