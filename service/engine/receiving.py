"""Receiving messages: Procrastinate's workers, one a lane, in an event loop of their own thread."""

import asyncio
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Final

import structlog

from service.engine import messages
from service.engine.nodes import BEAT_S, DEAD_S
from service.engine.pools import Threads
from service.engine.trouble import where

if TYPE_CHECKING:
    from procrastinate import App
    from sqlalchemy import URL

log = structlog.get_logger()

#: Messages a lane works on at once: while one's last call is slow, the next is begun.
AT_ONCE: Final = 2
PAUSE_S: Final = 1.0


class Receiving:
    """The thread that receives.

    Args:
        attempts: Carries out the attempts of one message; called in a thread, returns when all are recorded.
        look: Something may be due.
    """

    def __init__(
        self,
        url: "URL",
        threads: Threads,
        attempts: Callable[[Sequence[tuple[str, int]]], None],
        look: Callable[[], None],
    ) -> None:
        self._url = url
        self._at_once = {
            messages.SIGN_IN: _messages_for(threads.sign_in),
            messages.REST: _messages_for(threads.rest),
        }
        self._attempts = attempts
        self._look = look
        self._stop = threading.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._working: asyncio.Task[None] | None = None
        self._thread = threading.Thread(target=self._run, name="receiving", daemon=True)

    def start(self) -> None:
        """Begin to receive."""
        self._thread.start()

    def stop(self, patience_s: float) -> None:
        """Receive nothing more, and wait for what is being carried out."""
        self._stop.set()
        if self._loop is not None and self._working is not None:
            self._loop.call_soon_threadsafe(self._working.cancel)
        if self._thread.is_alive():
            self._thread.join(timeout=patience_s)

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                asyncio.run(self._receive())
            except Exception as error:  # noqa: BLE001  a thread's entry point: report, and begin again
                log.warning("receiving.failed", error=type(error).__name__, where=where(error))
                self._stop.wait(PAUSE_S)

    async def _receive(self) -> None:
        self._loop = asyncio.get_running_loop()
        width = sum(self._at_once.values())
        self._loop.set_default_executor(ThreadPoolExecutor(width + 2, thread_name_prefix="message"))
        app = messages.receiver(self._url, most=width + 4)
        app.task(name=messages.ATTEMPTS, queue=messages.REST)(self._received)
        app.task(name=messages.LOOK, queue=messages.LOOK)(self._look)
        async with app.open_async():
            self._working = asyncio.create_task(self._work(app))
            if self._stop.is_set():
                self._working.cancel()
            await asyncio.gather(self._working, return_exceptions=self._stop.is_set())

    async def _work(self, app: "App") -> None:
        try:
            async with asyncio.TaskGroup() as lanes:
                for queue, at_once in (*self._at_once.items(), (messages.LOOK, 1)):
                    lanes.create_task(_worker(app, queue, at_once))
        except asyncio.CancelledError:
            if not self._stop.is_set():
                raise

    def _received(self, items: list[list[str | int]]) -> None:
        self._attempts([(str(step), int(n)) for step, n in items])


async def _worker(app: "App", queue: str, at_once: int) -> None:
    await app.run_worker_async(
        queues=[queue],
        name=queue,
        concurrency=at_once,
        fetch_job_polling_interval=1.0,
        update_heartbeat_interval=BEAT_S,
        stalled_worker_timeout=DEAD_S,
        delete_jobs="successful",
        install_signal_handlers=False,
    )


def _messages_for(threads: int) -> int:
    """So many that the threads have work, and not many more: who is urgent must not wait behind them."""
    return max(AT_ONCE, AT_ONCE * threads // messages.A_MESSAGE)
