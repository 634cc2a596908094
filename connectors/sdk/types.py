"""The values that cross between the engine and a connector."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any

Json = Any  # somebody else's JSON; typed at the door by whoever reads it


class AccountStatus(StrEnum):
    """Whether an account can be signed in to, as the target system says."""

    ACTIVE = "active"
    DISABLED = "disabled"
    UNKNOWN = "unknown"


class Expectation(StrEnum):
    """What `verify` is asked to prove."""

    DISABLED = "disabled"
    DEACTIVATED = "deactivated"
    NO_SESSIONS = "no sessions"
    NO_TOKENS = "no tokens"
    NO_ENTITLEMENTS = "no entitlements"
    EXPORT_RESTRICTED = "export restricted"
    LOCKED = "locked"
    WIPED = "wiped"
    RESTORED = "restored"


class Proof(StrEnum):
    """How a reading answers an expectation. `NOTED` is a fact beside it, such as a device's encryption."""

    PROVEN = "proven"
    CONTRADICTED = "contradicted"
    UNPROVABLE = "unprovable"
    PENDING = "pending"
    NOTED = "noted"


class CoverageState(StrEnum):
    """How much of one day of one log could be seen."""

    COMPLETE = "complete"
    PENDING = "pending"
    GAP = "gap"
    NOT_LICENSED = "not licensed"
    EXPIRED = "expired"
    NOT_CONFIGURED = "not configured"
    THROTTLED = "throttled"


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """The human whose accounts are looked for, as far as a connector may know them.

    Never match by `display_name`: it is for sentences only.
    """

    display_name: str
    employee_no: str | None = None
    emails: tuple[str, ...] = ()
    usernames: tuple[str, ...] = ()
    hired_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """One login of one person in one target system.

    `id` is the system's immutable identifier (entryUUID, 18-character Salesforce id), never a name.
    `identifiers` holds what the account says of its owner: `employee_no`, `email`, `username`.
    `admin` says whether it administers the system; `None`: the system was not asked or does not say.
    `refs` are the system's ids of records that belong to the account (`UserLogin`), so that changing them later
    needs no look-up: only ids that never change, never a secret.
    """

    connector: str
    id: str
    label: str
    status: AccountStatus = AccountStatus.UNKNOWN
    identifiers: Mapping[str, str] = field(default_factory=dict)
    created_at: datetime | None = None
    admin: bool | None = None
    refs: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """A laptop, phone or tablet a person was given. `id` is the management system's own identifier."""

    connector: str
    id: str
    label: str
    serial: str = ""
    platform: str = ""
    owner_email: str = ""


Target = Account | Device


@dataclass(frozen=True, slots=True, kw_only=True)
class Posture:
    """What the management system knows of a device. `None` means it does not say."""

    read_at: datetime
    encrypted: bool | None = None
    recovery_key_escrowed: bool | None = None
    antivirus_on: bool | None = None
    antivirus_up_to_date: bool | None = None
    last_check_in: datetime | None = None
    pending_action: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountState:
    """A before-image: enough to restore what we change.

    `attributes` may be shown to an auditor. `sealed` holds secrets (a password hash) and is only ever stored
    encrypted. Both map attribute names to exact values.
    """

    account: Account
    read_at: datetime
    attributes: Mapping[str, Json] = field(default_factory=dict)
    sealed: Mapping[str, tuple[bytes, ...]] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """A fact read back from the target system, kept for the auditor.

    Evidence is what the system said, never what we asked it to do.
    `how` names the independent means (`attribute read`, `bind refused`): two different means that both
    prove an expectation corroborate each other. `body` holds no secret and no customer data.
    """

    kind: str
    proof: Proof
    how: str
    observed_at: datetime
    body: Mapping[str, Json] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Residual:
    """What still works after the change, and until when (`None`: nobody can say).

    Or, where `lost`, what taking the change back does not bring back, and what to do about it.
    """

    what: str
    until: datetime | None = None
    lost: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Pending:
    """The system accepted the order and has not carried it out yet."""

    ref: str
    why: str
    poll_after_s: float = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What restoring needs: exactly the attributes we changed, as they were before."""

    before: Mapping[str, Json] = field(default_factory=dict)
    sealed: Mapping[str, tuple[bytes, ...]] = field(default_factory=dict, repr=False)


class Since(StrEnum):
    """What became of something we changed."""

    AS_BEFORE = "as before"
    AS_LEFT = "as we left it"
    CHANGED = "changed since"
    UNKNOWN = "by us or by somebody else"


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One thing a receipt says we changed: as it was, as we left it, as it is now.

    The three are words for people and hold no secret; `since` is decided on the exact values.
    """

    what: str
    before: str
    left: str
    now: str
    since: Since


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What an action did. Failing is an exception, so an outcome is always good news.

    `before`: how the account was, read by the very call that changed it (see `ReadsAlong`).
    """

    changed: bool
    evidence: tuple[Evidence, ...] = ()
    pending: Pending | None = None
    residual: tuple[Residual, ...] = ()
    receipt: Receipt | None = None
    before: AccountState | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """A half-open span of time, both ends in UTC."""

    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RawLog:
    """One log file or answer exactly as received. Parsed in `service/snapshot/formats`, never in a connector.

    `format` names the parser (`salesforce.event_log_file`). `request` says what was asked (path, query), so
    that an expert can ask again. `kind` is the source's own name of the log (`ReportExport`).
    """

    name: str
    format: str
    kind: str
    day: date
    body: bytes
    request: Mapping[str, Json]
    received_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CoverageDay:
    """How complete one day of one kind of log is, and why not."""

    kind: str
    day: date
    state: CoverageState
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One thing `check()` looked at. `fix` names the exact right or setting that is missing."""

    name: str
    ok: bool
    what: str
    fix: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """The result of a read-only look at our own access to a target system."""

    checks: tuple[Check, ...]

    @property
    def ok(self) -> bool:
        """True when no check failed."""
        return all(check.ok for check in self.checks)
