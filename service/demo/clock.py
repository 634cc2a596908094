"""The demonstration's clock: real time plus an offset that only grows, kept on disk."""

import json
import os
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path


class TurnableClock:
    """Tells a time that can be turned on, never back; a restart finds it where it was."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._lock = threading.Lock()
        self._offset = (
            timedelta(seconds=json.loads(file.read_text())["offset_s"]) if file.exists() else timedelta(0)
        )

    def now(self) -> datetime:
        """The time it is in the made-up company."""
        return datetime.now(UTC) + self._offset

    def turn_to(self, moment: datetime) -> None:
        """Turn on to a moment; one already past leaves the clock as it is."""
        with self._lock:
            ahead = moment - self.now()
            if ahead <= timedelta(0):
                return
            self._offset += ahead
            part = self._file.with_suffix(".part")
            part.write_text(json.dumps({"offset_s": self._offset.total_seconds()}))
            os.replace(part, self._file)  # noqa: PTH105  replace() of a Path is the same call; this one is atomic by name
