"""APScheduler as a ticker: memory store only, late ticks coalesced, clock jumps survived.

APScheduler plans its next wake-up in wall time: after the clock went back two hours an interval job of one second
stood still for two hours. A monotonic guard notices the jump and arms every job anew, by what is left of its
interval: a machine that sleeps every night does its night's work all the same.
"""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from threading import Event, Thread

import structlog
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.interval import IntervalTrigger

from service.engine.clock import running
from service.engine.threads import tried

log = structlog.get_logger()

#: Wall and monotonic time drifting apart by more than this is a jump, in seconds.
JUMP_S = 2.0
LOOK_S = 1.0


class Ticker:
    """Runs jobs that look for what is due. Each job must find its own work in the database."""

    def __init__(self) -> None:
        self._scheduler = BackgroundScheduler(
            timezone="UTC", job_defaults={"coalesce": True, "misfire_grace_time": None, "max_instances": 1}
        )
        self._every: dict[str, float] = {}
        self._begun: dict[str, float] = {}  # when each last ticked, by seconds that only grow
        self._stop = Event()
        self._guard = Thread(target=self._watch, name="clock-guard", daemon=True)

    def every(self, seconds: float, name: str, job: Callable[[], object], *, at_once: bool = False) -> None:
        """Call `job` every so many seconds, the first time after them or at once.

        An error is logged and the next tick comes all the same.
        """
        self._every[name], self._begun[name] = seconds, running()
        first = {"next_run_time": datetime.now(UTC)} if at_once else {}
        run = partial(self._tick, name, job)
        self._scheduler.add_job(run, IntervalTrigger(seconds=seconds), id=name, **first)

    def start(self) -> None:
        """Begin ticking."""
        self._scheduler.start()
        self._guard.start()

    def stop(self) -> None:
        """End; what is running is waited for."""
        self._stop.set()
        if self._guard.is_alive():
            self._guard.join(timeout=5)
        if self._scheduler.running:
            self._scheduler.shutdown(wait=True)

    def _watch(self) -> None:
        shift = time.time() - time.monotonic()
        while not self._stop.wait(LOOK_S):
            now = time.time() - time.monotonic()
            jumped = abs(now - shift) > JUMP_S
            if jumped:
                log.warning("clock.jumped", by_s=round(now - shift, 1))
            if jumped or self.stray():
                self.rearm()
            shift = now

    def stray(self) -> bool:
        """Whether a job is planned by a time that is no more: it was being planned when the clock was set back."""
        soon = datetime.now(UTC) + timedelta(seconds=JUMP_S)
        return any(
            job.next_run_time > soon + timedelta(seconds=self._every[job.id])
            for job in self._scheduler.get_jobs()
        )

    def rearm(self) -> None:
        """Plan every job's next tick anew, after what is left of its interval."""
        for name, seconds in self._every.items():
            left = min(max(0.0, self._begun[name] + seconds - running()), seconds)
            first = datetime.now(UTC) + timedelta(seconds=left)
            trigger = IntervalTrigger(seconds=seconds, start_date=first)
            # asked itself, the trigger would put off what is due this very moment by a whole interval
            self._scheduler.modify_job(name, trigger=trigger, next_run_time=first)

    def _tick(self, name: str, job: Callable[[], object]) -> None:
        self._begun[name] = running()
        tried("tick.failed", job, job=name)
