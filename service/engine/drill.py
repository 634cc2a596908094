"""The leaver drill: a made-up person is shut out of each target system and let in again, before a real one leaves.

What is shut is kept before the call; of a drill that was cut short the next look opens it again.
It measures the time to the verified cut and finds what has expired while nobody looked. Only accounts that carry
two identifiers of the made-up person are touched; one that could be a real person's stops the drill of its system.
"""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, cast

import structlog
from sqlalchemy import func, or_, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from connectors.sdk.capabilities import (
    ChecksItself,
    DisablesAccounts,
    FindsAccounts,
    Verifies,
)
from connectors.sdk.context import Context
from connectors.sdk.errors import ConnectorError, Unsafe
from connectors.sdk.registry import Registry
from connectors.sdk.types import Account, AccountStatus, Evidence, Expectation, Proof
from connectors.sdk.types import Person as Synthetic
from service.departures.matching import Matched, match
from service.engine import kill_switch
from service.engine.drill_shut import KEY, DrillAccount, Shut
from service.engine.untouchable import Untouchable
from service.ledger.entry import LedgerEntry, append, head
from service.ledger.event import Event
from service.people.account_link import AccountLink
from service.people.person import Person
from service.sections import DrillSection
from service.settings import Settings
from service.store import Base, Store

if TYPE_CHECKING:
    from service.engine.desk import Desk

log = structlog.get_logger()

#: So much later than planned a drill may be before somebody is told.
MARGIN: Final = timedelta(days=2)
#: Where drills are set up, the first comes so much later: whoever set them up looks first.
FIRST_AFTER: Final = timedelta(hours=1)
#: A drill that has not moved for so long was cut short: no call takes as long.
LEASE: Final = timedelta(minutes=5)
CUT_SHORT: Final = "The drill was cut short."


