"""Our record of one person leaving."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import JSON, ForeignKey, String, UniqueConstraint, false, insert
from sqlalchemy.orm import Mapped, Session, make_transient_to_detached, mapped_column
from sqlalchemy.orm.attributes import set_committed_value

from service.departures.kind import DepartureKind, DepartureState
from service.store import Base, Prepared, table_of

#: What marks a word that was kept and moved nothing: said by somebody for whom the departure is sealed.
ASIDE: Final = "aside"


class Departure(Base):
    """One person leaving, from the announcement to the closed run.

    What HR meant is `civil_at` (wall-clock time, ISO 8601 without offset) in `zone`; `effective_at` is
    recomputed from the two when it falls due and when the zone data are new; `interpretation` says how (rule, gap
    or fold, zone data version).
    A held departure has not begun, or (it has a run) begins nothing more. `source_version` is HR's own count, and
    `said_at` when it said its newest word, where its messages may overtake each other.
    `changed_to` is what HR said too late to be followed, or what somebody said for whom it is sealed.
    `timed_from` is the instant the run's steps were timed from, while it is another one and they have not been moved
    yet.
    `held_codes` are the guardrails that hold it; of one that two persons let go although a connector it needs is not
    set up that code stays. `counted_at` is when HR last said something new, `begun_at` when
    its run began, `released_at` when two persons let it go on: what they let go is not counted.
    `begins_at` is when its run begins, with the notice or when access ends, as found by the playbook and zone data
    that `begins_by` names; empty while nobody has looked.
    `batch_id` is the batch it belongs to, `wave` its place in it. A `sealed` one only named people see.
    """

    __tablename__ = "departures"
    __table_args__ = (UniqueConstraint("source", "source_id"),)

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    source: Mapped[str] = mapped_column(String(60))
    source_id: Mapped[str] = mapped_column(String(200))
    person_id: Mapped[str] = mapped_column(String(36), ForeignKey("people.id"), index=True)
    kind: Mapped[DepartureKind]
    state: Mapped[DepartureState] = mapped_column(index=True)
    held_because: Mapped[str] = mapped_column(String(500), default="")
    held_codes: Mapped[list[Any]] = mapped_column(default=list, server_default="[]")
    civil_at: Mapped[str] = mapped_column(String(32))
    zone: Mapped[str] = mapped_column(String(64))
    effective_at: Mapped[datetime] = mapped_column(index=True)
    interpretation: Mapped[dict[str, Any]]
    notice_date: Mapped[date | None]
    source_version: Mapped[str] = mapped_column(String(200), default="")
    said_at: Mapped[datetime | None]
    announced_at: Mapped[datetime]
    announced_by: Mapped[str] = mapped_column(String(200))
    run_id: Mapped[str | None] = mapped_column(String(36))
    changed_to: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    timed_from: Mapped[datetime | None] = mapped_column(index=True)
    counted_at: Mapped[datetime | None] = mapped_column(index=True)
    begun_at: Mapped[datetime | None] = mapped_column(index=True)
    released_at: Mapped[datetime | None]
    begins_at: Mapped[datetime | None] = mapped_column(index=True)
    begins_by: Mapped[str] = mapped_column(String(80), default="")
    batch_id: Mapped[str | None] = mapped_column(String(36), index=True)
    wave: Mapped[int | None]
    sealed: Mapped[bool] = mapped_column(default=False, server_default=false(), index=True)

    @staticmethod
    def said_in(word: Mapping[str, Any]) -> dict[str, Any]:
        """The columns of a departure that stands anew by a word that was kept in `changed_to`."""
        return {
            "kind": DepartureKind(word["kind"]),
            "civil_at": word["civil_at"],
            "zone": word["zone"],
            "effective_at": datetime.fromisoformat(word["effective_at"]),
            "interpretation": word["interpretation"],
        }

    @property
    def told_too_late(self) -> dict[str, Any] | None:
        """What HR said too late to be followed."""
        return None if self.changed_to is None or self.changed_to.get(ASIDE) else self.changed_to


#: What is written of a new departure, what stands in each, and what nobody can know of one yet.
_SAID: Final = (
    *("id", "source", "source_id", "person_id", "kind", "state", "civil_at", "zone", "effective_at"),
    *("interpretation", "notice_date", "source_version", "said_at", "announced_at", "announced_by"),
    *("counted_at", "batch_id"),
)
_BLANK: Final = {"held_because": "", "begins_by": "", "sealed": False}
_NOT_YET: Final = dict.fromkeys(
    ("run_id", "changed_to", "timed_from", "begun_at", "released_at", "begins_at", "wave")
)
_NEW: Final = Prepared(insert(table_of(Departure)).values(**_BLANK, held_codes=[]))


def keep_new(session: Session, departure: Departure) -> None:
    """Write a departure of which nothing is known but what was announced.

    The session holds it from then on as it holds what it has read. Adding it would cost each leaver twice as much.
    """
    _NEW.run(session, **{name: getattr(departure, name) for name in _SAID})
    for name, value in {**_BLANK, "held_codes": [], **_NOT_YET}.items():
        set_committed_value(departure, name, value)
    make_transient_to_detached(departure)
    session.add(departure)
