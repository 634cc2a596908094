"""Reporting an error that nobody foresaw: where it happened, and nothing of what was being worked on.

A traceback's message may quote an answer of a target system, and a renderer may print local variables with it.
"""

import traceback
from pathlib import Path
from typing import Final

#: Frames that are told, the innermost last.
MOST_FRAMES: Final = 8
_LIBRARIES: Final = "/site-packages/"
_ROOT: Final = f"{Path(__file__).resolve().parents[2]}/"


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
