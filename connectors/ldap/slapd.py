"""A real OpenLDAP server of our own on a spare port: for the demonstration and for tests, never for production.

The distribution's service is left alone. Everything lies in one folder, so that a server that was killed
starts again with what it knew.
"""

import os
import secrets
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final, Self

from connectors.ldap import company
from connectors.ldap.certificate import Certificate, make_certificate
from connectors.sdk.fakes.ports import spare_port

PLACES: Final = "/usr/sbin:/usr/libexec:/usr/lib/openldap:/usr/local/libexec"  # often not on the PATH
SCHEMAS: Final = ("/etc/ldap/schema", "/etc/openldap/schema")
MODULES: Final = ("/usr/lib/ldap", "/usr/lib64/openldap", "/usr/lib/openldap")
STARTS_WITHIN_S: Final = 60.0


class SlapdTrouble(RuntimeError):  # noqa: N818  the word is the error, as in the SDK
    """The server could not be started or filled."""


class RealSlapd:
    """One slapd with TLS, password policy, memberOf, cn=monitor, and a log of every change it made.

    Args:
        folder: Where certificates, passwords, database and the change log lie.
        port: 0 takes a free one, and keeps it for the next start.
        policy: Load the password policy overlay.
        hashes: Let the policy hash what it takes for a password in the clear (`ppolicy_hash_cleartext`).
        start_tls: Speak `ldap://`, and take no password before StartTLS; otherwise `ldaps://`.
        says_locked: Let a refused bind say that the account is locked (`ppolicy_use_lockout`).

    Attributes:
        frozen: From the next start on nothing may be changed, as during a backup (`readonly`).
    """

    def __init__(
        self,
        folder: Path,
        port: int = 0,
        *,
        policy: bool = True,
        says_locked: bool = True,
        hashes: bool = False,
        start_tls: bool = False,
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder.resolve()
        self.policy = policy
        self.says_locked = says_locked
        self.hashes = hashes
        self.start_tls = start_tls
        self.frozen = False
        self.port = port or _kept_port(self.folder)
        self._process: subprocess.Popen[bytes] | None = None

    @staticmethod
    def available() -> bool:
        """Whether there is a slapd on this machine, with the modules we need."""
        return _program("slapd") is not None and _first(MODULES) is not None and _first(SCHEMAS) is not None

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"{'ldap' if self.start_tls else 'ldaps'}://127.0.0.1:{self.port}"

    @property
    def certificate(self) -> Certificate:
        """Its certificate and the authority behind it."""
        return make_certificate(self.folder)

    @property
    def service_password(self) -> str:
        """Password of our service account; made once."""
        return _kept_secret(self.folder / "service.password")

    @property
    def admin_password(self) -> str:
        """Password of the directory's administrator; tests prepare things with it, the connector never sees it."""
        return _kept_secret(self.folder / "admin.password")

    @property
    def seeded(self) -> bool:
        """Whether people were put in."""
        return (self.folder / "seeded").exists()

    def settings(self) -> dict[str, str]:
        """What the connector has to be told to talk to it."""
        return {
            "url": self.url,
            "bind_dn": company.SERVICE_DN,
            "bind_password": self.service_password,
            "base_dn": company.BASE_DN,
            "dialect": "openldap",
            "ca_file": str(self.certificate.ca),
            "start_tls": str(self.start_tls).lower(),
            "default_policy_dn": company.DEFAULT_POLICY_DN if self.policy else "",
        }

    def seed(self, people: Sequence[company.Seed]) -> None:
        """Put the company in, once. A running server is stopped for it and started again."""
        running = self._process is not None
        self.stop()
        self._configure()
        groups = list(company.groups(people))
        entries = [
            *company.tree(service_password=self.service_password),
            *_with_membership(list(company.logins(people)), groups),
            *groups,
        ]
        if not self.policy:
            entries = [_without_policy(each) for each in entries]
        done = subprocess.run(  # noqa: S603  our own arguments
            [_needed("slapadd"), "-q", "-f", str(self._conf), "-b", company.BASE_DN],
            input=company.ldif(entries).encode(),
            capture_output=True,
            check=False,
        )
        if done.returncode != 0:
            raise SlapdTrouble(f"slapadd left with {done.returncode}: {done.stderr.decode()[-500:]}")
        (self.folder / "seeded").touch()
        if running:
            self.start()

    def start(self) -> Self:
        """Start it, or start it again; returns when it accepts connections."""
        self._configure()
        self._end_leftover()
        with (self.folder / "slapd.log").open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603  our own arguments
                [_needed("slapd"), "-f", str(self._conf), "-h", f"{self.url}/", "-d", "none"],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self._await_port()
        return self

    def stop(self) -> None:
        """Stop it in good order."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait(10)
            self._process = None

    def kill(self) -> None:
        """Kill it as a crash would."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(10)
            self._process = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def effects(self) -> list[dict[str, str]]:
        """Every change it carried out since it was seeded, in order: `what` was changed on which `target`."""
        log = self.folder / "changes.ldif"
        if not log.exists():
            return []
        return [effect for block in log.read_text("utf-8").split("\n\n") if (effect := _effect(block))]

    @property
    def _conf(self) -> Path:
        return self.folder / "slapd.conf"

    def _configure(self) -> None:
        (self.folder / "database").mkdir(exist_ok=True)
        self._conf.write_text(_configuration(self), encoding="utf-8")
        self._conf.chmod(0o600)

    def _await_port(self) -> None:
        end = time.monotonic() + STARTS_WITHIN_S
        while time.monotonic() < end:
            if self._process is None or self._process.poll() is not None:
                break
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.02)
        raise SlapdTrouble(f"slapd did not start on port {self.port}: {self._how_it_ended()}")

    def _how_it_ended(self) -> str:
        left = self._process.poll() if self._process is not None else None
        self.kill()
        ended = f"it took no call within {STARTS_WITHIN_S:.0f} s" if left is None else f"it left with {left}"
        said = (self.folder / "slapd.log").read_text("utf-8", "replace")[-500:].strip()
        return f"{ended}. Its last words: {said or 'none'}"

    def _end_leftover(self) -> None:
        """End a server of this folder that outlived whoever started it."""
        try:
            process = int((self.folder / "slapd.pid").read_text("utf-8"))
            arguments = Path(f"/proc/{process}/cmdline").read_bytes().split(b"\0")
        except (OSError, ValueError):
            return
        if str(self._conf).encode() not in arguments:
            return  # the number belongs to somebody else by now
        os.kill(process, signal.SIGTERM)
        for _ in range(500):
            if not Path(f"/proc/{process}").exists():
                return
            time.sleep(0.02)


