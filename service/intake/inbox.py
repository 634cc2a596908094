"""Keeping what was received: the row, the ledger's entry and the departure stand or fall together."""

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from http import HTTPStatus

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from connectors.sdk.types import Json
from service.departures.event import TerminationEvent
from service.intake import answer
from service.intake.answer import Answer
from service.intake.source import Ignored, LookUp, Slip, Understood
from service.intake.tables import PendingLookUp, Webhook, WebhookState
from service.ledger.entry import append, joined
from service.ledger.event import Event
from service.store.failpoints import passing

Announce = Callable[[Session, TerminationEvent], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """An authentic message before anybody understood it. `sealed` is its bytes, for `webhook:<webhook_id>`."""

    webhook_id: str
    source: str
    delivery_id: str
    body_sha256: str
    sealed: bytes = field(repr=False)
    received_at: datetime


def new_id() -> str:
    """A random name for a webhook."""
    return str(uuid.uuid4())


def seen(session: Session, delivery: Delivery) -> Answer | None:
    """The answer to a message that was settled before; `None` for a new one, and for one nobody understood."""
    return _settled(session.scalar(_same(delivery)), delivery)


def keep(session: Session, delivery: Delivery, *, understood: Understood, announce: Announce) -> Answer:
    """Store it and let it have its effect. Raises `Unannounceable`; the caller's transaction then rolls back."""
    row = session.scalar(
        _same(delivery).with_for_update()
    )  # looked at once: what it says holds until we commit
    settled = _settled(row, delivery)
    if settled is not None:
        if settled.status is HTTPStatus.OK and isinstance(understood, LookUp):
            _want_look_ups(session, delivery, understood)  # a hint that comes again may mean something new
        return settled
    row = row or _new_row(session, delivery, WebhookState.ACCEPTED)
    row.state, row.problem = WebhookState.ACCEPTED, ""
    with joined(session):
        _record(session, row, Event.WEBHOOK_ACCEPTED, at=delivery.received_at, body=_facts(understood))
        match understood:
            case Ignored():
                row.state, row.problem = WebhookState.IGNORED, understood.reason
            case LookUp():
                _want_look_ups(session, delivery, understood)
            case TerminationEvent():
                row.departure_id = announce(session, understood)
                passing("departure.announced")
    row.answer = {"id": row.id, "state": row.state.value, "departure": row.departure_id}
    session.flush()
    return Answer(status=HTTPStatus.ACCEPTED, body=row.answer)


def keep_unreadable(session: Session, delivery: Delivery, *, slips: tuple[Slip, ...]) -> Answer:
    """Store what nobody understood, and record it once, so that somebody is told."""
    row = session.scalar(_same(delivery).with_for_update())
    settled = _settled(row, delivery)
    if settled is not None:
        return settled
    row = row or _new_row(session, delivery, WebhookState.UNREADABLE)
    given = answer.not_understood(row.id, slips)
    problem = "; ".join(map(str, slips))
    if problem != row.problem:
        row.state, row.problem, row.answer = WebhookState.UNREADABLE, problem, dict(given.body)
        _record(session, row, Event.WEBHOOK_UNREADABLE, at=delivery.received_at, body={"slips": len(slips)})
    session.flush()
    return given


def _same(delivery: Delivery) -> Select[Webhook]:
    return select(Webhook).where(
        Webhook.source == delivery.source, Webhook.delivery_id == delivery.delivery_id
    )


def _settled(row: Webhook | None, delivery: Delivery) -> Answer | None:
    if row is None:
        return None
    if row.body_sha256 != delivery.body_sha256:
        return answer.OTHER_BODY
    if row.state is WebhookState.UNREADABLE:
        return None  # whoever sends it again may have mended the roster or the settings in between
    return Answer(status=HTTPStatus.OK, body=row.answer)


def _new_row(session: Session, delivery: Delivery, state: WebhookState) -> Webhook:
    row = Webhook(
        id=delivery.webhook_id,
        source=delivery.source,
        delivery_id=delivery.delivery_id,
        body_sha256=delivery.body_sha256,
        body=delivery.sealed,
        received_at=delivery.received_at,
        state=state,
        problem="",
        answer={},
    )
    session.add(row)
    session.flush()  # before the ledger's lock is taken: the loser of a race ends here
    return row


def _want_look_ups(session: Session, delivery: Delivery, wanted: LookUp) -> None:
    for employee_id in wanted.employee_ids:
        pending = session.get(PendingLookUp, (delivery.source, employee_id))
        if pending is None:
            pending = PendingLookUp(source=delivery.source, employee_id=employee_id, attempts=0, problem="")
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


def _record(session: Session, row: Webhook, event: Event, *, at: datetime, body: Mapping[str, Json]) -> None:
    facts = {**body, "webhook": row.id, "body_sha256": row.body_sha256}
    append(session, event, actor=f"source:{row.source}", body=facts, at=at)
