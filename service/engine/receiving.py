"""Receiving messages: Procrastinate's workers, one a lane, in an event loop of their own thread."""

import asyncio
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Final, Protocol

from service.engine import messages
from service.engine.in_hand import Slip
from service.engine.nodes import BEAT_S, DEAD_S
from service.engine.threads import tried

if TYPE_CHECKING:
    from procrastinate import App, JobContext
    from sqlalchemy import URL

#: Messages a lane receives at once: while one waits for a free thread, what the next names is carried out.
AT_ONCE: Final = 2
PAUSE_S: Final = 1.0


class Attempts(Protocol):
    """Takes the attempts of one message."""

    def __call__(self, slips: Sequence[Slip], *, sign_in: bool) -> None: ...


class Receiving:
    """The thread that receives.

    Args:
        attempts: Takes the attempts of one message; called in a thread, returns when there is room for another.
        look: Something may be due.
    """

    def __init__(
        self,
        url: "URL",
        attempts: Attempts,
        look: Callable[[], None],
    ) -> None:
        self._url = url
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
            if isinstance(tried("receiving.failed", lambda: asyncio.run(self._receive())), Exception):
                self._stop.wait(PAUSE_S)

    async def _receive(self) -> None:
        self._loop = asyncio.get_running_loop()
        width = AT_ONCE * len(messages.LANES) + 1
        self._loop.set_default_executor(ThreadPoolExecutor(width, thread_name_prefix="message"))
        app = messages.receiver(self._url, most=width + 4)
        app.task(name=messages.ATTEMPTS, queue=messages.REST, pass_context=True)(self._received)
        app.task(name=messages.LOOK, queue=messages.LOOK)(self._look)
        async with app.open_async():
            self._working = asyncio.create_task(self._work(app))
            if self._stop.is_set():
                self._working.cancel()
            await asyncio.gather(self._working, return_exceptions=self._stop.is_set())

    async def _work(self, app: "App") -> None:
        try:
            async with asyncio.TaskGroup() as lanes:
                for queue in messages.LANES:
                    lanes.create_task(_worker(app, queue, AT_ONCE))
                lanes.create_task(_worker(app, messages.LOOK, 1))
        except asyncio.CancelledError:
            if not self._stop.is_set():
                raise

    def _received(self, context: "JobContext", items: list[list[str | int]]) -> None:
        slips = [(str(step), int(n)) for step, n in items]
        self._attempts(slips, sign_in=context.job.queue == messages.SIGN_IN)


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
