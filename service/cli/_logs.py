"""Where the log goes: one JSON line an event on standard output, with nothing in it that breaks a line.

Libraries log to standard error. Neither tells an error's message: it may quote what was being worked on.
"""

import logging
import sys
from contextlib import suppress
from typing import Any, TextIO, cast

from service.engine.trouble import where
from service.loading import without

# With rich it would print tracebacks in colour, for 0.1 CPU s and 4 MB; ours are told in a line.
# With greenlet it would keep apart what we have none of, for C++'s library and 1 MB; threads it keeps apart anyway.
with without("rich"), without("greenlet"):
    import structlog


class _Placed(logging.Formatter):
    """An error is told by its class and the places it came through, instead of a traceback with its message."""

    def formatException(self, ei: Any) -> str:  # noqa: N802  logging's name
        """The text that goes below the record's line."""
        kind, error, _ = ei
        return f"{kind.__name__} at {', '.join(where(error))}" if error else ""


class _GoesOn:
    """A stream whose full disk stops nobody: the line is lost, and whoever wrote it goes on with the work."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        """Write it if there is room."""
        with suppress(OSError):
            self._stream.write(text)
        return len(text)

    def flush(self) -> None:
        """Hand it over if there is room."""
        with suppress(OSError):
            self._stream.flush()


def log_to_stdout() -> None:
    """JSON lines, UTC times. What fails is told by its class and its places, by whoever caught it."""
    _libraries_log(logging.WARNING)
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.JSONRenderer(ensure_ascii=True),
        ],
        logger_factory=structlog.PrintLoggerFactory(cast("TextIO", _GoesOn(sys.stdout))),
    )


def log_quietly() -> None:
    """Only what went wrong, on standard error: for commands that talk to a person."""
    _libraries_log(logging.ERROR)
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )


def _libraries_log(level: int) -> None:
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Placed("%(name)s %(levelname)s %(message)s"))
    logging.basicConfig(level=level, handlers=[handler])
