"""A directory in a thread: LDAP over TLS on a real socket, a state that survives `kill -9`, faults on demand."""

import shutil
import tempfile
import threading
import time
import weakref
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Self

from connectors.ldap import company, fake_active_directory
from connectors.ldap.certificate import make_certificate
from connectors.ldap.fake_active_directory import ActiveDirectoryRules
from connectors.ldap.fake_openldap import OpenLdapRules
from connectors.ldap.fake_rules import Rules
from connectors.ldap.fake_tree import Node, Tree, node, plain
from connectors.ldap.settings import ACTIVE_DIRECTORY, OPENLDAP
from connectors.sdk.fakes.faults import Fault, FaultPlan
from connectors.sdk.fakes.ldap_messages import Bind, Found, Request, Result, Search
from connectors.sdk.fakes.ldap_server import HangUp, LdapServer, Session

BUSY, REFERRAL, BAD_CREDENTIALS, UNAVAILABLE = 51, 10, 49, 52
SERVICE_PASSWORD = "known-to-the-service-alone"


@dataclass(slots=True, kw_only=True)
class Faults:
    """What goes wrong, until it is set back.

    Attributes:
        delay_ms: Wait this long before each answer.
        lie: Changes answered with success and not carried out: `modify` for all, or names of attributes.
        refer_to: Answer every change with a referral to this URL.
        refer_searches_to: The same for searches.
        busy: How many operations after the bind to answer with 51.
        lose_answer_after_write: How many changes are carried out and then hung up on.
        hang_up: How many operations after the bind are hung up on without being carried out.
        refuse_binds: How many binds to answer with 49, whatever the password.
        admits_anybody: Every bind succeeds, whatever the password and the lock.
        may_write: Attributes the service account may write; `None`: all.
        plan: What goes wrong by chance, besides: busy or unavailable.
    """

    delay_ms: int = 0
    lie: set[str] = field(default_factory=set)
    refer_to: str = ""
    refer_searches_to: str = ""
    busy: int = 0
    lose_answer_after_write: int = 0
    hang_up: int = 0
    refuse_binds: int = 0
    admits_anybody: bool = False
    may_write: set[str] | None = None
    plan: FaultPlan | None = None


