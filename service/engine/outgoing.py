"""What goes with a step that is let out, gathered for all of them at once."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from service.departures.departure import Departure
from service.departures.last_admin import leaving_admins
from service.departures.matching import Unclear
from service.departures.questions import open_questions
from service.departures.times import civil_of
from service.engine.hired_again import Left, by_another_record, gone_since
from service.engine.order import Order
from service.engine.tables import Run
from service.engine.values import StepValues
from service.people.account_link import Links, links_of
from service.people.person import Known, Person, known_to_connectors
from service.store import Prepared, table_of

_RUNS, _DEPARTURES, _PEOPLE = table_of(Run).c, table_of(Departure).c, table_of(Person).c
_LEAVING = Prepared(
    select(
        _RUNS.id,
        _RUNS.started_at,
        _DEPARTURES.id,
        _DEPARTURES.effective_at,
        _DEPARTURES.announced_at,
        _DEPARTURES.zone,
        _PEOPLE.id,
        _PEOPLE.subject,
        *(_PEOPLE[name] for name in Known._fields),
    )
    .where(_DEPARTURES.id == _RUNS.departure_id, _PEOPLE.id == _DEPARTURES.person_id)
    .where(_RUNS.id.in_(bindparam("runs", expanding=True)))
)


class _Leaving(NamedTuple):
    began: datetime
    departure_id: str
    effective_at: datetime
    announced_at: datetime
    zone: str
    person_id: str
    subject: str
    known: Known

    @property
    def gone(self) -> date:
        """The day on which they left."""
        return gone_since(self.began, self.effective_at, self.announced_at, self.zone)


#: What is unclear about whose accounts they are, by person and target system.
Asked = Mapping[tuple[str, str], Unclear]


def orders_of(session: Session, steps: Sequence[StepValues], *, now: datetime) -> list[Order]:
    """What the executor needs for each: it never opens the database."""
    found = _LEAVING.rows(session, runs={step.run_id for step in steps})
    leaving = {run_id: _leaving(*who) for run_id, *who in found}
    people = {one.person_id for one in leaving.values()}
    links = links_of(session, people)
    asked = {
        (question.person_id, question.connector): Unclear(why=question.why, candidates=question.accounts)
        for question in open_questions(session, people)
        if question.candidates
    }
    hired = by_another_record(session, _left_before(leaving, now=now))
    orders = [_order(step, leaving[step.run_id], links, asked, hired, now=now) for step in steps]
    return [
        replace(
            order,
            also_leaving=leaving_admins(session, order.connector, without=leaving[order.run_id].person_id),
        )
        if any(account.admin for account in order.links)
        else order
        for order in orders
    ]


def _left_before(leaving: Mapping[str, _Leaving], *, now: datetime) -> list[Left]:
    """Those who left on an earlier day: nobody is hired again on the day they leave."""
    return [
        Left(run_id, one.person_id, one.known.employee_no, one.known.work_email, gone)
        for run_id, one in leaving.items()
        if (gone := one.gone) < civil_of(now, one.zone).date()
    ]


def _leaving(began: datetime, departure_id: str, *who: Any) -> _Leaving:
    effective_at, announced_at, zone, person_id, subject, *known = who
    when = began, departure_id, effective_at, announced_at, zone
    return _Leaving(*when, person_id, subject, Known(*known))


def _order(
    step: StepValues,
    leaving: _Leaving,
    links: Links,
    asked: Asked,
    hired: Mapping[str, date],
    *,
    now: datetime,
) -> Order:
    return Order(
        step_run_id=step.id,
        run_id=step.run_id,
        departure_id=leaving.departure_id,
        step=step.step,
        n=step.attempt,
        action=step.action,
        connector=step.connector,
        arguments=step.arguments,
        subject=leaving.subject,
        person=known_to_connectors(leaving.known),
        effective_at=leaving.effective_at,
        zone=leaving.zone,
        links=links.get((leaving.person_id, step.connector), ()),
        unclear=asked.get((leaving.person_id, step.connector)),
        checking=step.checking,
        look_first=step.look_first,
        seen=_seen(step.evidence),
        undoes=step.undoes or "",
        gone_since=leaving.gone,
        hired_too=hired.get(step.run_id),
        sign_in=step.shuts_sign_in,
        out_since=now,
    )


def _seen(rows: Iterable[Mapping[str, Any]]) -> tuple[tuple[str, str], ...]:
    return tuple({row["target_id"]: row["target"] for row in rows}.items())
