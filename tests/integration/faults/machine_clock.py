"""A machine whose clock can be set while the service runs on it; what counts on evenly goes on."""

import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from service.bootstrap.parts import part
from tests.integration.faults.serving import Server

#: By so many seconds a clock is set wrong, either way.
WRONG_S: Final = (-7200, -600, 600, 7200)
#: So soon, in whole seconds, the process sees that its clock was set.
SEEN_WITHIN_S: Final = 1


def set_by(folder: Path, seconds: int) -> None:
    """Set the clock of the service's process, seen within `SEEN_WITHIN_S`; what counts on evenly goes on."""
    draft = folder / "set-by.new"
    draft.write_text(f"{seconds:+d}\n", encoding="utf-8")
    draft.replace(folder / "set-by")


def with_a_clock(folder: Path) -> Server:
    """The service as a process of its own, on a machine whose clock can be set."""
    library = part("faketime").find()
    assert library is not None
    set_by(folder, 0)
    env = {
        "LD_PRELOAD": str(library),
        "FAKETIME_TIMESTAMP_FILE": str(folder / "set-by"),
        # the file read at every question for the time makes the service ten times slower
        "FAKETIME_CACHE_DURATION": str(SEEN_WITHIN_S),
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
    }
    return Server.started(folder, env=env)


@dataclass(slots=True)
class MachineClock:
    """It is set wrong only while the service is up: one that is started anew believes the clock it finds."""

    folder: Path
    up: threading.Event
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def start(self) -> Server:
        """The service, on a clock that is right."""
        with self._lock:
            return with_a_clock(self.folder)

    def wrong(self, seconds: int) -> None:
        with self._lock:
            if self.up.is_set():
                set_by(self.folder, seconds)

    def right(self) -> None:
        with self._lock:
            set_by(self.folder, 0)
