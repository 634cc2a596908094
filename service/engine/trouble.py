"""Reporting an error that nobody foresaw: where it happened, and nothing of what was being worked on.

A traceback's message may quote an answer of a target system, and a renderer may print local variables with it.
"""

import traceback

#: Frames that are told, the innermost last.
MOST_FRAMES = 8


def where(error: BaseException) -> list[str]:
    """The places an error came through, `module.py:12 function`, without its message and without values."""
    frames = traceback.extract_tb(error.__traceback__)[-MOST_FRAMES:]
    return [
        f"{frame.filename.rpartition('/site-packages/')[2]}:{frame.lineno} {frame.name}" for frame in frames
    ]
