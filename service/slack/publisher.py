"""The one hand that writes to the channel: a reader of the ledger that keeps each run's message as the run is.

Entries make runs dirty; a dirty run is drawn whole and sent when its turn comes. Slack may be slow, refuse or be
away: what was not told is told later, and the engine never waits for it.
"""

import threading
import time
from collections.abc import Callable, Iterable
from functools import partial
from typing import Final

import structlog
from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from connectors.sdk.errors import ConnectorError, RateLimited
from service.engine.desk import Desk
from service.engine.tables import Run
from service.engine.threads import tried
from service.ledger.entry import LedgerEntry
from service.ledger.event import Event
from service.ledger.readers import advance, position, unread
from service.slack.api import SlackSaidNo
from service.slack.batches import count_again
from service.slack.patience import Patience
from service.slack.scribe import Scribe, Written
from service.slack.tables import SlackMessage

log = structlog.get_logger()

READER: Final = "slack"
LOOK_S: Final = 0.3
BATCH: Final = 500
#: A run whose message Slack refuses is left alone this long, so that it stops no other.
REST_S: Final = 30.0
#: A run that its batch's message counts is looked at again after this: a thousand of them move at once.
COUNTED_REST_S: Final = 15.0
#: One whose batch has no message yet is not drawn at every look.
HOMELESS_REST_S: Final = 3.0
#: Longer than this no round lasts: what stands beside it, and what was clicked meanwhile, comes first in the next.
ROUND_S: Final = 5.0


class Publisher:
    """Follows the ledger. `step` does one round; `start` does rounds in a thread until `stop`.

    Args:
        scribe: Draws and sends one run.
        ticking: Seconds that only grow.
        beside: What else is told in a round that Slack does not want to be left alone in.
    """

    def __init__(
        self,
        desk: Desk,
        scribe: Scribe,
        *,
        ticking: Callable[[], float] = time.monotonic,
        beside: Iterable[Callable[[], object]] = (),
    ) -> None:
        self._beside = tuple(beside)
        self._desk = desk
        self._scribe = scribe
        self._ticking = ticking
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._patience = Patience(ticking)
        self._resting: dict[str, float] = {}
        self._clicked: set[str] = set()
        self._is_first = False
        self._switched_on_at: int | None = None  # the newest entry then

    def start(self) -> None:
        """Follow the ledger until `stop`."""
        self._stop.clear()
        with self._desk.store.read() as session:
            self._switched_on_at = _newest(session)
        self._thread = threading.Thread(target=self._loop, name="slack", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Finish the round and end; what is left is told after the next start."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join(timeout=30)
            self._thread = None

    def step(self) -> int:
        """Read what is new and tell what may be told now; gives how many runs were brought up to date."""
        while self._notice() and not self._stopping:
            pass  # a run that a thousand entries speak of is drawn once
        if self._patience.waits:
            return 0
        for each in self._beside:
            each()
        return self._tell()

    def _tell(self) -> int:
        told, began = 0, self._ticking()
        for row in self._dirty():
            if self._stopping or self._ticking() - began > ROUND_S:
                break
            if not self._scribe.has_turn(row):
                continue
            if not self._publish(row.run_id):
                break
            told += 1
        return told

    @property
    def _stopping(self) -> bool:
        return self._stop.is_set() and self._thread is not None

    def _loop(self) -> None:
        while not self._stop.is_set():
            if isinstance(tried("slack.round_failed", self._round), Exception):
                self._stop.wait(1.0)
            self._stop.wait(LOOK_S)

    def _round(self) -> None:
        with self._desk.store.alone("slack") as mine:
            if mine:  # else another node tells
                self.step()

    def _notice(self) -> bool:
        """Turn new entries into dirty runs, in the transaction that moves the cursor; false when none are left."""
        with self._desk.store.read() as session:
            if not unread(session, READER, limit=1):
                self._is_first = False
                return False
        with self._desk.store.write("slack.cursor") as session:
            if not self._is_first and position(session, READER) == -1:
                self._is_first = True
                if self._switched_on_at is None:
                    self._switched_on_at = _newest(session)
            entries = unread(session, READER, limit=BATCH)
            for entry in entries:
                self._touch(session, entry)
            if entries:
                count_again(session, entries)
                advance(session, READER, entries[-1].seq)
        return len(entries) == BATCH

    def _touch(self, session: Session, entry: LedgerEntry) -> None:
        if not entry.run_id:
            return
        row = session.get(SlackMessage, entry.run_id)
        if row is None:
            row = SlackMessage(run_id=entry.run_id, seen_seq=entry.seq)
            session.add(row)
            session.flush()
        row.seen_seq = entry.seq
        if not row.ts and self._is_first and _was_over(session, entry.run_id, self._switched_on_at):
            row.shown_seq = row.told_seq = entry.seq  # over before Slack was switched on: not announced now
        if entry.content["actor"] != "system:engine":
            self._clicked.add(entry.run_id)

    def _dirty(self) -> list[SlackMessage]:
        behind = or_(
            SlackMessage.seen_seq > SlackMessage.shown_seq, SlackMessage.seen_seq > SlackMessage.told_seq
        )
        query = select(SlackMessage).where(behind).order_by(SlackMessage.seen_seq)
        with self._desk.store.read() as session:
            found = list(session.scalars(query))
        tick = self._ticking()
        awake = [row for row in found if self._resting.get(row.run_id, 0.0) <= tick]
        return sorted(awake, key=lambda row: row.run_id not in self._clicked)

    def _publish(self, run_id: str) -> bool:
        """Bring one run up to date, and stop no other; false when Slack wants to be left alone."""
        told = tried("slack.run_failed", partial(self._told, run_id), run=run_id)
        if isinstance(told, Exception):
            self._resting[run_id] = self._ticking() + REST_S
            return True
        return told

    def _told(self, run_id: str) -> bool:
        try:
            written = self._scribe.write(run_id)
            self._patience.went_well()
            if written in (Written.DONE, Written.COUNTED):
                self._clicked.discard(run_id)
            if rest_s := _rest_s(written):
                self._resting[run_id] = self._ticking() + rest_s
        except SlackSaidNo as no:
            log.error("slack.refused", run=run_id, code=no.code)  # noqa: TRY400  the code says it all
            self._resting[run_id] = self._ticking() + REST_S
        except RateLimited as limited:
            log.warning("slack.rate_limited", seconds=self._patience.failed(limited))
            return False
        except ConnectorError as error:
            self._patience.failed(error)
            log.warning(
                "slack.away", error=type(error).__name__, what=error.what, failures=self._patience.failures
            )
            return False
        return True


def _rest_s(written: Written) -> float:
    """How long a run is left alone that was brought so far, in seconds."""
    rests = {Written.HELD: REST_S, Written.COUNTED: COUNTED_REST_S, Written.HOMELESS: HOMELESS_REST_S}
    return rests.get(written, 0.0)


def _newest(session: Session) -> int:
    return session.scalar(select(func.max(LedgerEntry.seq))) or 0


def _was_over(session: Session, run_id: str, seq: int | None) -> bool:
    """Whether the run had ended by this entry of the ledger, and has not gone on since."""
    if session.scalar(select(Run.finished_at).where(Run.id == run_id)) is None:
        return False
    ends = select(func.max(LedgerEntry.seq)).where(
        LedgerEntry.run_id == run_id, LedgerEntry.event.in_((Event.RUN_FINISHED, Event.RUN_UNDONE))
    )
    return (session.scalar(ends) or 0) <= (seq or 0)
