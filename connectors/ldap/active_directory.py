"""Active Directory: one bit shuts a login, and protected accounts are left to a person."""

import secrets
from collections.abc import Iterator
from datetime import datetime
from typing import Final
from uuid import UUID

from connectors.ldap.answers import ENTRY_EXISTS, NO_SUCH_VALUE, NOT_WILLING, VALUE_EXISTS
from connectors.ldap.dialect import ATTRIBUTE_READ, evidence
from connectors.ldap.directory import REPLACE, Directory, Entry
from connectors.ldap.settings import LdapSettings
from connectors.sdk.context import Context
from connectors.sdk.errors import ConnectorError, NotFound, Refused, Unavailable
from connectors.sdk.ldap_wire import all_of, by_rule, equals, none_of
from connectors.sdk.types import (
    AccountStatus,
    Check,
    Difference,
    Evidence,
    Json,
    Outcome,
    Proof,
    Receipt,
    Residual,
    Since,
)

CONTROL: Final = "userAccountControl"
ACCOUNT_DISABLED: Final = 0x2
BIT_AND: Final = "1.2.840.113556.1.4.803"
RIGHT: Final = f"Write {CONTROL}"
SCRAMBLED: Final = "Nobody knows the password any more: after a restore it is set anew."
NOT_RESET: Final = Residual(
    what="The password is what it was: machines that keep a copy of it let the leaver in offline."
)
HALF_RESET: Final = Residual(
    what="Nobody can say whether the password was reset: machines that keep a copy of the old one may let the leaver "
    "in offline, and after a restore it may have to be set anew.",
    lost=True,
)
KERBEROS: Final = (
    "Kerberos tickets already issued live on, up to 10 hours, and a connection already bound keeps answering."
)


