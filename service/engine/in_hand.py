"""What a node has in hand: the attempts it took and has not recorded yet, lane by lane."""

import threading
from collections.abc import Collection

from service.engine.pools import Threads

#: A step run and the number of its attempt.
Slip = tuple[str, int]


class InHand:
    """The attempts this node answers for. Whoever brings more waits until a thread of their lane is free."""

    def __init__(self, threads: Threads) -> None:
        self._threads = {True: threads.sign_in, False: threads.rest}
        self._lanes: dict[bool, set[Slip]] = {True: set(), False: set()}
        self._changed = threading.Condition()
        self._ended = False

    def __len__(self) -> int:
        return sum(map(len, self._lanes.values()))

    @property
    def slips(self) -> frozenset[Slip]:
        """All of them."""
        with self._changed:
            return frozenset().union(*self._lanes.values())

    @property
    def busy(self) -> bool:
        """Whether there is work for every thread that carries out more than the sign-in block."""
        return len(self._lanes[False]) > self._threads[False]

    def take(self, slips: Collection[Slip], *, sign_in: bool) -> list[Slip]:
        """Answer for these from now on. Gives those that are new: a message may come twice."""
        with self._changed:
            new = [slip for slip in slips if all(slip not in lane for lane in self._lanes.values())]
            self._lanes[sign_in].update(new)
            return new

    def let_go(self, slips: Collection[Slip]) -> None:
        """These are recorded, or somebody else's."""
        with self._changed:
            for lane in self._lanes.values():
                lane.difference_update(slips)
            self._changed.notify_all()

    def until_a_thread_is_free(self, *, sign_in: bool) -> None:
        """Wait while there is work for every thread of the lane; no longer than `end`."""
        with self._changed:
            self._changed.wait_for(
                lambda: self._ended or len(self._lanes[sign_in]) < self._threads[sign_in],
            )

    def end(self) -> None:
        """Nobody brings more."""
        with self._changed:
            self._ended = True
            self._changed.notify_all()
