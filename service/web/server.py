"""The web server inside the process: waitress, set so that slow and greedy clients starve nobody.

Measured with hundreds of dripping connections: with waitress's own defaults none of the honest requests is
answered, and above a thousand connections it dies unless it polls.
"""

import threading
from collections.abc import Callable
from typing import Any, Final

from waitress import wasyncore
from waitress.server import create_server
from waitress.task import ThreadedTaskDispatcher

from service.web.last_resort import Channel

#: How long requests under way may still take when the server stops, in seconds.
LAST_ANSWERS_S: Final = 5
THREADS: Final = 8
HARDENED: Final = {
    "threads": THREADS,
    "connection_limit": 1000,
    "channel_timeout": 20,
    "cleanup_interval": 5,
    "asyncore_use_poll": True,
    "max_request_body_size": 1024 * 1024,
    "max_request_header_size": 32 * 1024,
    "ident": None,
    "expose_tracebacks": False,
    # we trust none of them, and whether a proxy spoke for somebody else must stay visible (access.is_here)
    "clear_untrusted_proxy_headers": False,
}


class Server:
    """Listens from the moment it is made. `run` answers until `stop` is called, from any thread."""

    def __init__(self, app: Callable[..., Any], host: str, port: int) -> None:
        self._sockets: dict[int, Any] = {}
        self._workers = ThreadedTaskDispatcher()
        self._workers.set_thread_count(THREADS)
        try:
            self._server = create_server(
                app, map=self._sockets, _dispatcher=self._workers, host=host, port=port, **HARDENED
            )
        except OSError:
            self._let_go()
            raise
        self._server.channel_class = Channel
        self._stopping = threading.Event()
        self._ended = threading.Event()
        self._running = False
        self.host = host
        self.port = int(self._server.effective_port)

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://{f'[{self.host}]' if ':' in self.host else self.host}:{self.port}"

    def run(self) -> None:
        """Answer until stopped; then let what is under way finish."""
        self._running = True
        try:
            while not self._stopping.is_set():
                self._turn(1.0)
        finally:
            self._close()
            self._ended.set()

    def stop(self) -> None:
        """Stop, and return once the last answer is out. Harmless when repeated."""
        self._stopping.set()
        if not self._running:
            self._close()
        elif not self._ended.is_set():
            self._server.pull_trigger()
            self._ended.wait(LAST_ANSWERS_S + 5)

    def _close(self) -> None:
        self._server.accepting = False
        self._workers.shutdown(timeout=LAST_ANSWERS_S)
        for _ in range(10):  # what was answered just now still has to leave
            self._turn(0.01)
        self._let_go()

    def _let_go(self) -> None:
        self._workers.shutdown(timeout=1)
        wasyncore.close_all(self._sockets, ignore_all=True)

    def _turn(self, timeout: float) -> None:
        wasyncore.loop(timeout=timeout, map=self._sockets, use_poll=True, count=1)


def serve(app: Callable[..., Any], host: str, port: int) -> Server:
    """A server for the application, listening; port 0 takes a spare one. Raises `OSError` when it is taken."""
    return Server(app, host, port)
