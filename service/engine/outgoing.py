"""What goes with a step that is let out, gathered for all of them at once."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session, load_only

from service.departures.departure import Departure
from service.departures.last_admin import leaving_admins
from service.departures.matching import Unclear
from service.departures.questions import open_questions
from service.engine.order import Order
from service.engine.tables import Run, StepRun
from service.people.account_link import Links, links_of
from service.people.person import KNOWN_TO_CONNECTORS, Person, known_to_connectors

_LEAVING = (
    select(Run.id, Run.started_at, Departure, Person)
    .join(Departure, Departure.id == Run.departure_id)
    .join(Person, Person.id == Departure.person_id)
    .where(Run.id.in_(bindparam("runs", expanding=True)))
    .options(load_only(Departure.effective_at), load_only(Person.subject, *KNOWN_TO_CONNECTORS))
)


class _Leaving(NamedTuple):
    began: datetime
    departure: Departure
    person: Person


#: What is unclear about whose accounts they are, by person and target system.
Asked = Mapping[tuple[str, str], Unclear]


def orders_of(session: Session, steps: Sequence[StepRun]) -> list[Order]:
    """What the executor needs for each: it never opens the database."""
    found = session.execute(_LEAVING, {"runs": list({step.run_id for step in steps})})
    leaving = {run_id: _Leaving(began, departure, person) for run_id, began, departure, person in found}
    people = {one.person.id for one in leaving.values()}
    links = links_of(session, people)
    asked = {
        (question.person_id, question.connector): Unclear(why=question.why, candidates=question.accounts)
        for question in open_questions(session, people)
        if question.candidates
    }
    orders = [_order(step, leaving[step.run_id], links, asked) for step in steps]
    return [
        replace(
            order,
            also_leaving=leaving_admins(session, order.connector, without=leaving[order.run_id].person.id),
        )
        if any(account.admin for account in order.links)
        else order
        for order in orders
    ]


def _order(step: StepRun, leaving: _Leaving, links: Links, asked: Asked) -> Order:
    began, departure, person = leaving
    return Order(
        step_run_id=step.id,
        run_id=step.run_id,
        departure_id=departure.id,
        step=step.step,
        n=step.attempt,
        action=step.action,
        connector=step.connector,
        arguments=step.arguments,
        subject=person.subject,
        person=known_to_connectors(person),
        effective_at=departure.effective_at,
        links=links.get((person.id, step.connector), ()),
        unclear=asked.get((person.id, step.connector)),
        checking=step.checking,
        look_first=step.look_first,
        seen=_seen(step.evidence),
        undoes=step.undoes or "",
        began=began,
        sign_in=step.shuts_sign_in,
    )


def _seen(rows: Iterable[Mapping[str, Any]]) -> tuple[tuple[str, str], ...]:
    return tuple({row["target_id"]: row["target"] for row in rows}.items())
