"""Keeping what was received: the row, the ledger's entry and the departure stand or fall together."""

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from http import HTTPStatus
from typing import Final

from sqlalchemy import bindparam, func, insert, select
from sqlalchemy.orm import Session

from connectors.sdk.types import Json
from service.departures import early_withdrawal, said_before
from service.departures.departure import Departure
from service.departures.event import NothingToWithdraw, TerminationEvent
from service.departures.kind import OVER
from service.intake import answer
from service.intake.answer import Answer
from service.intake.source import Ignored, LookUp, Slip, Understood
from service.intake.tables import PendingLookUp, Webhook, WebhookState
from service.ledger.entry import LedgerEntry, append, gathered
from service.ledger.event import Event
from service.store import Prepared, table_of
from service.store.failpoints import passing

Announce = Callable[[Session, TerminationEvent], str]

_WEBHOOKS: Final = table_of(Webhook)
_SAME: Final = Prepared(
    select(_WEBHOOKS.c.id)
    .where(_WEBHOOKS.c.source == bindparam("source"), _WEBHOOKS.c.delivery_id == bindparam("delivery_id"))
    .with_for_update(key_share=True)
)
_NEW: Final = Prepared(insert(_WEBHOOKS))
SAID_AGAIN: Final = Slip(
    where="",
    what="the same bytes came before, and since then something else was said of this departure, or its leaver came "
    "back: whether this is late or meant anew nobody can tell. "
    "Send it with a time or a version in it, or decide about the departure here",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """An authentic message before anybody understood it. `sealed` is its bytes, for `webhook:<webhook_id>`.

    `by_its_bytes`: its signature covers no id, so that a repetition and the same said anew look alike.
    """

    webhook_id: str
    source: str
    delivery_id: str
    body_sha256: str
    sealed: bytes = field(repr=False)
    received_at: datetime
    by_its_bytes: bool = False


def new_id() -> str:
    """A random name for a webhook."""
    return str(uuid.uuid4())


def keep(session: Session, delivery: Delivery, *, understood: Understood, announce: Announce) -> Answer:
    """Store it and let it have its effect. Raises `Unannounceable`; the caller's transaction then rolls back."""
    row = _same(session, delivery)  # looked at once: what it says holds until we commit
    settled = _settled(row, delivery)
    if settled is not None:
        if settled.status is HTTPStatus.OK and isinstance(understood, LookUp):
            _hinted_again(session, delivery, understood, settled)
        elif row is not None and (since := _news_since(session, row, delivery)):
            return _unclear(session, delivery, since)
        return settled
    webhook_id = row.id if row else delivery.webhook_id
    state, problem, departure_id = WebhookState.ACCEPTED, "", None
    with gathered(session):
        _record(session, delivery, webhook_id, Event.WEBHOOK_ACCEPTED, _facts(understood))
        match understood:
            case Ignored():
                state, problem = WebhookState.IGNORED, understood.reason
            case LookUp():
                _want_look_ups(session, delivery, understood)
            case TerminationEvent():
                departure_id = announce(session, _as_first_heard(understood, row))
                passing("departure.announced")
    told = {"id": webhook_id, "state": state.value, "departure": departure_id}
    _store(session, row, delivery, state=state, problem=problem, answer=told, departure_id=departure_id)
    return Answer(status=HTTPStatus.ACCEPTED, body=told)


def _as_first_heard(event: TerminationEvent, row: Webhook | None) -> TerminationEvent:
    """What is sent again after a refusal was said when it came first, unless HR itself says when."""
    if row is None or event.dated:
        return event
    return event.model_copy(update={"occurred_at": row.received_at, "said_at": row.received_at})


def keep_unreadable(
    session: Session,
    delivery: Delivery,
    *,
    slips: tuple[Slip, ...],
    early: NothingToWithdraw | None = None,
) -> Answer:
    """Store what nobody understood, and record it once, so that somebody is told.

    Args:
        early: It takes back what is not known here; remembered for when that comes.
    """
    row = _same(session, delivery)
    settled = _settled(row, delivery)
    if settled is not None:
        return settled
    webhook_id = row.id if row else delivery.webhook_id
    given = answer.not_understood(webhook_id, slips)
    problem = "; ".join(map(str, slips))
    if row is None or problem != row.problem:
        if early is not None:
            early_withdrawal.remember(session, early, now=delivery.received_at)
        _record(session, delivery, webhook_id, Event.WEBHOOK_UNREADABLE, {"slips": len(slips)})
        _store(
            session, row, delivery, state=WebhookState.UNREADABLE, problem=problem, answer=dict(given.body)
        )
    return given


def _news_since(session: Session, row: Webhook, delivery: Delivery) -> str:
    """What its source changed or withdrew of the departure after this message, or how the leaver came back.

    Nothing else is news; empty where there is none.
    """
    if row.departure_id is None or not delivery.by_its_bytes or row.body_sha256 != delivery.body_sha256:
        return ""
    departure = session.get(Departure, row.departure_id)
    back = ""
    if departure is not None and departure.state in OVER:
        back = said_before.back_since(session, departure)
    return back or str(_said_since(session, row) or "")


def _said_since(session: Session, row: Webhook) -> int | None:
    later = select(func.min(Webhook.received_at)).where(
        Webhook.departure_id == row.departure_id,
        Webhook.source == row.source,
        Webhook.received_at > row.received_at,
    )
    if (since := session.scalar(later)) is None:
        return None
    return session.scalar(
        select(func.max(LedgerEntry.seq)).where(
            LedgerEntry.departure_id == row.departure_id,
            LedgerEntry.event.in_((Event.DEPARTURE_CHANGED.value, Event.DEPARTURE_WITHDRAWN.value)),
            LedgerEntry.at >= since,
        )
    )


def _hinted_again(session: Session, delivery: Delivery, hint: LookUp, told: Answer) -> None:
    """The same hint once more may mean something new. It is kept too: since it came a look-up can lie behind."""
    again = replace(delivery, delivery_id=f"{delivery.delivery_id}:{delivery.webhook_id}")
    _record(session, again, again.webhook_id, Event.WEBHOOK_ACCEPTED, _facts(hint))
    _want_look_ups(session, again, hint)
    _store(session, None, again, state=WebhookState.ACCEPTED, problem="", answer=dict(told.body))


def _unclear(session: Session, delivery: Delivery, since: str) -> Answer:
    """The same bytes once more, and HR said something else in between: late, or meant anew? A person is told."""
    again = replace(delivery, delivery_id=f"{delivery.delivery_id}:{since}")
    return keep_unreadable(session, again, slips=(SAID_AGAIN,))


def _same(session: Session, delivery: Delivery) -> Webhook | None:
    known = _SAME.scalar(session, source=delivery.source, delivery_id=delivery.delivery_id)
    return None if known is None else session.get_one(Webhook, known)


def _settled(row: Webhook | None, delivery: Delivery) -> Answer | None:
    if row is None:
        return None
    if row.body_sha256 != delivery.body_sha256:
        return answer.OTHER_BODY
    if row.state is WebhookState.UNREADABLE:
        return None  # whoever sends it again may have mended the roster or the settings in between
    return Answer(status=HTTPStatus.OK, body=row.answer)


def _store(
    session: Session,
    row: Webhook | None,
    delivery: Delivery,
    *,
    state: WebhookState,
    problem: str,
    answer: dict[str, Json],
    departure_id: str | None = None,
) -> None:
    """Write what became of it, once: the loser of a race ends here, by the unique name of the delivery."""
    became = {"state": state, "problem": problem, "answer": answer, "departure_id": departure_id}
    if row is not None:
        for name, value in became.items():
            setattr(row, name, value)
        session.flush()
        return
    kept = {
        "id": delivery.webhook_id,
        "source": delivery.source,
        "delivery_id": delivery.delivery_id,
        "body_sha256": delivery.body_sha256,
        "body": delivery.sealed,
        "received_at": delivery.received_at,
    }
    _NEW.run(session, **kept, **became)


def _want_look_ups(session: Session, delivery: Delivery, wanted: LookUp) -> None:
    for employee_id in wanted.employee_ids:
        pending = session.get(PendingLookUp, (delivery.source, employee_id))
        if pending is None:
            pending = PendingLookUp(source=delivery.source, employee_id=employee_id, attempts=0, problem="")
            pending.since = delivery.received_at
            session.add(pending)
        pending.hint, pending.due_at = delivery.webhook_id, delivery.received_at


def _facts(understood: Understood) -> Mapping[str, Json]:
    match understood:
        case Ignored():
            return {"ignored": understood.reason}
        case LookUp():
            return {"look_ups": len(understood.employee_ids)}
        case TerminationEvent():
            return {"change": understood.change.value}


def _record(
    session: Session, delivery: Delivery, webhook_id: str, event: Event, facts: Mapping[str, Json]
) -> None:
    body = {**facts, "webhook": webhook_id, "body_sha256": delivery.body_sha256}
    append(session, event, actor=f"source:{delivery.source}", body=body, at=delivery.received_at)
