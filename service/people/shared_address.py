"""Whose address is it: a roster gives somebody an address that another one holds, and only a person knows why.

Addresses are given to the next person. One person with two records has the same one twice, and to everything here
whoever shares an address is one human: a slip would make a newcomer the namesake of somebody's end.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from service.people.person import Person

#: What is said of every row: whoever holds its address is the same person.
ALL: Final = "all"
#: A database takes so many values in one question.
CHUNK: Final = 500

Row = tuple[int, Mapping[str, str]]


def _nobody(_: Person) -> bool:
    return False


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """What a person said of rows, by their `source_id`, whose address somebody else holds.

    `same`: that is this very person, by another record. `given_on`: it was somebody else's, who has left.

    Args:
        gone: Whether somebody has left, and all that was to be done about it is done.
    """

    same: Collection[str] = ()
    given_on: Collection[str] = ()
    gone: Callable[[Person], bool] = _nobody


UNASKED: Final = Answers()


class _Holder(NamedTuple):
    """Who has an address once the file is taken over: somebody here, or a line of it."""

    name: str
    number: str
    person: Person | None = None


@dataclass(slots=True)
class Judged:
    """What became of it: the questions, by line, and whose address was given on."""

    slips: list[str] = field(default_factory=list)
    given_up: list[Person] = field(default_factory=list)


def judge(
    session: Session, rows: Sequence[Row], known: Mapping[str, Person], answers: Answers = UNASKED
) -> Judged:
    """Look at each row that gives an address to somebody who had it not, before anything is changed.

    Args:
        known: The people of this source by their `source_id`.
    """
    judged = Judged()
    held = _held_here(session, rows, known)
    settled = {row["source_id"] for _, row in rows if not _is_news(row, known)}
    for line, row in sorted(rows, key=lambda each: (each[1]["source_id"] not in settled, each[0])):
        address = row.get("work_email", "").casefold()
        if not address:
            continue
        number = _number(row, known)
        others = [one for one in held[address] if not (number and one.number == number)]
        if others and row["source_id"] not in settled:
            _judge(judged, line, row["source_id"], others, answers)
        held[address].append(_Holder(f"{row['source_id']} {row['name']} (line {line})", number))
    judged.slips.sort(key=lambda slip: int(slip.split()[1].rstrip(":")))
    return judged


def _judge(judged: Judged, line: int, source_id: str, others: Sequence[_Holder], answers: Answers) -> None:
    if source_id in answers.same or ALL in answers.same:
        return
    people = [one.person for one in others if one.person is not None]
    gone = [person for person in people if answers.gone(person)]
    if source_id in answers.given_on and len(gone) == len(others):
        judged.given_up += gone
        return
    holders = ", ".join(_said(one, gone) for one in others)
    ways = [f"--same {source_id} if that is one person with two records"]
    if len(gone) == len(others):
        ways.append(f"--given-on {source_id} if it was given to somebody new")
    else:
        ways.append("else correct it in the HR system, or give who has it now their new one in the same file")
    judged.slips.append(
        f"  line {line}: the work_email of {source_id} is that of {holders} too: {'; '.join(ways)}"
    )


def _said(holder: _Holder, gone: Collection[Person]) -> str:
    return f"{holder.name}, who has left," if holder.person in gone else holder.name


def _held_here(
    session: Session, rows: Sequence[Row], known: Mapping[str, Person]
) -> defaultdict[str, list[_Holder]]:
    """Who holds each new address already; of those in the file itself its lines say it."""
    news = sorted({row["work_email"].casefold() for _, row in rows if _is_news(row, known)})
    told = {
        known[row["source_id"]].id for _, row in rows if "work_email" in row and row["source_id"] in known
    }
    held: defaultdict[str, list[_Holder]] = defaultdict(list)
    for start in range(0, len(news), CHUNK):
        asked = [address.lower() for address in news[start : start + CHUNK]]
        for person in session.scalars(
            select(Person).where(func.lower(Person.work_email).in_(asked)).order_by(Person.source_id)
        ):
            if person.id not in told:
                name = f"{person.source_id} {person.display_name}"
                held[(person.work_email or "").casefold()].append(
                    _Holder(name, (person.employee_no or "").casefold(), person)
                )
    return held


def _is_news(row: Mapping[str, str], known: Mapping[str, Person]) -> bool:
    """Whether the file gives somebody an address they had not."""
    address, person = row.get("work_email", ""), known.get(row["source_id"])
    had = (person.work_email or "") if person is not None else ""
    return bool(address) and address.casefold() != had.casefold()


def _number(row: Mapping[str, str], known: Mapping[str, Person]) -> str:
    person = known.get(row["source_id"])
    return row.get("employee_no", (person.employee_no or "") if person is not None else "").casefold()
