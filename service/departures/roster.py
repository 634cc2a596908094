"""Learning whose account is whose before anyone leaves, from a target system's full list of accounts."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from connectors.sdk.types import Account
from service.departures import questions
from service.departures.matching import Matched, Unclear, doubt, further, match
from service.ledger.entry import append
from service.ledger.event import Event
from service.people.account_link import ROSTER, AccountLink, linked
from service.people.person import Person, known_to_connectors

ACTOR = "system:roster"
#: Why accounts besides the person's own are asked about.
MORE = "Further accounts carry an identifier of this person: a second account of theirs, or somebody else's."
#: Why an account is asked about though two identifiers agree.
FOUND_LATE = "An account of this person showed up after their run had looked for it."
#: Whether somebody, by id, has left without this account having been dealt with.
Missed = Callable[[str, Account], bool]


def _nobody_left(_: str, __: Account) -> bool:
    return False


@dataclass(frozen=True, slots=True, kw_only=True)
class Learnt:
    """What a roster taught.

    Links made, accounts nobody owns, people whose account is unclear; of the links known before, how many are
    doubted now and how many accounts are listed no more.
    """

    links: int
    orphans: int
    unclear: int
    doubted: int = 0
    vanished: int = 0


@dataclass(slots=True)
class _Roster:
    """One list of accounts on its way into links and questions."""

    session: Session
    connector: str
    at: datetime
    held: Mapping[str, Account]
    links: dict[str, AccountLink]
    people: Mapping[str, Person]
    by_value: Mapping[tuple[str, str], list[Account]]
    asked: Mapping[str, questions.Question]
    missed: Missed
    mine: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    doubted: dict[str, list[Account]] = field(default_factory=lambda: defaultdict(list))


def learn(
    session: Session,
    connector: str,
    accounts: Iterable[Account],
    *,
    at: datetime,
    missed: Missed = _nobody_left,
) -> Learnt:
    """Link every account that two identifiers give to exactly one person, and keep known links up to date.

    A link once made is not moved: one whose account now looks like somebody else's is doubted, and what is
    unclear is kept as a question. An account that fits two people is nobody's until somebody decides.

    Args:
        missed: Says of whom an account is asked about instead of linked.
    """
    roster = _opened(session, connector, accounts, at=at, missed=missed)
    doubted, vanished = _refresh(roster)
    made, unclear = _match_all(roster)
    learnt = Learnt(
        links=made,
        orphans=sum(account_id not in roster.links for account_id in roster.held),
        unclear=unclear,
        doubted=doubted,
        vanished=vanished,
    )
    _record(roster, Event.ROSTER_LEARNT, counts={"accounts": len(roster.held), **asdict(learnt)})
    return learnt


def _opened(
    session: Session, connector: str, accounts: Iterable[Account], *, at: datetime, missed: Missed
) -> _Roster:
    held = {account.id: account for account in accounts}
    by_value: dict[tuple[str, str], list[Account]] = defaultdict(list)
    for account in held.values():
        for kind, value in account.identifiers.items():
            by_value[kind, value.casefold()].append(account)
    links = session.scalars(select(AccountLink).where(AccountLink.connector == connector))
    asked = session.scalars(select(questions.Question).where(questions.Question.connector == connector))
    return _Roster(
        session=session,
        connector=connector,
        at=at,
        held=held,
        links={link.account_id: link for link in links},
        people={person.id: person for person in session.scalars(select(Person))},
        by_value=by_value,
        missed=missed,
        asked={question.person_id: question for question in asked},
    )


def _refresh(roster: _Roster) -> tuple[int, int]:
    """Bring known links up to date: how many are doubted, how many accounts have vanished since."""
    doubted = vanished = 0
    for link in roster.links.values():
        account = roster.held.get(link.account_id)
        if account is None:
            vanished += link.vanished_at is None
            link.vanished_at = link.vanished_at or roster.at
        else:
            before, changed = link.doubt, link.see(account, at=roster.at)
            if changed or before:
                link.doubt = doubt(known_to_connectors(roster.people[link.person_id]), account)
            if link.doubt and not before:
                doubted += 1
                _doubted(roster, link)
        if not link.doubt:
            roster.mine[link.person_id].add(link.account_id)
        elif account is not None:
            roster.doubted[link.person_id].append(account)
    return doubted, vanished


def _doubted(roster: _Roster, link: AccountLink) -> None:
    roster.session.flush()
    _record(roster, Event.ACCOUNT_DOUBTED, subject=roster.people[link.person_id].subject)


def _match_all(roster: _Roster) -> tuple[int, int]:
    """Link what is certain and keep what is not: links made, people whose account is unclear."""
    fits: dict[str, list[tuple[Person, Matched]]] = defaultdict(list)
    unclear: dict[str, tuple[str, tuple[Account, ...]]] = {}
    without = 0
    for person in roster.people.values():
        found = _of_person(roster, person)
        if isinstance(found, Matched):
            fits[found.account.id].append((person, found))
        elif isinstance(found, Unclear):
            without += not roster.mine.get(person.id)
            unclear[person.id] = found.why, found.candidates
    made = 0
    for owners in fits.values():
        if len(owners) > 1:
            without += len(owners)
            why = f"The identifiers of {len(owners)} people are on one account."
            unclear |= {person.id: (why, (found.account,)) for person, found in owners}
            continue
        person, found = owners[0]
        if roster.missed(person.id, found.account):
            without += 1
            unclear[person.id] = FOUND_LATE, (found.account, *found.others)
            continue
        made += 1
        _link(roster, person, found.account)
        if found.others:
            unclear[person.id] = MORE, found.others
    for person_id, (why, candidates) in unclear.items():
        questions.find(roster.session, person_id, roster.connector, why, candidates, at=roster.at)
    _no_longer_unclear(roster, roster.asked, unclear)
    return made, without


def _of_person(roster: _Roster, person: Person) -> Matched | Unclear | None:
    """What the roster says about one person, leaving out accounts that are surely not theirs.

    An account whose link is doubted is a question to whoever it was linked to, and to whom it fits now.
    """
    mine = roster.mine.get(person.id, set())
    no = roster.asked[person.id].dismissed if person.id in roster.asked else ()
    candidates = [
        account
        for account in _candidates(person, roster.by_value)
        if account.id not in no
        and ((link := roster.links.get(account.id)) is None or link.person_id == person.id or link.doubt)
    ]
    asker = known_to_connectors(person)
    if mine:
        more = further(asker, candidates, mine=mine)
        return Unclear(why=MORE, candidates=more) if more else None
    doubted = roster.doubted.get(person.id, []) + [a for a in candidates if a.id in roster.links]
    if doubted:
        named = {account.id: account for account in doubted}
        return Unclear(why=roster.links[doubted[0].id].doubt, candidates=tuple(named.values()))
    found = match(asker, candidates)
    return found if isinstance(found, Matched | Unclear) else None


def _link(roster: _Roster, person: Person, account: Account) -> None:
    link = linked(person.id, account, learnt_from=ROSTER, at=roster.at)
    roster.links[account.id] = link
    roster.session.add(link)


def _no_longer_unclear(
    roster: _Roster, asked: Mapping[str, questions.Question], unclear: Mapping[str, object]
) -> None:
    """A question that the roster itself has answered, and that no step waits for, needs no person."""
    for person_id, question in asked.items():
        if person_id not in unclear and question.answered_at is None and not question.step_run_id:
            question.candidates, question.answered_at, question.answered_by = [], roster.at, ACTOR


def _candidates(person: Person, by_value: Mapping[tuple[str, str], list[Account]]) -> list[Account]:
    said = (
        ("employee_no", person.employee_no),
        ("email", person.work_email),
        ("username", person.username),
    )
    found = {
        account.id: account
        for kind, value in said
        if value
        for account in by_value.get((kind, value.casefold()), ())
    }
    return list(found.values())


def _record(
    roster: _Roster, event: Event, *, subject: str = "", counts: Mapping[str, int] | None = None
) -> None:
    body = {"connector": roster.connector, **(counts or {})}
    append(roster.session, event, actor=ACTOR, subject=subject, body=body, at=roster.at)
