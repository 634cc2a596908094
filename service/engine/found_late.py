"""What a roster finds about somebody whose run is under way: asked at once, not left unsaid.

A run looks for accounts once a step and asks what rosters left unclear when it begins. An account that shows up
after that was dealt with by no step that is over.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Final, NamedTuple

from sqlalchemy import bindparam, select
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
from service.engine.progress import settle
from service.engine.states import StepState
from service.engine.tables import Run, StepRun
from service.engine.undos import Undo
from service.ledger.entry import gathered
from service.people.account_link import of_others
from service.people.person import Person

_UNDER_WAY: Final = (
    select(Departure.person_id, Run.id)
    .join(Run, Run.departure_id == Departure.id)
    .outerjoin(Undo, Undo.run_id == Run.id)
    .where(Run.finished_at.is_(None), Run.cancelled.is_(False), Undo.run_id.is_(None))
    .where(Departure.kind.in_(LEAVING), Departure.state != DepartureState.WITHDRAWN)
)
#: What steps of these runs that act on accounts know of each, by run.
_LOOKED: Final = select(StepRun.run_id, StepRun.state, StepRun.evidence).where(
    StepRun.run_id.in_(bindparam("runs", expanding=True)),
    StepRun.connector == bindparam("connector"),
    StepRun.asks_person.is_(False),
    StepRun.undoes.is_(None),
)


class _Leaver(NamedTuple):
    """Somebody whose run acts on a target system; `over`: the accounts that each step that is over knows."""

    run_id: str
    over: tuple[frozenset[str], ...]


def learn(session: Session, connector: str, accounts: Iterable[Account], *, at: datetime) -> Learnt:
    """As `roster.learn`; what is new about whoever is leaving is put to people in the same transaction."""
    leavers = _leavers(session, connector)

    def missed(person_id: str, account: Account) -> bool:
        leaver = leavers.get(person_id)
        if leaver is None or account.status is AccountStatus.DISABLED:
            return False
        return any(account.id not in seen for seen in leaver.over)

    with gathered(session):
        learnt = roster.learn(session, connector, accounts, at=at, missed=missed)
        session.flush()
        _ask(session, connector, leavers, now=at)
    return learnt


def _ask(session: Session, connector: str, leavers: Mapping[str, _Leaver], *, now: datetime) -> None:
    runs = set()
    for question in questions.open_questions(session, leavers.keys()) if leavers else ():
        ids = [account.id for account in question.accounts]
        theirs = of_others(session, question.person_id, connector, ids)
        if question.connector != connector or theirs.issuperset(ids) or _is_asked(session, question):
            continue
        question.step_run_id, question.waiting = "", []
        run_id = leavers[question.person_id].run_id
        ask_in(session, question, run_id, "", now=now)
        runs.add(run_id)
    if runs:
        settle(session, runs, now=now)


def _is_asked(session: Session, question: Question) -> bool:
    """Whether people are asked already; a question is over once the step that asked was dealt with by hand."""
    if not question.step_run_id:
        return question.asked_at is not None
    asker = session.get(StepRun, question.step_run_id)
    return asker is not None and asker.state is StepState.WAITING


def _leavers(session: Session, connector: str) -> dict[str, _Leaver]:
    """Whoever has left by a run that is under way and acts on this system."""
    found = {
        run_id: person_id
        for person_id, run_id in session.execute(_UNDER_WAY)
        if has_left(session, session.get_one(Person, person_id))
    }
    over: dict[str, list[frozenset[str]]] = {}
    for run_id, state, evidence in session.execute(_LOOKED, {"runs": list(found), "connector": connector}):
        looked = over.setdefault(run_id, [])
        if state in ANEW:
            looked.append(frozenset(row["target_id"] for row in evidence))
    return {found[run_id]: _Leaver(run_id, tuple(looked)) for run_id, looked in over.items()}
