"""Messages of HR that were believed and not understood: whoever leaves by one stays in, so a person is told."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.engine.found_stuck import Stuck, StuckKind
from service.intake import look_up
from service.intake.tables import Webhook, WebhookState

#: So long a message that nobody sent again is told of; no other message says that it is settled.
TOLD_FOR: Final = timedelta(days=7)
#: A feed that is wrong throughout is an alarm a source and hour: the newest so many are looked at.
MOST: Final = 10_000


def told(session: Session, *, now: datetime) -> Iterator[Stuck]:
    """One alarm a source and hour, until the same is sent again and understood; and one a source that was asked."""
    query = (
        select(Webhook.source, Webhook.received_at)
        .where(Webhook.state == WebhookState.UNREADABLE, Webhook.received_at > now - TOLD_FOR)
        .order_by(Webhook.received_at.desc())
        .limit(MOST)
    )
    since: dict[tuple[str, str], datetime] = {}
    for source, at in session.execute(query):
        since[source, f"{at:%Y-%m-%d %H}"] = at
    for (source, hour), first in since.items():
        yield Stuck(
            kind=StuckKind.INTAKE,
            key=f"unread:{source}:{hour}",
            said=f"What the HR source {source} sent from {first:%Y-%m-%d %H:%M:%S} UTC on was not understood, and "
            "nothing follows from it: whoever leaves by it stays in.",
            fix="HR's system was answered 422 with the reason. Import the roster (exeunt people import FILE.csv) or "
            f"mend [sources.{source}], then have it sent again.",
            since=first,
        )
    yield from _looked_up(session)


def _looked_up(session: Session) -> Iterator[Stuck]:
    for source, since, count in look_up.not_understood(session):
        people = "one person" if count == 1 else f"{count} people"
        yield Stuck(
            kind=StuckKind.INTAKE,
            key=f"looked-up:{source}",
            said=f"The HR system of the source {source} was asked about {people}, and its answer is not understood, "
            f"since {since:%Y-%m-%d %H:%M:%S} UTC: whoever leaves by it stays in.",
            fix="Look at their record there: the person may not be in the roster (exeunt people import FILE.csv), "
            f"or a date or status may be wrong. Or mend [sources.{source}]. It is asked again at least every hour.",
            since=since,
        )