def _configuration(server: RealSlapd) -> str:
    schemas = "\n".join(
        f"include {_first(SCHEMAS)}/{name}.schema" for name in ("core", "cosine", "nis", "inetorgperson")
    )
    modules = ["back_mdb", "back_monitor", "memberof", "auditlog", *(["ppolicy"] if server.policy else [])]
    made = server.certificate
    return f"""{schemas}
modulepath {_first(MODULES)}
{chr(10).join(f"moduleload {name}" for name in modules)}
pidfile {server.folder}/slapd.pid
argsfile {server.folder}/slapd.args
TLSCACertificateFile {made.ca}
TLSCertificateFile {made.certificate}
TLSCertificateKeyFile {made.key}
TLSVerifyClient never
{"security simple_bind=128" if server.start_tls else ""}
threads 4

database mdb
suffix "{company.BASE_DN}"
rootdn "{company.ADMIN_DN}"
rootpw "{server.admin_password}"
directory {server.folder}/database
maxsize 1073741824
readonly {"on" if server.frozen else "off"}
dbnosync
index objectClass,uid,mail,employeeNumber,entryUUID,member,memberUid,uniqueMember eq
limits dn.exact="{company.SERVICE_DN}" size=unlimited
{_rights(policy=server.policy)}
overlay memberof
overlay auditlog
auditlog {server.folder}/changes.ldif
{_policy(server)}
database monitor
access to dn.subtree="cn=monitor" by dn.exact="{company.SERVICE_DN}" read by * none
"""


def _rights(*, policy: bool) -> str:
    """The rights of the service account, and no others: what README.md asks an administrator for."""
    service = f'by dn.exact="{company.SERVICE_DN}"'
    locks = f"access to attrs=pwdAccountLockedTime,pwdEndTime {service} manage by * none\n" if policy else ""
    return (
        f"access to attrs=userPassword {service} write by anonymous auth by * none\n"
        f"{locks}"
        f'access to dn.subtree="ou=groups,{company.BASE_DN}" attrs=member,uniqueMember,memberUid '
        f"{service} write by users read\n"
        "access to * by users read"
    )


def _policy(server: RealSlapd) -> str:
    if not server.policy:
        return ""
    said = "\nppolicy_use_lockout" if server.says_locked else ""
    said += "\nppolicy_hash_cleartext" if server.hashes else ""
    return f'overlay ppolicy\nppolicy_default "{company.DEFAULT_POLICY_DN}"{said}\n'


def _with_membership(
    logins: list[tuple[str, company.Attributes]], groups: list[tuple[str, company.Attributes]]
) -> list[tuple[str, company.Attributes]]:
    """Slapadd runs no overlay, so what memberof would have written is written here."""
    by_member: dict[bytes, list[bytes]] = {}
    for dn, group in groups:
        for member in group["member"]:
            by_member.setdefault(member, []).append(dn.encode())
    for dn, login in logins:
        if dn.encode() in by_member:
            login["memberOf"] = by_member[dn.encode()]
    return logins


def _without_policy(entry: tuple[str, company.Attributes]) -> tuple[str, company.Attributes]:
    dn, attributes = entry
    kept = {name: values for name, values in attributes.items() if not name.startswith("pwd")}
    kept["objectClass"] = [value for value in kept["objectClass"] if value != b"pwdPolicy"]
    return dn, kept


def _effect(block: str) -> dict[str, str] | None:
    lines = [line for line in block.splitlines() if line and not line.startswith("#")]
    if not lines or not lines[0].startswith("dn:"):
        return None
    said = dict(line.split(": ", 1) for line in lines if ": " in line)
    verbs = ("add: ", "delete: ", "replace: ")
    own = [line.split(": ", 1)[1] for line in lines if line.startswith(verbs)]
    kept_by_slapd = {"entryCSN", "modifiersName", "modifyTimestamp"}
    what = ",".join(name for name in own if name not in kept_by_slapd)
    return {"at": "", "what": f"{said.get('changetype', '')} {what}".strip(), "target": said["dn"], "key": ""}


def _kept_port(folder: Path) -> int:
    kept = folder / "port"
    if not kept.exists():
        kept.write_text(str(spare_port()), encoding="utf-8")
    return int(kept.read_text(encoding="utf-8"))


def _kept_secret(path: Path) -> str:
    if not path.exists():
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(secrets.token_urlsafe(24))
    return path.read_text(encoding="utf-8")


def _program(name: str) -> str | None:
    return shutil.which(name) or shutil.which(name, path=PLACES)


def _needed(name: str) -> str:
    found = _program(name)
    if found is None:
        raise SlapdTrouble(f"{name} is not on this machine; on Debian: apt-get install slapd")
    return found


def _first(places: Sequence[str]) -> str | None:
    return next((place for place in places if Path(place).is_dir()), None)
