"""Handing attempts over: messages of Procrastinate, written in the transaction that lets the steps out.

A message holds names of attempts and nothing else. It may be lost or come twice: the rows decide.
"""

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Any, Final, LiteralString

from sqlalchemy import text, update
from sqlalchemy.orm import Session

from service.engine.nodes import DEAD_S
from service.engine.order import Order
from service.engine.pools import Threads
from service.engine.tables import StepRun

if TYPE_CHECKING:
    from procrastinate import App
    from sqlalchemy import URL

SIGN_IN: Final = "sign-in"
REST: Final = "rest"
LANES: Final = (SIGN_IN, REST)
LOOK: Final = "look"
ATTEMPTS: Final = "attempts"
#: Procrastinate's tables lie apart from ours.
WHERE: Final = "public,delivery"
#: So many attempts go in one message.
A_MESSAGE: Final = 32

_LIVE: LiteralString = """
    SELECT j.id FROM procrastinate_jobs j LEFT JOIN procrastinate_workers w ON w.id = j.worker_id
    WHERE j.id = ANY(:ids) AND (j.status = 'todo' OR (j.status = 'doing'
        AND w.last_heartbeat > clock_timestamp() - make_interval(secs => :dead)))
"""
_CLEAR: LiteralString = """
    DELETE FROM procrastinate_jobs j WHERE j.status = 'failed' OR (j.status = 'doing' AND NOT EXISTS (
        SELECT FROM procrastinate_workers w WHERE w.id = j.worker_id
        AND w.last_heartbeat > clock_timestamp() - make_interval(secs => :dead)))
"""


def hand_over(session: Session, app: "App", orders: Sequence[Order], threads: Threads) -> None:
    """Write the messages for what was let out, in its own transaction, none longer than a node has threads."""
    if not orders:
        return
    connection = reached(session)
    for queue in LANES:
        mine = [order for order in orders if order.sign_in is (queue == SIGN_IN)]
        most = min(A_MESSAGE, threads.sign_in if queue == SIGN_IN else threads.rest)
        chunks = [mine[at : at + most] for at in range(0, len(mine), most)]
        if not chunks:
            continue
        task = app.configure_task(ATTEMPTS, queue=queue, connection=connection)
        items: list[dict[str, Any]] = [
            {"items": [[order.step_run_id, order.n] for order in chunk]} for chunk in chunks
        ]
        for message, chunk in zip(task.batch_defer(*items), chunks, strict=True):
            named = [order.step_run_id for order in chunk]
            sent = update(StepRun).where(StepRun.id.in_(named)).values(message=message, out_with=None)
            session.execute(sent, execution_options={"synchronize_session": False})


def reached(session: Session) -> Any:
    """The transaction's own connection, for Procrastinate: it sees its tables until the transaction ends."""
    session.execute(text(f"SET LOCAL search_path = {WHERE}"))
    return session.connection().connection.driver_connection


def under_way(session: Session, messages: Collection[int]) -> set[int]:
    """Those that wait for a node or are with one that lives."""
    if not messages:
        return set()
    reached(session)
    return set(session.scalars(text(_LIVE), {"ids": list(messages), "dead": DEAD_S}))


def clear_away(session: Session) -> None:
    """Messages that failed, or whose node died, are of no use: their steps are let out anew."""
    reached(session)
    session.execute(text(_CLEAR), {"dead": DEAD_S})


def sender() -> "App":
    """Writes messages over connections that are handed in."""
    from procrastinate import App, SyncPsycopgConnector

    return App(connector=SyncPsycopgConnector())


def receiver(url: "URL", most: int) -> "App":
    """Receives messages in an event loop, over connections of its own.

    Args:
        most: Connections at once.
    """
    from procrastinate import App, PsycopgConnector

    plain = url.set(drivername="postgresql").render_as_string(hide_password=False)
    more: dict[str, Any] = {"options": f"-c timezone=UTC -c search_path={WHERE}"}
    return App(connector=PsycopgConnector(conninfo=plain, kwargs=more, min_size=1, max_size=most))
