"""What befalls the wires while everything else goes on: to the database, to the target systems and to Slack."""

import random
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final

from connectors.ldap.fake import FakeLdap
from connectors.sdk.fakes.server import FakeAnswer, FakeRequest, HttpFake
from tests.integration.faults.machine_clock import SEEN_WITHIN_S, WRONG_S, MachineClock
from tests.integration.faults.wire import Wire

#: So many seconds, at most, a wire is broken, and as long it is whole before it breaks again.
BROKEN_S: Final = 2.0
WHOLE_S: Final = 4.0
COMMITS: Final = 3
EVERY: Final = 1_000_000


class Cable:
    """Between the service and a system: cut, whoever calls is hung up on, before it is carried out or after."""

    def __init__(self, fake: HttpFake) -> None:
        self._fake, self._answer = fake, fake.answer
        self._is_cut = False
        fake.answer = self._answered  # type: ignore[method-assign]

    def cut(self) -> None:
        """Also what is open is reset."""
        self._is_cut = True
        server = self._fake._server
        for each in list(server.open_sockets) if server else ():
            with suppress(OSError):
                each.shutdown(2)

    def mend(self) -> None:
        self._is_cut = False

    def _answered(self, request: FakeRequest) -> FakeAnswer | None:
        if self._is_cut:
            return None
        answer = self._answer(request)
        return None if self._is_cut else answer


@dataclass(slots=True)
class DirectoryCable:
    """The same for a directory."""

    directory: FakeLdap

    def cut(self) -> None:
        self.directory.faults.hang_up = EVERY

    def mend(self) -> None:
        self.directory.faults.hang_up = 0


@dataclass(slots=True)
class Troubles:
    """One wire after the other is broken for a while, and all are whole at the end."""

    seed: int
    cables: Sequence[Cable | DirectoryCable]
    wire: Wire | None = None
    clock: MachineClock | None = None
    dice: random.Random = field(init=False)

    def __post_init__(self) -> None:
        self.dice = random.Random(f"{self.seed}/troubles")  # noqa: S311

    def __call__(self, over: threading.Event) -> None:
        acts: list[Callable[[], None]] = [self._cut_cables]
        if self.wire is not None:
            acts += [self._cut, self._silent, self._at_commits, self._cut_everything]
        if self.clock is not None:
            acts += [self._wrong_clock, self._wrong_clock]
        while not over.wait(self.dice.uniform(0.2, WHOLE_S)):
            self.dice.choice(acts)()

    def _cut_cables(self) -> None:
        some = self.dice.sample(self.cables, self.dice.randint(1, len(self.cables)))
        for each in some:
            each.cut()
        self._for_a_while()
        for each in some:
            each.mend()

    def _cut(self) -> None:
        assert self.wire is not None
        self.wire.cut()
        self._for_a_while()
        self.wire.mend()

    def _silent(self) -> None:
        assert self.wire is not None
        self.wire.stop()
        self._for_a_while()
        self.wire.mend()

    def _at_commits(self) -> None:
        """Whether they stood is not known to whoever asked for it."""
        assert self.wire is not None
        self.wire.cut_at_commit = self.dice.randint(1, COMMITS)
        self._for_a_while()
        self.wire.cut_at_commit = 0

    def _cut_everything(self) -> None:
        assert self.wire is not None
        self.wire.cut()
        self._cut_cables()
        self.wire.mend()

    def _wrong_clock(self) -> None:
        """Meanwhile the wires may be cut as well."""
        assert self.clock is not None
        self.clock.wrong(self.dice.choice(WRONG_S))
        time.sleep(SEEN_WITHIN_S)
        self.dice.choice((self._cut_cables, self._for_a_while))()
        self.clock.right()

    def _for_a_while(self) -> None:
        time.sleep(self.dice.uniform(0.2, BROKEN_S))
