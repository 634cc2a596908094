"""Where the first start speaks, and where it runs other programs without ever falling silent."""

import codecs
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import IO, Final

SILENCE_S: Final = 2.0  # a person at the screen begins to doubt after three seconds
DRAIN_S: Final = 2.0
POLL_S: Final = 0.2

Listener = Callable[[str], None]


class Console:
    """Prints at once, and knows how long it has been silent."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._spoke = time.monotonic()
        self._at_line_start = True

    def say(self, line: str) -> None:
        """Print a line of ours, on a line of its own."""
        self.write(f"{line}\n" if self._at_line_start else f"\n{line}\n")

    def write(self, text: str) -> None:
        """Pass on what another program said, as it said it."""
        if not text:
            return
        with self._guard:
            sys.stdout.write(text)
            sys.stdout.flush()
            self._spoke = time.monotonic()
            self._at_line_start = text.endswith("\n")

    def run(
        self,
        command: Sequence[str | os.PathLike[str]],
        *,
        doing: Callable[[], str],
        listen: Listener | None = None,
        env: Mapping[str, str] | None = None,
        keep_open: Sequence[int] = (),
    ) -> int:
        """Run a program to its end and return its exit status.

        Args:
            command: The program and its arguments; no shell.
            doing: Says what is going on, for the words printed when the program is silent.
            listen: Called with what it prints, chunk by chunk; the default passes it on.
            env: Its whole environment; ours by default.
            keep_open: File descriptors it inherits.
        """
        begun = time.monotonic()
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=env,
            pass_fds=keep_open,
        )
        # A service that the program started may hold the pipe open for ever, so its end is not awaited.
        reader = threading.Thread(target=_read, args=(process.stdout, listen or self.write), daemon=True)
        reader.start()
        try:
            while (status := _ended(process)) is None:
                if time.monotonic() - self._spoke > SILENCE_S:
                    self.say(f"  … {doing()}, {time.monotonic() - begun:.0f} s")
        finally:
            _stop(process)
        reader.join(DRAIN_S)
        return status


def _ended(process: subprocess.Popen[bytes]) -> int | None:
    try:
        return process.wait(POLL_S)
    except subprocess.TimeoutExpired:
        return None


def _stop(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _read(pipe: IO[bytes], listen: Listener) -> None:
    decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
    while chunk := os.read(pipe.fileno(), 65536):
        listen(decoder.decode(chunk))
    pipe.close()


class Lines:
    """Turns chunks into lines and keeps the last of them, for the moment something goes wrong."""

    def __init__(self, hear: Listener = lambda _: None, *, keep: int = 15) -> None:
        self._hear = hear
        self._keep = keep
        self._rest = ""
        self.last: list[str] = []

    def __call__(self, chunk: str) -> None:
        *whole, self._rest = (self._rest + chunk).replace("\r", "\n").split("\n")
        for line in whole:
            if line.strip():
                self.last = [*self.last, line.rstrip()][-self._keep :]
                self._hear(line.strip())
