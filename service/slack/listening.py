"""Listening to Slack over a connection that we open. Where Slack is away, the service begins all the same."""

import threading
import time
from collections.abc import Callable
from typing import Final

import structlog
from slack_bolt import App
from slack_bolt.adapter.socket_mode import SocketModeHandler

from connectors.sdk.context import Secret
from service.engine.threads import tried

log = structlog.get_logger()

#: How soon a connection that could not be opened is tried again, in seconds; twice as long each time.
FIRST_PAUSE_S: Final = 1.0
LONGEST_PAUSE_S: Final = 30.0
#: How often a look is taken whether the connection stands; slack-sdk opens a broken one anew by itself.
LOOK_S: Final = 10.0
#: How often it is written down that the connection stands.
NOTE_S: Final = 60.0


class Listening:
    """Opens the connection and says in the log whenever it is lost or stands again.

    Args:
        note: Writes down whether a connection stands, for whoever raises alarms.
    """

    def __init__(self, bolt: App, app_token: Secret, *, note: Callable[[bool], None]) -> None:
        self._socket = SocketModeHandler(bolt, app_token.reveal())
        self._note = note
        self._noted: tuple[bool, float] | None = None  # what was written down, and when
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._listen, name="slack-listening", daemon=True)

    def start(self) -> None:
        """Begin to listen, as soon as Slack lets us."""
        self._thread.start()

    def stop(self) -> None:
        """Listen no more."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(timeout=30)

    def _listen(self) -> None:
        pause = FIRST_PAUSE_S
        while not self._stop.is_set() and isinstance(tried("slack.away", self._connected), Exception):
            self._write_down(stands=False)
            self._stop.wait(pause)
            pause = min(LONGEST_PAUSE_S, 2 * pause)
        self._watch()
        tried("slack.not_closed", self._socket.client.close)

    def _connected(self) -> None:
        self._socket.client.connect()

    def _watch(self) -> None:
        stood = True
        while not self._stop.is_set():
            stands = self._socket.client.is_connected()
            if stands != stood:
                log.warning("slack.listening" if stands else "slack.not_listening")
            stood = stands
            self._write_down(stands=stands)
            self._stop.wait(LOOK_S)

    def _write_down(self, *, stands: bool) -> None:
        """When it changes, and every minute."""
        at = time.monotonic()
        if self._noted and self._noted[0] == stands and at - self._noted[1] < NOTE_S:
            return
        if not isinstance(tried("slack.not_noted", lambda: self._note(stands)), Exception):
            self._noted = stands, at
