"""The threads that carry steps out: some for everything, some for the sign-in block alone."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

from service.engine.lanes import Room
from service.engine.order import Order

T = TypeVar("T")

#: Orders out at once are bounded to this many per thread, so that an urgent one never waits long.
BACKLOG = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Threads:
    """How many threads one process has for each lane."""

    rest: int
    sign_in: int

    def room(self, *, sign_in: int, rest: int) -> Room:
        """What may be let out besides what is out already."""
        return Room(sign_in=self.sign_in * BACKLOG - sign_in, rest=self.rest * BACKLOG - rest)


class Pools:
    """A pool a lane: a slow target system never occupies the threads that shut the sign-in."""

    def __init__(self, threads: Threads) -> None:
        self._rest = ThreadPoolExecutor(threads.rest, thread_name_prefix="step")
        self._sign_in = ThreadPoolExecutor(threads.sign_in, thread_name_prefix="sign-in")

    def submit(self, order: Order, work: Callable[[Order], T]) -> Future[T]:
        """Have an order carried out by a thread of its lane."""
        return (self._sign_in if order.sign_in else self._rest).submit(work, order)

    def end(self, *, wait: bool) -> None:
        """Begin nothing more."""
        self._rest.shutdown(wait=wait, cancel_futures=True)
        self._sign_in.shutdown(wait=wait, cancel_futures=True)