class FakeLdap:
    """OpenLDAP or Active Directory, as the connector's `dialect` names them. `binds` lists who tried to bind.

    Args:
        state_file: The journal of every change; `None` keeps the state in memory only.
        port: 0 takes a free one.
        now: The clock.
        dialect: `openldap` or `ad`.
        tls: `False` speaks plain LDAP, for tests of what must not be spoken to.
    """

    def __init__(
        self,
        state_file: Path | None = None,
        port: int = 0,
        now: Callable[[], datetime] | None = None,
        *,
        dialect: str = OPENLDAP,
        tls: bool = True,
    ) -> None:
        self.now: Callable[[], datetime] = now or (lambda: datetime.now(UTC))
        self.faults = Faults()
        self.dialect = dialect
        self.binds: list[str] = []
        self.lock = threading.RLock()
        self.tree = Tree(state_file)
        kind: type[Rules] = OpenLdapRules if dialect == OPENLDAP else ActiveDirectoryRules
        self.rules = kind(self.tree, self.now, service_dn=company.SERVICE_DN, admin_dn=company.ADMIN_DN)
        folder = state_file.with_suffix(".tls") if state_file else self._temporary()
        self._certificate = make_certificate(folder)
        self._server = LdapServer(
            self,
            port=port,
            certificate=self._certificate.certificate if tls else None,
            key=self._certificate.key if tls else None,
        )

    @property
    def url(self) -> str:
        """Where it listens."""
        return self._server.url

    @property
    def effects(self) -> list[dict[str, str]]:
        """Every change that was carried out, in order: `at`, `what`, `target`, `key`."""
        return self.tree.effects

    @property
    def admin_password(self) -> str:
        """Password of the directory's administrator, for tests that prepare something."""
        return self.rules.admin_password

    def start(self) -> Self:
        """Listen."""
        self._server.start()
        return self

    def stop(self) -> None:
        """Hang up on everybody and stop listening."""
        self._server.stop()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def settings(self) -> dict[str, str]:
        """What the connector has to be told to talk to it."""
        return {
            "url": self.url,
            "bind_dn": company.SERVICE_DN,
            "bind_password": SERVICE_PASSWORD,
            "base_dn": company.BASE_DN,
            "dialect": self.dialect,
            "ca_file": str(self._certificate.ca),
            "default_policy_dn": company.DEFAULT_POLICY_DN if self.dialect == OPENLDAP else "",
        }

    def seed(self, people: Sequence[company.Seed]) -> None:
        """Put a company in. What a person's entry lacks is made up, always in the same way."""
        of_ad = self.dialect == ACTIVE_DIRECTORY
        words = fake_active_directory if of_ad else company
        with self.lock:
            for dn, entry in company.tree(service_password=SERVICE_PASSWORD):
                if of_ad and "userPassword" in entry:
                    entry["userPassword"] = [SERVICE_PASSWORD.encode()]
                self.put(dn, entry)
            for person, (dn, entry) in zip(people, words.logins(people), strict=True):
                self.put(dn, {**entry, **self.rules.birth(company.hired(person))})
            for dn, entry in words.groups(people):
                self.put(dn, entry)

    def put(self, dn: str, attributes: company.Attributes) -> None:
        """Put one entry in, as an administrator would; not counted as an effect."""
        with self.lock:
            self.tree.put(self.rules.born(node(dn, attributes)))

    def entry(self, dn: str) -> Node | None:
        """One entry as it is now, passwords and all."""
        with self.lock:
            return self.tree.nodes.get(plain(dn))

    def bind(self, session: Session, request: Request, bind: Bind) -> Result:
        """Let somebody in, or not."""
        self._wait()
        with self.lock:
            self.binds.append(bind.dn)
            if self.faults.refuse_binds > 0:
                self.faults.refuse_binds -= 1
                return Result(code=BAD_CREDENTIALS)
            if self.faults.admits_anybody:
                session.who = plain(bind.dn)
                return Result()
            return self.rules.bind(session, request, bind)

    def search(self, session: Session, request: Request, search: Search) -> Found:
        """Find entries."""
        self._wait()
        with self.lock:
            if self.faults.refer_searches_to and search.base:
                return Found(result=Result(code=REFERRAL, referral=self.faults.refer_searches_to))
            return (
                Found(result=wrong)
                if (wrong := self._wrong())
                else self.rules.search(session, request, search)
            )

    def write(self, session: Session, request: Request) -> Result:
        """Change something, or answer as ordered."""
        self._wait()
        with self.lock:
            if self.faults.refer_to:
                return Result(code=REFERRAL, referral=self.faults.refer_to)
            if wrong := self._wrong():
                return wrong
            self.rules.may_write, self.rules.lies = self.faults.may_write, self.faults.lie
            result = self.rules.write(session, request)
            if result.code == 0 and self.faults.lose_answer_after_write > 0:
                self.faults.lose_answer_after_write -= 1
                raise HangUp
            if result.code == 0 and self.faults.plan is not None and self.faults.plan.loses():
                raise HangUp
            return result

    def closed(self, session: Session) -> None:
        """Somebody left."""
        self.rules.sessions.discard(session)

    def _temporary(self) -> Path:
        """A folder that lasts as long as the fake: it may be stopped and asked for its certificate again."""
        folder = tempfile.mkdtemp(prefix="directory-")
        weakref.finalize(self, shutil.rmtree, folder, ignore_errors=True)
        return Path(folder)

    def _wait(self) -> None:
        if self.faults.delay_ms:
            time.sleep(self.faults.delay_ms / 1000)

    def _wrong(self) -> Result | None:
        if self.faults.hang_up > 0:
            self.faults.hang_up -= 1
            raise HangUp
        if self.faults.busy > 0:
            self.faults.busy -= 1
            return Result(code=BUSY, message="busy")
        match self.faults.plan.before() if self.faults.plan else None:
            case Fault.ERROR:
                return Result(code=BUSY, message="busy")
            case Fault.LIMIT:
                return Result(code=UNAVAILABLE, message="unavailable")
            case _:
                return None
