"""Handing attempts over: messages of Procrastinate, written in the transaction that lets the steps out.

A message holds names of attempts and nothing else. It may be lost or come twice: the rows decide.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final, LiteralString

from sqlalchemy import String, any_, bindparam, text, update
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session

from service.engine.in_hand import Slip
from service.engine.nodes import DEAD_S
from service.engine.pools import Threads
from service.engine.tables import StepRun
from service.engine.values import StepValues
from service.store import Prepared, silence, table_of

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
    SELECT item->>0, (item->>1)::int
    FROM procrastinate_jobs j LEFT JOIN procrastinate_workers w ON w.id = j.worker_id,
        jsonb_array_elements(j.args->'items') item
    WHERE j.task_name = :attempts AND (j.status = 'todo' OR (j.status = 'doing'
        AND w.last_heartbeat > clock_timestamp() - make_interval(secs => :dead)))
"""
_CLEAR: LiteralString = """
    DELETE FROM procrastinate_jobs j WHERE j.status = 'failed' OR (j.status = 'doing' AND NOT EXISTS (
        SELECT FROM procrastinate_workers w WHERE w.id = j.worker_id
        AND w.last_heartbeat > clock_timestamp() - make_interval(secs => :dead)))
"""

_STEPS = table_of(StepRun)
#: Whoever carried out an earlier attempt, or read the step back, has nothing to do with this one.
_WITH_NOBODY = Prepared(
    update(_STEPS)
    .where(_STEPS.c.id == any_(bindparam("ids", type_=ARRAY(String))), _STEPS.c.out_with.is_not(None))
    .values(out_with=None)
)


def hand_over(session: Session, app: "App", steps: Sequence[StepValues], threads: Threads) -> None:
    """Write the messages for what was let out, in its own transaction, none longer than a node has threads."""
    if not steps:
        return
    session.flush()
    _WITH_NOBODY.run(session, ids=[step.id for step in steps])
    connection = reached(session)
    for queue in LANES:
        mine = [step for step in steps if step.shuts_sign_in is (queue == SIGN_IN)]
        most = min(A_MESSAGE, threads.sign_in if queue == SIGN_IN else threads.rest)
        items: list[dict[str, Any]] = [
            {"items": [[step.id, step.attempt] for step in mine[at : at + most]]}
            for at in range(0, len(mine), most)
        ]
        if items:
            app.configure_task(ATTEMPTS, queue=queue, connection=connection).batch_defer(*items)


def reached(session: Session) -> Any:
    """The transaction's own connection, for Procrastinate: it sees its tables until the transaction ends."""
    session.execute(text(f"SET LOCAL search_path = {WHERE}"))
    return session.connection().connection.driver_connection


def under_way(session: Session) -> set[Slip]:
    """The attempts that messages name which wait for a node or are with one that lives."""
    reached(session)
    return {(step, n) for step, n in session.execute(text(_LIVE), {"attempts": ATTEMPTS, "dead": DEAD_S})}


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
    options = f"-c timezone=UTC -c search_path={WHERE} {silence.THEIRS}"
    more: dict[str, Any] = {"options": options, **silence.ours(url)}
    return App(connector=PsycopgConnector(conninfo=plain, kwargs=more, min_size=1, max_size=most))
