"""A thread that must live on: it does one thing after the other, and whatever goes wrong in one ends neither."""

from collections.abc import Callable
from typing import Final, TypeVar

import structlog
from sqlalchemy.exc import InterfaceError, OperationalError

from service.engine.trouble import where

T = TypeVar("T")

log = structlog.get_logger()

#: What a database that is gone for a moment says, or one that broke up a deadlock.
AWAY: Final = (OperationalError, InterfaceError)


def tried(event: str, work: Callable[[], T], **told: object) -> T | Exception:
    """Do one thing that a thread does, whose failure must stop neither the thread nor its other things.

    Args:
        event: What the log calls a failure.
        told: What else the log tells of it.

    Returns:
        What came of it, or the error, which is in the log by then.
    """
    try:
        return work()
    except Exception as error:  # noqa: BLE001  the boundary of every thread
        places = {} if isinstance(error, AWAY) else {"where": where(error)}
        log.warning(event, **told, error=type(error).__name__, **places)
        return error
