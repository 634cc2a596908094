"""The snapshot's judgement as the entrances show it."""

from collections.abc import Callable
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.engine.facts import DayFact, FindingFact
from service.snapshot.custody import Shelf
from service.snapshot.seal import opened
from service.snapshot.tables import Snapshot


def findings_of(shelf: Shelf) -> Callable[[Session, str], FindingFact | None]:
    """A reader of findings over one shelf."""

    def finding(session: Session, departure_id: str) -> FindingFact | None:
        found = opened(session, departure_id, shelf)
        if found is None:
            return None
        snapshot, body = found
        judged = body["judged"]
        first = _first(session, departure_id)
        return FindingFact(
            snapshot_id=snapshot.id,
            verdict=judged["verdict"],
            sentence=judged["sentence"],
            coverage=judged["coverage"],
            sealed_at=snapshot.sealed_at,
            sealed_seq=snapshot.sealed_seq,
            first_sealed_at=first.sealed_at,
            first_sealed_seq=first.sealed_seq,
            version=snapshot.version,
            manifest_sha256=snapshot.manifest_sha256,
            usual_max=judged["usual_max"],
            total_records=body["total_records"],
            notice_on_file=body["notice_on_file"],
            days=tuple(
                DayFact(day=date.fromisoformat(day), records=records, in_review=review, why_unknown=why)
                for day, records, review, why in judged["days"]
            ),
            limits=tuple(body["limits"]),
            notice=date.fromisoformat(body["notice"]) if body.get("notice") else None,
        )

    return finding


def _first(session: Session, departure_id: str) -> Snapshot:
    """The snapshot that was sealed first; it stays on record when the leaver is looked at again."""
    query = select(Snapshot).where(Snapshot.departure_id == departure_id).order_by(Snapshot.version)
    return session.scalars(query.limit(1)).one()
