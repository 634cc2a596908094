"""The mass guard: too many people leaving at once is more likely a broken or forged feed than the truth.

Counted twice. When HR speaks: whoever was announced or changed within the span, and whoever would fall due
within one. And at the gate, when runs begin, where the count is exact whatever came before: no more people are
touched within a span than its limit, unless two persons have released them. Held, never dropped.
"""

from datetime import datetime
from typing import Final

from sqlalchemy import ColumnElement, Select, bindparam, func, select
from sqlalchemy.orm import Session

from service.departures.departure import Departure
from service.departures.guardrails import DAY, Guardrails, Limit
from service.departures.kind import DepartureState
from service.store import Prepared, table_of

CODE: Final = "mass"
TAKEN_BACK: Final = "many taken back"
#: Not begun and not held: what a guard may still stop.
NOT_BEGUN: Final = (DepartureState.ANNOUNCED, DepartureState.SCHEDULED, DepartureState.DUE)


def announced_at_once(session: Session, departure: Departure, guard: Guardrails, *, now: datetime) -> str:
    """Why this announcement or change is one too many, as a sentence; empty where it is not."""
    if not any(_more(session, departure, guard.fewest, now=now)):
        return ""  # on most days one question answers all
    limits = guard.limits(session)
    counted, near = _more(session, departure, min(limit.most for limit in limits), now=now)
    for limit in limits if counted or near else ():
        if counted and _announced_more(session, limit.most, since=now - limit.within):
            return _said(limit, "were announced or changed")
        if near and _due_together(session, departure, limit):
            return _said(limit, "would lose their access")
    return ""


def begin_at_once(session: Session, due: int, guard: Guardrails, *, now: datetime) -> str:
    """Why so many may not all begin, as a sentence. Exact, as nobody else begins anybody meanwhile."""
    session.flush()
    for limit in guard.limits(session, before=now - DAY):
        if _BEGUN.scalar(session, since=now - limit.within) + due > limit.most:
            return _said(limit, "would lose their access")
    return ""


def taken_back_at_once(session: Session, guard: Guardrails, *, now: datetime) -> str:
    """Why one more may not be taken back by HR's word alone; empty where it may. Whoever people cancelled is none."""
    session.flush()
    for limit in guard.limits(session):
        if _TAKEN_BACK.scalar(session, since=now - limit.within) >= limit.most:
            return (
                f"HR takes back more departures within {limit.span} than may be without a person's decision "
                f"(at most {limit.most}): whoever leaves would keep their access. "
                "A person cancels those who stay, and two persons release whoever leaves."
            )
    return ""


def same_wave(session: Session, departure: Departure, guard: Guardrails, *, now: datetime) -> list[Departure]:
    """Whoever else belongs to the mass and has not begun: announced or falling due within the same day.

    Whose run has begun, with the notice, was counted when it did, and what somebody else's end adds to theirs is no
    reason to keep them in: they belong to a mass by what HR says of them within its day, and not by their end alone.
    """
    day = guard.limits(session)[-1].within
    query = select(Departure).where(
        Departure.state.in_(NOT_BEGUN),
        Departure.released_at.is_(None),
        Departure.id != departure.id,
        (Departure.counted_at > now - day)
        | (
            Departure.run_id.is_(None)
            & Departure.effective_at.between(departure.effective_at - day, departure.effective_at + day)
        ),
    )
    # whoever is beginning just now is locked, and counted at the gate
    return list(session.scalars(query.with_for_update(skip_locked=True, key_share=True)))


_DEPARTURES: Final = table_of(Departure).c


def _counting(where: ColumnElement[bool]) -> Select[int]:
    """How many people match, counted no further than `enough`."""
    found = (
        select(_DEPARTURES.id)
        .where(where, _DEPARTURES.state != DepartureState.WITHDRAWN, _DEPARTURES.released_at.is_(None))
        .limit(bindparam("enough"))
        .subquery()
    )
    return select(func.count()).select_from(found)


_ANNOUNCED: Final = _counting(_DEPARTURES.counted_at > bindparam("since"))
_DUE: Final = _counting(_DEPARTURES.effective_at.between(bindparam("first"), bindparam("last")))


_BEGUN: Final = Prepared(
    select(func.count()).where(_DEPARTURES.begun_at > bindparam("since"), _DEPARTURES.released_at.is_(None))
)


#: When HR took it back is when it was last counted; whom people cancel a reason is kept of.
_TAKEN_BACK: Final = Prepared(
    select(func.count()).where(
        _DEPARTURES.state == DepartureState.WITHDRAWN,
        _DEPARTURES.held_because == "",
        _DEPARTURES.run_id.is_(None),
        _DEPARTURES.counted_at > bindparam("since"),
    )
)


_BOTH: Final = Prepared(select(_ANNOUNCED.scalar_subquery(), _DUE.scalar_subquery()))


def _more(session: Session, departure: Departure, most: int, *, now: datetime) -> tuple[bool, bool]:
    """Whether more than so many were announced within the longest span, and whether more are due around then."""
    at = departure.effective_at
    ((announced, due),) = _BOTH.rows(session, since=now - DAY, first=at - DAY, last=at + DAY, enough=most + 1)
    return announced > most, due > most


def _announced_more(session: Session, most: int, *, since: datetime) -> bool:
    return (session.scalar(_ANNOUNCED, {"since": since, "enough": most + 1}) or 0) > most


def _due_more(session: Session, most: int, *, first: datetime, last: datetime) -> bool:
    return (session.scalar(_DUE, {"first": first, "last": last, "enough": most + 1}) or 0) > most


def _due_together(session: Session, departure: Departure, limit: Limit) -> bool:
    """Whether any span that holds this departure's time holds more people than its limit."""
    at, within = departure.effective_at, limit.within
    if not _due_more(session, limit.most, first=at - within, last=at + within):
        return False
    near = Departure.effective_at.between(at - within, at + within)
    query = (
        select(Departure.effective_at)
        .where(near, Departure.state != DepartureState.WITHDRAWN, Departure.released_at.is_(None))
        .order_by(Departure.effective_at)
    )
    times = list(session.scalars(query))
    return any(
        last - first <= within and first <= at <= last
        for first, last in zip(times, times[limit.most :], strict=False)
    )


def _said(limit: Limit, what: str) -> str:
    return (
        f"More people {what} within {limit.span} than may without a person's decision "
        f"(at most {limit.most}). Two persons release whoever really leaves."
    )