class ActiveDirectory:
    """The Active Directory dialect; Samba's domain controller speaks it too."""

    people = all_of(equals("objectClass", "user"), none_of(equals("objectClass", "computer")))
    id_attribute = "objectGUID"
    created_attribute = "whenCreated"
    member_attributes: tuple[str, ...] = ("member",)
    # 53: not a member any more; 16: the primary group, which lists nobody.
    already_gone: frozenset[int] = frozenset({NOT_WILLING, NO_SUCH_VALUE})
    already_there: frozenset[int] = frozenset({ENTRY_EXISTS, VALUE_EXISTS})
    wanted: tuple[str, ...] = (CONTROL, "adminCount")
    locks: tuple[str, ...] = ()

    def __init__(self, settings: LdapSettings, context: Context) -> None:
        self._reset_password = settings.reset_password
        self._now = context.now
        self._again = context.again

    def id_of(self, entry: Entry) -> str:
        raw = next(iter(entry.values(self.id_attribute)), b"")
        return str(UUID(bytes_le=raw)) if raw else ""

    def find(self, directory: Directory, number: UUID, wanted: tuple[str, ...]) -> Entry | None:
        return directory.entry(f"<GUID={number}>", wanted)

    def status(self, directory: Directory, entry: Entry) -> AccountStatus:  # noqa: ARG002  the protocol's
        control = _control(entry)
        if control is None:
            return AccountStatus.UNKNOWN
        return AccountStatus.DISABLED if control & ACCOUNT_DISABLED else AccountStatus.ACTIVE

    def admin(self, entry: Entry) -> bool | None:
        return entry.first("adminCount") == "1"  # it outlives the rights: too many rather than too few

    def disable(self, directory: Directory, entry: Entry) -> Outcome:
        before = _needed_control(entry)
        shut = bool(before & ACCOUNT_DISABLED)
        if shut and not self._again:
            seen = self._seen(entry, entry)
            return Outcome(changed=False, evidence=(seen,), receipt=Receipt(before={"changed": False}))
        receipt = Receipt(before={"changed": False})
        if not shut:
            receipt = self._shut(directory, entry, before)
        residual = (Residual(what=KERBEROS), *self._reset(directory, entry, receipt))
        return Outcome(
            changed=not shut or self._reset_password,
            evidence=(self._seen(entry, self._read_again(directory, entry)),),
            residual=residual,
            receipt=receipt,
        )

    def _shut(self, directory: Directory, entry: Entry, before: int) -> Receipt:
        if entry.first("adminCount") == "1":
            raise Refused(
                f"{entry.dn} is a protected account (adminCount=1), whose rights the domain puts back every hour.",
                hint="A domain administrator has to take it out of its admin groups or shut it by hand.",
            )
        wanted = before | ACCOUNT_DISABLED
        receipt = Receipt(before={"changed": True, CONTROL: str(before), "wrote": str(wanted)})
        self._change(directory, entry, wanted)
        try:
            self._insist(directory, entry, wanted)
        except Unavailable as error:
            what = f"The directory took the change of {entry.dn}, which could not be read back."
            raise error.after(what, Outcome(changed=True, receipt=receipt)) from None
        return receipt

    def _reset(self, directory: Directory, entry: Entry, receipt: Receipt) -> tuple[Residual, ...]:
        """Where it is wanted, give the login a password nobody knows. Also what an earlier attempt left undone.

        Nothing on the entry says whether an earlier one did it: one random password more changes nothing.
        """
        if not self._reset_password:
            return ()
        left = NOT_RESET
        try:
            for _ in range(2):  # the domain keeps one former password alive for cached sign-ins
                password = f'"{secrets.token_urlsafe(48)}aA1!"'.encode("utf-16-le")
                directory.modify(entry, {"unicodePwd": (REPLACE, [password])}, right="Reset password")
                left = HALF_RESET
        except ConnectorError as error:
            left = HALF_RESET if isinstance(error, Unavailable) else left
            done = Outcome(changed=True, residual=(Residual(what=KERBEROS), left), receipt=receipt)
            raise error.after("The login is shut, and its password was not reset.", done) from None
        return (Residual(what=SCRAMBLED, lost=True),)

    def restore(self, directory: Directory, entry: Entry, receipt: Receipt) -> bool:
        if CONTROL not in receipt.before:
            return False
        now, before, wrote = (
            _needed_control(entry),
            int(receipt.before[CONTROL]),
            int(receipt.before["wrote"]),
        )
        if now == before:
            return False
        if now != wrote:
            raise Refused(
                f"{CONTROL} of {entry.dn} was changed by somebody else after we shut the login.",
                hint="Nothing was put back. Decide who is right, then open the login by hand.",
            )
        self._change(directory, entry, before)
        self._insist(directory, entry, before)
        return True

    def compare(self, entry: Entry, receipt: Receipt) -> Iterator[Difference]:
        if CONTROL not in receipt.before:
            return
        now, before, wrote = entry.first(CONTROL), receipt.before[CONTROL], receipt.before["wrote"]
        since = Since.AS_BEFORE if now == before else Since.AS_LEFT if now == wrote else Since.CHANGED
        yield Difference(what=CONTROL, before=before, left=wrote, now=now or "none", since=since)

    def receipt_of(self, directory: Directory, before: Entry) -> Receipt:  # noqa: ARG002  the protocol's
        control = _needed_control(before)
        if control & ACCOUNT_DISABLED:
            return Receipt(before={"changed": False})
        return Receipt(
            before={"changed": True, CONTROL: str(control), "wrote": str(control | ACCOUNT_DISABLED)}
        )

    def bears_our_mark(self, entry: Entry) -> bool:  # noqa: ARG002  the protocol's
        return False  # a bit is a bit, whoever set it

    def prove_disabled(self, directory: Directory, entry: Entry) -> Iterator[Evidence]:
        proof = {
            AccountStatus.DISABLED: Proof.PROVEN,
            AccountStatus.ACTIVE: Proof.CONTRADICTED,
            AccountStatus.UNKNOWN: Proof.UNPROVABLE,
        }[self.status(directory, entry)]
        yield evidence(proof, ATTRIBUTE_READ, self._now(), _shown(entry))
        matched = directory.search(
            entry.dn, by_rule(CONTROL, BIT_AND, str(ACCOUNT_DISABLED)), (CONTROL,), below=False
        )
        found = {"matched by the domain controller": "yes" if matched else "no"}
        yield evidence(Proof.PROVEN if matched else Proof.CONTRADICTED, "server match", self._now(), found)

    def prove_restored(self, directory: Directory, entry: Entry) -> Evidence:
        proof = {
            AccountStatus.ACTIVE: Proof.PROVEN,
            AccountStatus.DISABLED: Proof.CONTRADICTED,
            AccountStatus.UNKNOWN: Proof.UNPROVABLE,
        }[self.status(directory, entry)]
        return evidence(proof, ATTRIBUTE_READ, self._now(), _shown(entry))

    def connections(self, directory: Directory, entry: Entry) -> int | None:  # noqa: ARG002  the protocol's
        return None

    def checks(self, directory: Directory, sample: Entry | None) -> Iterator[Check]:
        if sample is None:
            return
        found = directory.entry(sample.dn, ("allowedAttributesEffective",))
        may = found is not None and CONTROL in found.texts("allowedAttributesEffective")
        yield Check(
            name="rights",
            ok=may,
            what=f"The domain says we may{'' if may else ' not'} write {CONTROL} on {sample.dn}.",
            fix="" if may else f"Delegate '{RIGHT}' on its organizational unit to the service account.",
        )

    def _change(self, directory: Directory, entry: Entry, control: int) -> None:
        directory.modify(entry, {CONTROL: (REPLACE, [str(control).encode()])}, right=RIGHT)

    def _insist(self, directory: Directory, entry: Entry, control: int) -> None:
        after = self._read_again(directory, entry)
        if _control(after) != control:
            raise Refused(
                f"The directory answered success, and {CONTROL} of {entry.dn} is not what we wrote.",
                hint="Look for a policy or a sync that writes this attribute back.",
            )

    def _read_again(self, directory: Directory, entry: Entry) -> Entry:
        again = directory.entry(entry.dn, self.wanted)
        if again is None:
            raise NotFound(f"{entry.dn} is gone.", hint="Was it moved or deleted while we worked on it?")
        return again

    def _seen(self, before: Entry, after: Entry) -> Evidence:
        body: dict[str, Json] = {"before": _shown(before), "after": _shown(after)}
        at: datetime = self._now()
        return evidence(Proof.PROVEN, ATTRIBUTE_READ, at, body)


def _control(entry: Entry) -> int | None:
    value = entry.first(CONTROL)
    return int(value) if value.lstrip("-").isdigit() else None


def _needed_control(entry: Entry) -> int:
    control = _control(entry)
    if control is None:
        raise Refused(
            f"{CONTROL} of {entry.dn} may not be seen.", hint="Delegate 'Read account restrictions' on it."
        )
    return control


def _shown(entry: Entry) -> dict[str, Json]:
    return {CONTROL: entry.first(CONTROL)}
