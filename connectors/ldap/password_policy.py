"""What an OpenLDAP password policy makes of a login: which of its doors are shut, and what may be put back."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Final

from connectors.ldap.dialect import moment
from connectors.ldap.directory import PASSWORD_POLICY, Directory, Entry
from connectors.sdk.types import AccountStatus, Json

PASSWORD, LOCK, END = "userPassword", "pwdAccountLockedTime", "pwdEndTime"
LOCKED_FOR_GOOD: Final = b"000001010000Z"  # slapo-ppolicy: only an administrator may unlock
# A scheme every slapd knows, so that ppolicy_hash_cleartext leaves the value alone, before what is no base64,
# so that no password fits it.
ASIDE: Final = b"{SSHA}!LOCKED!"
SET_ASIDE: Final = re.compile(re.escape(ASIDE) + rb"([0-9a-f]{12})!")


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


class Policies:
    """The policies of one directory, each read once."""

    def __init__(self, default_dn: str, now: Callable[[], datetime]) -> None:
        self._default_policy = default_dn
        self._now = now
        self._overlay: bool | None = None
        self._policies: dict[str, Policy] = {}

    def of(self, directory: Directory, entry: Entry) -> Policy:
        name = entry.first("pwdPolicySubentry") or self._default_policy
        if name not in self._policies:
            self._policies[name] = self._read_policy(directory, name)
        return self._policies[name]

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
        if self._overlay is None:
            root = directory.entry("", ("supportedControl",))
            self._overlay = root is not None and PASSWORD_POLICY in root.texts("supportedControl")
        return self._overlay

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
