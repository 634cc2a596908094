"""Who is at work on a database whose schema somebody wants to change: it is not changed beneath them.

A version works with one schema. Under its migrations an older one would fail half-way through a departure, or write
what the newer one reads otherwise.
"""

from collections.abc import Callable

from sqlalchemy import Connection, inspect, text
from sqlalchemy.orm import Session

from service.engine.alone import OnlyEngine
from service.engine.nodes import DEAD_S
from service.ledger.entry import append
from service.ledger.event import Event
from service.store import Store, utc_now
from service.store.migrate import SchemaTrouble, newest

#: In words that every schema with this table understands.
_LIVING = text(
    f"SELECT name FROM nodes WHERE beat_at > clock_timestamp() - interval '{DEAD_S} seconds' ORDER BY name"
)


class OthersAtWork(SchemaTrouble):
    """Others are at work with the schema that stands; the message names them and says what to do."""


def nobody_beside(store: Store) -> Callable[[Connection, str], None]:
    """Raises `OthersAtWork` within the transaction that would migrate from this schema."""

    def refuse(connection: Connection, schema: str) -> None:
        if at_work := _at_work(store, connection):
            raise OthersAtWork(
                f"This version would bring the database from schema {schema} to {newest()}, and others are at work "
                f"with the older one: {', '.join(at_work)}. Nothing was changed. Stop them first; one that was "
                f"killed is forgotten after {DEAD_S:.0f} seconds. Where one cannot be stopped: "
                "exeunt database upgrade --beside"
            )

    return refuse


class Beside:
    """An operator's word that the schema is changed though others are at work: on record, with who they were.

    Args:
        actor: Says who the operator is, by the people of the migrated database.
    """

    def __init__(self, store: Store, actor: Callable[[Session], str]) -> None:
        self._store, self._actor = store, actor
        self._at_work: list[str] = []

    def look(self, connection: Connection, schema: str) -> None:  # noqa: ARG002  asked as whoever refuses
        """Who is at work, within the transaction that is about to migrate. Never refuses."""
        self._at_work = _at_work(self._store, connection)

    def record(self, connection: Connection, schema: str) -> None:
        """Within the same transaction, which was migrated from this schema; nothing where nobody was at work."""
        if not self._at_work:
            return
        body = {"from": schema, "to": newest(), "at_work": list(self._at_work)}
        with Session(connection) as session:
            actor = self._actor(session)
            append(session, Event.SCHEMA_UPGRADED_BESIDE, actor=actor, body=body, at=utc_now())
            session.commit()  # the transaction is its caller's: it stands or falls with the migration


def _at_work(store: Store, connection: Connection) -> list[str]:
    alone = ["one process alone (exeunt serve, or the demonstration)"] if OnlyEngine(store).is_taken() else []
    return _nodes(connection) + alone


def _nodes(connection: Connection) -> list[str]:
    """The nodes that beat, as the older schema knows them."""
    if connection.dialect.name != "postgresql" or not inspect(connection).has_table("nodes"):
        return []
    return [str(name) for name in connection.scalars(_LIVING)]
