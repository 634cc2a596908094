"""Whether the service may be given work, part by part."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from service.engine.alarms import open_alarms
from service.store import Store
from service.store.migrate import newest, stands_at

#: An engine that has not looked at what is due for longer than this is not ready.
ENGINE_LOOKS_WITHIN: Final = timedelta(seconds=5)


@dataclass(frozen=True, slots=True, kw_only=True)
class Readiness:
    """What each part says; empty where it is fine. `notes` and `alarms` want a person and turn no work away."""

    parts: Mapping[str, str]
    notes: Mapping[str, str] = field(default_factory=dict)
    alarms: int = 0

    @property
    def ready(self) -> bool:
        """True when every part is fine."""
        return not any(self.parts.values())


def look(
    store: Store,
    *,
    last_cycle_at: Callable[[], datetime | None],
    now: Callable[[], datetime],
    notes: Callable[[], Mapping[str, str]] = dict,
) -> Readiness:
    """Ask the database, its schema and the engine. `now` is the clock the engine's cycles are told by."""
    parts = {"database": "", "migrations": "", "engine": _engine(last_cycle_at(), now())}
    alarms = 0
    try:
        with store.read() as session:
            parts["migrations"] = _migrations(session.connection())
            alarms = len(open_alarms(session)) if not parts["migrations"] else 0
    except SQLAlchemyError:
        parts["database"] = "The database does not answer."
    return Readiness(parts=parts, notes=notes(), alarms=alarms)


def _engine(last: datetime | None, now: datetime) -> str:
    if last is None:
        return "The engine has not begun."
    late = now - last > ENGINE_LOOKS_WITHIN
    return f"The engine looked at what is due {(now - last).total_seconds():.0f} s ago." if late else ""


def _migrations(connection: Connection) -> str:
    current = stands_at(connection) == newest()
    return "" if current else "The schema is not the one of this version. Restart to migrate."
