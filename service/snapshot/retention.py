"""What is kept for how long: collected logs roll, and whoever left lately is looked at again."""

from datetime import date, datetime, timedelta

from sqlalchemy import exists, select
from sqlalchemy.orm import Session, aliased

from service.departures.departure import Departure
from service.departures.kind import LEAVING, DepartureKind, DepartureState
from service.snapshot.custody import Shelf
from service.snapshot.tables import RawFile, Snapshot
from service.snapshot.view import REVIEW_AFTER_END
from service.store import Store
from service.store.one_at_a_time import Only, wait_to

#: Logs are kept this much longer than the furthest look back, for a departure that is announced late.
KEEP_LOGS_LONGER_DAYS = 30
#: The last logs of a review arrive some days after its end.
LATE_LOGS_DAYS = 5
#: Whose departure stands so does not leave after all.
STAYS = (DepartureState.RESTORING, DepartureState.WITHDRAWN)


def recently_sealed(session: Session, *, now: datetime) -> list[tuple[str, str | None]]:
    """Departures, each with its run, whose review is not over yet, or whose last logs may still come.

    Who lost a device goes on working, and so does whose departure was taken back, and whoever came back: what they
    do then is no activity after an end.
    """
    since = now - timedelta(days=REVIEW_AFTER_END + LATE_LOGS_DAYS)
    back = aliased(Departure)
    came_back = exists().where(
        back.person_id == Departure.person_id,
        back.kind == DepartureKind.REHIRE,
        back.begun_at >= Departure.effective_at,
    )
    query = (
        select(Departure.id, Departure.run_id)
        .join(Snapshot, Snapshot.departure_id == Departure.id)
        .where(
            Departure.effective_at >= since,
            Departure.kind.in_(LEAVING),
            Departure.state.not_in(STAYS),
            ~came_back,
            Snapshot.wrapped_key.is_not(None),
        )
        .distinct()
    )
    return [(row.id, row.run_id) for row in session.execute(query)]


def destroy_logs(store: Store, shelf: Shelf, *, before: date) -> int:
    """Destroy collected logs and days older than a day, and the rows that speak of them.

    In one transaction that no collector's overlaps: the bytes of an old log may be those of one that arrives now. The
    files go before the commit, so after a crash a row speaks of a file that is gone, and goes with the next turn.
    """
    with store.write("logs.destroyed") as session:
        wait_to(session, Only.KEEPS_LOGS)
        old = session.scalars(select(RawFile).where(RawFile.day < before)).all()
        kept = set(session.scalars(select(RawFile.sha256).where(RawFile.day >= before)))
        for row in old:
            if row.sha256 not in kept:
                shelf.destroy_raw(row.sha256)
            shelf.destroy_day(f"{row.connector}/{row.format}", row.day)
            session.delete(row)
    return len(old)
