"""Messages of HR that were believed and not understood: whoever leaves by one stays in, so a person is told."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.engine.stuck import Stuck, StuckKind
from service.intake.tables import Webhook, WebhookState

#: So long a message that nobody sent again is told of; no other message says that it is settled.
TOLD_FOR: Final = timedelta(days=7)
#: A feed that is wrong throughout is an alarm a source and hour: the newest so many are looked at.
MOST: Final = 10_000


def told(session: Session, *, now: datetime) -> Iterator[Stuck]:
    """One alarm a source and hour, until the same is sent again and understood."""
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
