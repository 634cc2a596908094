"""Who is at work on a database whose schema somebody wants to change: it is not changed beneath them.

A version works with one schema. Under its migrations an older one would fail half-way through a departure, or write
what the newer one reads otherwise.
"""

from collections.abc import Callable

from sqlalchemy import Connection, inspect, text

from service.engine.alone import OnlyEngine
from service.engine.nodes import DEAD_S
from service.store import Store
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
        at_work = _nodes(connection)
        if OnlyEngine(store).is_taken():
            at_work.append("one process alone (exeunt serve, or the demonstration)")
        if at_work:
            raise OthersAtWork(
                f"This version would bring the database from schema {schema} to {newest()}, and others are at work "
                f"with the older one: {', '.join(at_work)}. Nothing was changed. Stop them first; one that was "
                f"killed is forgotten after {DEAD_S:.0f} seconds. Where one cannot be stopped: "
                "exeunt database upgrade --beside"
            )

    return refuse


def _nodes(connection: Connection) -> list[str]:
    """The nodes that beat, as the older schema knows them."""
    if connection.dialect.name != "postgresql" or not inspect(connection).has_table("nodes"):
        return []
    return [str(name) for name in connection.scalars(_LIVING)]
