"""Which account is the leaver's: by a stored link, else by two identifiers that agree on exactly one account.

Never by name, never by the first hit. What is unclear is a question with candidates, never an action.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from connectors.sdk.types import Account, Person

#: Why it is asked where the identifiers fit and the link is another person's.
SOMEBODY_ELSES: Final = "The account with identifiers of this person is known to be somebody else's."
#: An account made this much later than the hire may be a successor's who got a recycled address.
YOUNGER_BY = timedelta(days=30)
#: An account made this much before the hire may be a predecessor's, whose address the person was given.
OLDER_BY = timedelta(days=365)


@dataclass(frozen=True, slots=True, kw_only=True)
class Matched:
    """Exactly one account is the person's. `by` names the identifiers that agree.

    `others` carry one identifier of the person only: an admin account, an alias, or somebody else's. They are
    asked about, and nothing is done to them.
    """

    account: Account
    by: tuple[str, ...]
    others: tuple[Account, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class NoAccount:
    """The system was looked through properly and nothing is the person's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unclear:
    """Acting might touch the wrong person: a person decides. `why` is a sentence."""

    why: str
    candidates: tuple[Account, ...]


Match = Matched | NoAccount | Unclear


def match(person: Person, candidates: Iterable[Account]) -> Match:
    """Decide which of the accounts that hold any identifier of the person is theirs."""
    found = tuple({account.id: account for account in candidates}.values())
    if not found:
        return NoAccount()
    agreeing = {account.id: _agreeing(person, account) for account in found}
    sure = [account for account in found if _independent(account, agreeing[account.id])]
    numbered = {account.id for account in found if "employee_no" in agreeing[account.id]}
    if len(sure) == 1 and numbered - {sure[0].id} and sure[0].id not in numbered:
        return Unclear(
            why="One account carries the employee number and another one the recyclable identifiers.",
            candidates=found,
        )
    if len(sure) == 1 and _numbered_otherwise(person, sure[0]):
        return Unclear(
            why="The account carries another employee number: its address or user name may be recycled.",
            candidates=(sure[0],),
        )
    if len(sure) == 1:
        others = further(person, found, mine={sure[0].id})
        return _unless_recycled(person, sure[0], by=agreeing[sure[0].id], others=others)
    if sure:
        return Unclear(
            why=f"{len(sure)} accounts carry two identifiers of this person.", candidates=tuple(sure)
        )
    return Unclear(
        why=f"{_counted(len(found))} only one identifier of this person; two must agree.",
        candidates=found,
    )


def match_besides(person: Person, candidates: Iterable[Account], theirs: Collection[str]) -> Match:
    """As `match`, leaving out accounts that are known to be somebody else's; where only those fit, it is unclear.

    Args:
        theirs: The ids of accounts with an undoubted link to another person, or said not to be this one's.
    """
    found = tuple(candidates)
    others = tuple(account for account in found if account.id in theirs)
    decided = match(person, (account for account in found if account.id not in theirs))
    if others and isinstance(decided, NoAccount):
        return Unclear(why=SOMEBODY_ELSES, candidates=others)
    return decided


def _counted(count: int) -> str:
    return "1 account carries" if count == 1 else f"{count} accounts carry"


def _agreeing(person: Person, account: Account) -> tuple[str, ...]:
    """The kinds of identifier on which person and account agree, compared exactly but for letter case."""
    known = {
        "employee_no": {person.employee_no or ""},
        "email": set(person.emails),
        "username": set(person.usernames),
    }
    return tuple(
        kind
        for kind, values in known.items()
        if (held := account.identifiers.get(kind, ""))
        and held.casefold() in {v.casefold() for v in values if v}
    )


def _independent(account: Account, kinds: tuple[str, ...]) -> bool:
    """Two identifiers with the same value (a user name that is the address) are one."""
    return len({account.identifiers[kind].casefold() for kind in kinds}) > 1


def _numbered_otherwise(person: Person, account: Account) -> bool:
    held = account.identifiers.get("employee_no", "")
    return bool(held and person.employee_no and held.casefold() != person.employee_no.casefold())


def _unless_recycled(
    person: Person, account: Account, *, by: tuple[str, ...], others: tuple[Account, ...]
) -> Match:
    """Addresses and user names are given to the next person; employee numbers are not."""
    how = "" if "employee_no" in by else _age(person, account)
    if how:
        why = f"The account is {how} than the person's employment and only recyclable identifiers agree."
        return Unclear(why=why, candidates=(account, *others))
    return Matched(account=account, by=by, others=others)


def _age(person: Person, account: Account) -> str:
    """`younger` or `older` than the employment by more than is usual; empty where nobody can say."""
    if person.hired_on is None or account.created_at is None:
        return ""
    made = account.created_at.date()
    if made > person.hired_on + YOUNGER_BY:
        return "younger"
    return "older" if made < person.hired_on - OLDER_BY else ""


def further(person: Person, candidates: Iterable[Account], *, mine: Collection[str]) -> tuple[Account, ...]:
    """Accounts that may be the person's besides those that are: they carry an identifier and nobody else's number."""
    return tuple(
        account
        for account in candidates
        if account.id not in mine and _agreeing(person, account) and not _numbered_otherwise(person, account)
    )


def doubt(person: Person, account: Account) -> str:
    """Why a linked account whose identifiers changed may be somebody else's now; empty if it cannot."""
    if _numbered_otherwise(person, account):
        return "The account carries another employee number now: it may have been given to somebody else."
    if any(account.identifiers.values()) and not _agreeing(person, account):
        return "None of the account's identifiers is the person's any more."
    return ""
