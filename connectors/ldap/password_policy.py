"""What an OpenLDAP password policy makes of a login: which of its doors are shut, and what may be put back."""

import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import Final

from connectors.ldap.dialect import moment
from connectors.ldap.directory import PASSWORD_POLICY, Directory, Entry
from connectors.ldap.settings import LdapSettings
from connectors.sdk.context import Secret
from connectors.sdk.types import AccountStatus, Json

PASSWORD, LOCK, END = "userPassword", "pwdAccountLockedTime", "pwdEndTime"
LOCKED_FOR_GOOD: Final = b"000001010000Z"  # slapo-ppolicy: only an administrator may unlock
# A scheme every slapd knows, so that ppolicy_hash_cleartext leaves the value alone, before what is no base64,
# so that no password fits it.
ASIDE: Final = b"{SSHA}!LOCKED!"
SET_ASIDE: Final = re.compile(re.escape(ASIDE) + rb"([0-9a-f]{12})!")


#: How long what a policy says is believed, in seconds. Whoever changes one waits longer for its replicas.
BELIEVED_S: Final = 5.0


class Known(Enum):
    """What we could learn of the password policy that governs an entry."""

    NO_OVERLAY = "no password policy overlay"
    MISSING = "the policy the entry names is not there"
    UNKNOWN = "the default policy is not in our settings"
    READ = "read"


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """What matters of a password policy: does a lock bite, and could a password be put back."""

    known: Known
    lockout: bool = False
    reversible: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Doors:
    """Each way a login can be shut: `True` shut, `False` open, `None` cannot be said."""

    password: bool | None
    locked: bool | None
    ended: bool | None

    @property
    def shut(self) -> bool:
        """One shut door is enough: a simple bind has to pass all three."""
        return True in {self.password, self.locked, self.ended}

    @property
    def status(self) -> AccountStatus:
        """The same in the engine's words."""
        if self.shut:
            return AccountStatus.DISABLED
        return AccountStatus.UNKNOWN if None in {self.locked, self.ended} else AccountStatus.ACTIVE


@dataclass(slots=True)
class _Kept:
    """What one directory said to everybody's policies, and when it is asked again, by the machine's own watch."""

    until: float
    overlay: bool | None = None
    policies: dict[str, Policy] = field(default_factory=dict)


_KEPT: Final[dict[tuple[str, str, Secret], _Kept]] = {}


def forget_policies() -> None:
    """Ask every directory anew."""
    _KEPT.clear()


def _kept_of(directory: tuple[str, str, Secret]) -> _Kept:
    kept = _KEPT.get(directory)
    if kept is None or time.monotonic() >= kept.until:
        kept = _KEPT[directory] = _Kept(until=time.monotonic() + BELIEVED_S)
    return kept


class Policies:
    """The policies of one directory, each read once in a while: they are everybody's, and leavers many."""

    def __init__(self, settings: LdapSettings, now: Callable[[], datetime]) -> None:
        self._default_policy = settings.default_policy_dn
        self._now = now
        self._kept = _kept_of((settings.url, settings.bind_dn, settings.bind_password))

    def of(self, directory: Directory, entry: Entry) -> Policy:
        name = entry.first("pwdPolicySubentry") or self._default_policy
        known = self._kept.policies.get(name)
        if known is None:
            known = self._kept.policies[name] = self._read_policy(directory, name)
        return known

    def _read_policy(self, directory: Directory, name: str) -> Policy:
        if not self.overlay(directory):
            return Policy(known=Known.NO_OVERLAY)
        if not name:
            return Policy(known=Known.UNKNOWN)
        found = directory.entry(name, ("pwdLockout", "pwdCheckQuality", "pwdSafeModify"))
        if found is None:
            return Policy(known=Known.MISSING)
        return Policy(
            known=Known.READ,
            lockout=found.first("pwdLockout") == "TRUE",
            # Quality 2 refuses a hash, and safe modify wants the old password: neither can be put back.
            reversible=found.first("pwdCheckQuality") != "2" and found.first("pwdSafeModify") != "TRUE",
        )

    def overlay(self, directory: Directory) -> bool:
        if self._kept.overlay is None:
            root = directory.entry("", ("supportedControl",))
            self._kept.overlay = root is not None and PASSWORD_POLICY in root.texts("supportedControl")
        return self._kept.overlay

    def doors(self, directory: Directory, entry: Entry) -> Doors:
        policy, passwords = self.of(directory, entry), entry.values(PASSWORD)
        locked = LOCKED_FOR_GOOD in entry.values(LOCK)
        end = moment(entry.first(END))
        ended = end is not None and end <= self._now()
        cannot_say = policy.known is Known.UNKNOWN
        return Doors(
            password=all(map(SET_ASIDE.match, passwords)) if passwords else None,
            locked=None if locked and cannot_say else locked and policy.lockout,
            ended=None if ended and cannot_say else ended and policy.known is Known.READ,
        )


def shown(entry: Entry, policy: Policy) -> dict[str, Json]:
    """An entry for the auditor's eyes: never the password, only what became of it."""
    passwords = entry.values(PASSWORD)
    aside = all(map(SET_ASIDE.match, passwords)) if passwords else None
    return {
        PASSWORD: {None: "not visible", True: "set aside, opens nothing", False: "in use"}[aside],
        LOCK: ", ".join(entry.texts(LOCK)),
        END: ", ".join(entry.texts(END)),
        "policy": policy.known.value,
        "pwdLockout": str(policy.lockout).upper(),
    }
