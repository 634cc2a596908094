"""What is let out to be carried out, and what comes back: the values between the machine and the executor."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final

from connectors.sdk.context import Call
from connectors.sdk.types import Account, AccountState, Evidence, Person, Receipt, Residual
from service.departures.matching import Unclear
from service.playbook.model import Grade

#: The kind of evidence that says what a device is like: encryption, antivirus, last check-in.
POSTURE = "posture"
#: What stands before the accounts or people that come into question: the web shows only some roles what follows.
CANDIDATES: Final = " Candidates: "
#: Why it is asked whose account it is where none carries any identifier of the leaver.
NONE_FOUND = "No account carries an identifier of this person."


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """One attempt of one step run, with everything the executor needs: it never opens the database.

    `checking` asks for a reading only: a device's answer, or the truth of a confirmation.
    `links` are the accounts known to be the leaver's in the step's target system; `seen` are those, as id and
    label, that there is evidence about already: a reading must answer for each of them. `undoes` is the step run
    that this one takes back. `also_leaving` are accounts of other leavers that administer the same system today,
    looked up only where one of `links` does. `gone_since` is the day on which they left, by the calendar of `zone`,
    and `hired_too` the one on which they were hired since by another record of theirs.
    `sign_in` says that it is carried out by the threads kept for the sign-in block. `out_since` is when it left: a
    later moment makes it no other order, as what was read ahead for it was read before.
    """

    step_run_id: str
    run_id: str
    departure_id: str
    step: str
    n: int
    action: str
    connector: str
    arguments: Mapping[str, Any]
    subject: str
    person: Person
    effective_at: datetime
    zone: str = "UTC"
    links: tuple[Account, ...] = ()
    unclear: Unclear | None = None
    checking: bool = False
    seen: tuple[tuple[str, str], ...] = ()
    look_first: bool = False
    undoes: str = ""
    also_leaving: frozenset[str] = frozenset()
    gone_since: date | None = None
    hired_too: date | None = None
    sign_in: bool = False
    out_since: datetime | None = field(default=None, compare=False)

    @property
    def key(self) -> str:
        """The idempotency key: the same for every attempt of the step."""
        return f"{self.run_id}/{self.step}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """Evidence about one account or device."""

    target_id: str
    label: str
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """Carried out, or found as it should be; known this well."""

    grade: Grade
    changed: bool
    readings: tuple[Reading, ...] = ()
    residual: tuple[Residual, ...] = ()
    receipts: Mapping[str, Receipt] = field(default_factory=dict)
    said: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Again:
    """It did not work this time; worth repeating, after looking when it may have taken effect.

    `receipts` are those of other accounts of the same step that were changed.
    """

    error: str
    what: str
    hint: str
    after_s: float | None = None
    look_first: bool = False
    receipts: Mapping[str, Receipt] = field(default_factory=dict)
    residual: tuple[Residual, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """A person must decide or act.

    `failed` tells a step that went wrong (red) from one that only waits for an answer. `shut_gate` also stops
    every other step of the target system.
    `whose` asks whose account it is, of `candidates` or of none, because of `why`.
    """

    error: str
    what: str
    hint: str
    grade: Grade = Grade.UNKNOWN
    readings: tuple[Reading, ...] = ()
    receipts: Mapping[str, Receipt] = field(default_factory=dict)
    residual: tuple[Residual, ...] = ()
    failed: bool = True
    shut_gate: bool = False
    whose: bool = False
    why: str = ""
    candidates: tuple[Account, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Queued:
    """The target system accepted the order; the device has not answered."""

    why: str
    poll_after_s: float
    readings: tuple[Reading, ...] = ()
    receipts: Mapping[str, Receipt] = field(default_factory=dict)
    residual: tuple[Residual, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Contradicted:
    """The target system was read back and says the opposite: never done, whatever the call returned."""

    what: str
    hint: str
    readings: tuple[Reading, ...]
    receipts: Mapping[str, Receipt] = field(default_factory=dict)


Result = Done | Again | Ask | Queued | Contradicted


@dataclass(frozen=True, slots=True, kw_only=True)
class Returned:
    """A result with the attempt it belongs to and the calls that were made for it.

    `others` are accounts that may be the leaver's too: they were found, and nothing was done to them.
    `images` are before-images that came with the answer to the change itself. `receipts` are those of changes that
    were answered, though something may have gone wrong after them; `touched` are the ids of what may have been
    changed by a call whose answer says nothing of it.
    """

    order: Order
    result: Result
    calls: tuple[Call, ...] = ()
    others: tuple[Account, ...] = ()
    images: tuple[AccountState, ...] = ()
    receipts: Mapping[str, Receipt] = field(default_factory=dict)
    touched: frozenset[str] = frozenset()


def whose_is_it(unclear: Unclear) -> Ask:
    """Acting might touch the wrong person: a person says which account it is."""
    candidates = ", ".join(account.label for account in unclear.candidates)
    return Ask(
        error="Ambiguous",
        what=f"{unclear.why}{CANDIDATES}{candidates}.",
        hint="Say which account is the leaver's, or that none is.",
        failed=False,
        whose=True,
        why=unclear.why,
        candidates=unclear.candidates,
    )


def not_begun(order: Order) -> Returned:
    """Nothing was done of it, because it may be somebody else's by now."""
    return Returned(
        order=order,
        result=Again(
            error="Unavailable",
            what="This process lost its hold of the database: nothing was begun.",
            hint="It is carried out by whoever works now.",
            look_first=order.look_first,
        ),
    )
