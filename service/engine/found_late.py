"""What a roster finds of somebody who has left: asked or read at once, though their run be long over.

A run looks for accounts once a step and asks what rosters left unclear when it begins. An account that shows up
after that was dealt with by no step that is over, and one that was shut may have been opened since.
"""

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from sqlalchemy import and_, bindparam, select
from sqlalchemy.orm import Session

from connectors.sdk.types import Account, AccountStatus
from service.departures import questions, roster
from service.departures.departure import Departure
from service.departures.kind import LEAVING, DepartureState
from service.departures.left import has_left
from service.departures.questions import Question
from service.departures.roster import Learnt
from service.engine.answering import ANEW
from service.engine.asking import ask_in
from service.engine.progress import open_again, settle
from service.engine.states import StepState
from service.engine.tables import Run, StepRun
from service.engine.undos import Undo
from service.ledger.entry import gathered
from service.people.account_link import AccountLink, of_others
from service.people.person import Person
from service.playbook.model import Grade

#: A list of accounts may be older than what was shut while it was read.
AS_LISTED: Final = timedelta(hours=1)

#: The departures of everybody, the newest last. Whoever is to leave anew is looked at by the run that is to come.
_DEPARTURES: Final = (
    select(Departure.person_id, Run.id)
    .outerjoin(Run, and_(Run.departure_id == Departure.id, Run.cancelled.is_(False)))
    .where(Departure.kind.in_(LEAVING), Departure.state != DepartureState.WITHDRAWN)
    .order_by(Departure.announced_at)
)
_UNDONE: Final = select(Undo.run_id)
#: The steps of a run that act on accounts of a target system.
_STEPS: Final = select(StepRun).where(
    StepRun.run_id == bindparam("run"),
    StepRun.connector == bindparam("connector"),
    StepRun.asks_person.is_(False),
    StepRun.undoes.is_(None),
)


class _Leaver(NamedTuple):
    """Somebody whose run acts on a target system, and the steps by which it does."""

    run: Run
    steps: tuple[StepRun, ...]

    @property
    def over(self) -> list[frozenset[str]]:
        """The accounts that each step that is over knows. Of what will not be done nothing is missed."""
        return [_of(step) for step in self.steps if step.state in ANEW and step.grade is not Grade.WAIVED]


class _Leavers:
    """Whoever has left by a run that acts on this system, by the newest of their runs; looked up when asked for."""

    def __init__(self, session: Session, connector: str) -> None:
        self._session, self._connector = session, connector
        undone = set(session.scalars(_UNDONE))
        newest = {row.person_id: row.id for row in session.execute(_DEPARTURES)}
        self._runs = {person: run for person, run in newest.items() if run and run not in undone}
        self._known: dict[str, _Leaver | None] = {}

    def get(self, person_id: str) -> _Leaver | None:
        """The leaver, if this person is one."""
        if person_id in self._runs and person_id not in self._known:
            self._known[person_id] = self._looked_up(person_id)
        return self._known.get(person_id)

    def _looked_up(self, person_id: str) -> _Leaver | None:
        if not has_left(self._session, self._session.get_one(Person, person_id)):
            return None
        run = self._session.get_one(Run, self._runs[person_id])
        steps = self._session.scalars(_STEPS, {"run": run.id, "connector": self._connector}).all()
        return _Leaver(run, tuple(steps)) if steps else None


def learn(session: Session, connector: str, accounts: Collection[Account], *, at: datetime) -> Learnt:
    """As `roster.learn`; what is new about whoever has left is asked or read, in the same transaction."""
    leavers = _Leavers(session, connector)

    def missed(person_id: str, account: Account) -> bool:
        leaver = leavers.get(person_id)
        if leaver is None or account.status is AccountStatus.DISABLED:
            return False
        return any(account.id not in seen for seen in leaver.over)

    with gathered(session):
        learnt = roster.learn(session, connector, accounts, at=at, missed=missed)
        session.flush()
        _ask(session, connector, leavers, now=at)
        _read_again(session, connector, accounts, leavers, now=at)
    return learnt


def _ask(session: Session, connector: str, leavers: _Leavers, *, now: datetime) -> None:
    runs = set()
    for question in questions.open_questions(session):
        leaver = leavers.get(question.person_id) if question.connector == connector else None
        if leaver is None or not _is_news(session, question, leaver):
            continue
        question.step_run_id, question.waiting = "", []
        if leaver.run.finished_at is not None:
            open_again(session, leaver.run, now=now, body={"connector": connector})
        ask_in(session, question, leaver.run.id, "", now=now)
        runs.add(leaver.run.id)
    if runs:
        settle(session, runs, now=now)


def _is_news(session: Session, question: Question, leaver: _Leaver) -> bool:
    """Whether people must be asked: not yet asked, not somebody else's, and after the end only of what is open."""
    over = leaver.run.finished_at is not None
    ids = [one.id for one in question.accounts if not (over and one.status is AccountStatus.DISABLED)]
    theirs = of_others(session, question.person_id, question.connector, ids)
    return not theirs.issuperset(ids) and not _is_asked(session, question)


def _read_again(
    session: Session, connector: str, accounts: Iterable[Account], leavers: _Leavers, *, now: datetime
) -> None:
    """An account that was shut and is open by the list is read now: the last look at it may be long over.

    Of what a person skipped nobody says that it is shut: it stays skipped.
    """
    open_ = {account.id for account in accounts if account.status is AccountStatus.ACTIVE}
    for link in session.scalars(select(AccountLink).where(AccountLink.connector == connector)):
        leaver = leavers.get(link.person_id) if link.account_id in open_ else None
        for step in leaver.steps if leaver else ():
            if _was_shut(step, link.account_id, before=now - AS_LISTED):
                step.check_at = now


def _was_shut(step: StepRun, account_id: str, *, before: datetime) -> bool:
    if step.state is not StepState.DONE or step.grade is Grade.WAIVED or not step.readable:
        return False
    return step.ended_at is not None and step.ended_at < before and account_id in _of(step)


def _of(step: StepRun) -> frozenset[str]:
    """The accounts a step has evidence about."""
    return frozenset(row["target_id"] for row in step.evidence)


def _is_asked(session: Session, question: Question) -> bool:
    """Whether people are asked already; a question is over once the step that asked was dealt with by hand."""
    if not question.step_run_id:
        return question.asked_at is not None
    asker = session.get(StepRun, question.step_run_id)
    return asker is not None and asker.state is StepState.WAITING
