"""An error that nobody foresaw: a thread outlives it, and it is told by where it happened, not by what was at work.

A traceback's message may quote an answer of a target system, and a renderer may print local variables with it.
"""

import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Final, TypeVar

import structlog
from sqlalchemy.exc import InterfaceError, OperationalError

T = TypeVar("T")

log = structlog.get_logger()

#: What a database that is gone for a moment says, or one that broke up a deadlock.
AWAY: Final = (OperationalError, InterfaceError)

#: Frames that are told, the innermost last.
MOST_FRAMES: Final = 8
_LIBRARIES: Final = "/site-packages/"
_ROOT: Final = f"{Path(__file__).resolve().parents[2]}/"


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


def where(error: BaseException) -> list[str]:
    """The places an error came through, `module.py:12 function`, without its message and without values.

    Of more than eight, the innermost of ours are told, and the one where it was raised: a database's library alone
    has more.
    """
    frames = list(traceback.extract_tb(error.__traceback__))
    if len(frames) > MOST_FRAMES:
        ours = [frame for frame in frames[:-1] if _is_ours(frame.filename)]
        frames = [*ours[1 - MOST_FRAMES :], frames[-1]]
    return [f"{_short(frame.filename)}:{frame.lineno} {frame.name}" for frame in frames]


def _is_ours(filename: str) -> bool:
    return filename.startswith(_ROOT) and _LIBRARIES not in filename


def _short(filename: str) -> str:
    return filename.rpartition(_LIBRARIES)[2].removeprefix(_ROOT)