class Drill(Base):
    """One drill: when, by whom, and how each target system did.

    Unfinished while it lasts; past `alive_until` it was cut short, and what it had shut is opened by somebody else.
    """

    __tablename__ = "drills"

    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    began_at: Mapped[datetime]
    by: Mapped[str]
    finished_at: Mapped[datetime | None]
    alive_until: Mapped[datetime | None]
    passed: Mapped[bool | None]
    lines: Mapped[list[Any]] = mapped_column(default=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """How one target system did. `cut_ms`: from the first call to the verified cut; 0 where nothing was cut."""

    system: str
    passed: bool
    cut_ms: int
    said: str
    fix: str = ""


class NotNow(Exception):  # noqa: N818  a refusal, not a fault
    """The drill was not begun; the message says why and what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Drills:
    """Carries drills out, one at a time, and keeps how they ended.

    Args:
        shut: Keeps what is shut, until it is open again.
        lease: For how long one that does not move is taken for alive.
    """

    store: Store
    registry: Registry
    section: DrillSection
    untouchable: Untouchable
    shut: Shut
    now: Callable[[], datetime]
    lease: timedelta = LEASE

    def when_due(self) -> None:
        """Called by a tick: opens what was left shut, and begins a drill where the last is old enough."""
        self.let_in()
        if not self.section.systems:
            return
        if self.now() < self._due():
            return
        try:
            self.carry_out("system:drill")
        except NotNow as refused:
            log.warning("drill.not_begun", why=str(refused))

    def _due(self) -> datetime:
        """When the next drill is, by the record: however often the service is started, it is not put off or begun."""
        with self.store.read() as session:
            last = newest(session)
            planned = planned_at(session) if last is None else None
        if last is not None:
            return last.began_at + timedelta(days=self.section.every_days)
        return (planned or self._plan()) + FIRST_AFTER

    def _plan(self) -> datetime:
        """Put on record, once, that drills are set up; gives since when."""
        with self.store.write("drill.begin") as session:
            head(session)  # the lock first: of two nodes that look at one moment the second sees the first
            if (planned := planned_at(session)) is not None:
                return planned
            now, body = self.now(), {"systems": list(self.section.systems)}
            append(session, Event.DRILL_PLANNED, actor="system:drill", body=body, at=now)
        return now

    def carry_out(self, by: str) -> Drill:
        """Do one drill and keep it. Raises `NotNow`; then nothing was touched."""
        self.let_in()
        number = self._begin(by)
        return self._keep(number, [self._unless_stopped(number, name) for name in self.section.systems], by)

    def _unless_stopped(self, number: int, name: str) -> Line:
        """One system's part, where nobody threw the kill switch since the last one's."""
        with self.store.read() as session:
            thrown = kill_switch.is_thrown(session)
        if not thrown:
            return self._one(number, name)
        said = "The kill switch was thrown before its turn came: nothing was touched there."
        return Line(
            system=name, passed=False, cut_ms=0, said=said, fix="Go on, then run it again: exeunt drill."
        )

    def let_in(self) -> None:
        """Open what drills that were cut short left shut, and end those drills as failed."""
        with self.store.read() as session:
            over = (
                Drill.finished_at.is_not(None)
                | Drill.alive_until.is_(None)
                | (Drill.alive_until <= self.now())
            )
            left = select(DrillAccount.drill).where(DrillAccount.drill == Drill.number).exists()
            found = session.scalars(select(Drill).where(over, left | Drill.finished_at.is_(None))).all()
            if not found or kill_switch.is_thrown(session):
                return
        for drill in found:
            wrong = {system: self.shut.open_again(one) for system, one in self.shut.of(drill.number).items()}
            if drill.finished_at is None:
                self._keep(drill.number, [*self._cut_short(wrong)], "system:drill")
            elif "" in wrong.values():
                self._keep(drill.number, [*_opened_since(drill, wrong)], "system:drill")
            for system in (system for system, said in wrong.items() if not said):
                log.warning("drill.let_in", drill=drill.number, system=system)

    def _cut_short(self, wrong: Mapping[str, str]) -> Iterator[Line]:
        for system in {*self.section.systems, *wrong}:
            then = "Nothing was left shut there."
            if system in wrong:
                then = wrong[system] or "The test account was opened again."
            yield Line(
                system=system,
                passed=False,
                cut_ms=0,
                said=f"{CUT_SHORT} {then}",
                fix="Run it again: exeunt drill.",
            )

    def _keep(self, number: int, lines: Sequence[Line], by: str) -> Drill:
        with self.store.write("drill") as session:
            drill = session.get_one(Drill, number)
            drill.finished_at, drill.passed = self.now(), all(line.passed for line in lines)
            drill.lines = [asdict(line) for line in lines]
            body = {
                "drill": number,
                "systems": {line.system: "passed" if line.passed else "failed" for line in lines},
                "cut_ms": {line.system: line.cut_ms for line in lines if line.cut_ms},
            }
            event = Event.DRILL_PASSED if drill.passed else Event.DRILL_FAILED
            append(session, event, actor=by, body=body, at=self.now())
        return drill

    def _begin(self, by: str) -> int:
        with self.store.write("drill.begin") as session:
            head(session)  # the lock first: of two nodes that begin at one moment the second sees the first
            if why := self._why_not(session):
                raise NotNow(why)
            number = (session.scalar(select(func.max(Drill.number))) or 0) + 1
            now = self.now()
            session.add(Drill(number=number, began_at=now, alive_until=now + self.lease, by=by, lines=[]))
            body = {"drill": number, "systems": list(self.section.systems)}
            append(session, Event.DRILL_BEGUN, actor=by, body=body, at=self.now())
        return number

    def _why_not(self, session: Session) -> str:
        if not self.section.systems:
            return "No drill is set up. Name systems and the made-up person in [drill] of exeunt.toml."
        if kill_switch.is_thrown(session):
            return "Everything is stopped: the drill waits until somebody goes on."
        last = newest(session)
        if last is not None and last.finished_at is None:
            return (
                f"The drill D-{last.number} is under way, or was cut short a moment ago. Wait five minutes."
            )
        unknown = [name for name in self.section.systems if name not in self.registry.configured]
        if unknown:
            return (
                f"{', '.join(unknown)} of drill.systems is not set up. Set it up, or take it out of the list."
            )
        if self._real_person(session):
            return (
                "An identifier of the made-up person is a real person's here. Nothing was touched: give the drill a "
                "number, an address and a user name that nobody else has."
            )
        return ""

    def _real_person(self, session: Session) -> bool:
        """Whether anybody known here goes by one of the made-up person's identifiers."""
        section = self.section
        same = (
            (Person.employee_no, section.employee_no),
            (Person.work_email, section.email),
            (Person.username, section.username),
        )
        query = select(Person.id).where(or_(*(func.lower(column) == word.lower() for column, word in same)))
        return session.scalar(query.limit(1)) is not None

    def _one(self, number: int, name: str) -> Line:
        """One system's part; what goes wrong there stops none of the others."""
        try:
            return self._cut_and_restore(number, name)
        except ConnectorError as error:
            return Line(system=name, passed=False, cut_ms=0, said=error.what, fix=error.hint)

    def _cut_and_restore(self, number: int, name: str) -> Line:
        connector = self._open(name)
        if not (isinstance(connector, FindsAccounts) and isinstance(connector, DisablesAccounts)):
            return self._looked(name, connector)
        self._stay_alive(number)
        began = time.monotonic()
        account = self._account(name, connector)
        self.shut.keep(number, account)
        connector.disable_account(account)
        wrong = self._wrong(name, account, Expectation.DISABLED)
        cut_ms = max(1, round((time.monotonic() - began) * 1000))
        not_open = self.shut.open_again(self.shut.of(number)[name])
        wrong = wrong or not_open or self._wrong(name, account, Expectation.RESTORED)
        if wrong:
            return Line(
                system=name, passed=False, cut_ms=0, said=wrong, fix="Look at the test account there."
            )
        return Line(
            system=name,
            passed=True,
            cut_ms=cut_ms,
            said="Shut, read back as shut, opened again and read back.",
        )

    def _stay_alive(self, number: int) -> None:
        """Raises `Unsafe` where somebody took this drill for dead and ended it."""
        with self.store.write("drill.begin") as session:
            drill = session.get_one(Drill, number, with_for_update={"key_share": True})
            if drill.finished_at is not None:
                raise Unsafe("This drill stood still for too long and was ended.", hint="Run it again.")
            drill.alive_until = self.now() + self.lease

    def _looked(self, name: str, connector: object) -> Line:
        """A system in which nothing can be shut and opened again is asked whether we may do what we would."""
        if not isinstance(connector, ChecksItself):
            return Line(system=name, passed=True, cut_ms=0, said="Nothing here can be tried.")
        health = connector.check()
        wrong = [check for check in health.checks if not check.ok]
        return Line(
            system=name,
            passed=not wrong,
            cut_ms=0,
            said=" ".join(check.what for check in wrong) or "Our rights are there; nothing was changed.",
            fix=" ".join(check.fix for check in wrong),
        )

    def _account(self, name: str, connector: FindsAccounts) -> Account:
        """The made-up person's account, and surely nobody else's. Raises `Unsafe`; then nothing was changed."""
        found = match(self._person(), connector.find_accounts(self._person()))
        if not isinstance(found, Matched):
            raise Unsafe(
                f"No single account in {name} carries two identifiers of the drill's made-up person.",
                hint=f"Make one there: user name {self.section.username}, e-mail {self.section.email}, "
                f"employee number {self.section.employee_no}.",
            )
        account = found.account
        self.untouchable.check(account)
        with self.store.read() as session:
            owner = session.scalar(
                select(AccountLink.id).where(
                    AccountLink.connector == name, AccountLink.account_id == account.id
                )
            )
        if owner is not None or account.admin:
            raise Unsafe(
                f"The account found in {name} is a person's, or administers it. It was not touched.",
                hint="Give the drill an account of its own, without any rights.",
            )
        if account.status is AccountStatus.DISABLED:
            raise Unsafe(
                f"The test account in {name} was shut before the drill began.",
                hint="A drill may have been interrupted: open the account there, then run the drill again.",
            )
        return account

    def _wrong(self, name: str, account: Account, expectation: Expectation) -> str:
        """What a new, read-only session says against it; empty when it is proven."""
        reader = self._open(name, reading=True)
        if not isinstance(reader, Verifies):
            return f"{name} cannot be read back."
        evidence: Sequence[Evidence] = reader.verify(account, expectation)
        proofs = {fact.proof for fact in evidence}
        if Proof.PROVEN in proofs and not proofs & {Proof.CONTRADICTED, Proof.PENDING}:
            return ""
        return f"The test account in {name} was not read back as {expectation.value}."

    def _open(self, name: str, *, reading: bool = False) -> object:
        context = Context(now=self.now, idempotency_key=KEY, fresh=reading, read_only=reading)
        return cast("object", self.registry.open(name, context))

    def _person(self) -> Synthetic:
        section = self.section
        return Synthetic(
            display_name="the drill's made-up person",
            employee_no=section.employee_no,
            emails=(section.email,),
            usernames=(section.username,),
        )


def _opened_since(drill: Drill, wrong: Mapping[str, str]) -> Iterator[Line]:
    """What was found stays as it was said; what was left shut and is open now is said beside it."""
    for line in drill.lines:
        now_open = wrong.get(line["system"]) == ""
        yield Line(
            **{**line, "said": f"{line['said']} The test account was opened later."} if now_open else line
        )


def newest(session: Session) -> Drill | None:
    """The last drill that was begun."""
    return session.scalar(select(Drill).order_by(Drill.number.desc()).limit(1))


def planned_at(session: Session) -> datetime | None:
    """Since when drills are set up; nothing where none were, or a version that did not say so looked."""
    query = select(func.min(LedgerEntry.at)).where(LedgerEntry.event == Event.DRILL_PLANNED.value)
    return session.scalar(query)


def past(session: Session, most: int = 20) -> list[Drill]:
    """The last drills, the newest first."""
    return list(session.scalars(select(Drill).order_by(Drill.number.desc()).limit(most)))


def drills_of(desk: "Desk", registry: Registry, settings: Settings) -> Drills:
    """As the configuration has them."""
    return Drills(
        store=desk.store,
        registry=registry,
        section=settings.drill,
        untouchable=Untouchable.of(settings.guardrails.protected_accounts),
        shut=Shut(store=desk.store, keys=desk.keys, registry=registry, now=desk.now),
        now=desk.now,
    )
