"""Alarms that belong to no run's message: one post each in the channel, with the group that can help called once.

An alarm of a run is told in the thread of its message, as everything else of that run is.
"""

import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Final

import structlog
from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from connectors.sdk.errors import ConnectorError
from service.departures.departure import Departure
from service.engine import last_times
from service.engine.alarms import Alarm, alarm_of, open_alarms
from service.engine.desk import Desk
from service.engine.found_stuck import Stuck, StuckKind
from service.engine.tables import Run
from service.ledger.entry import LedgerEntry
from service.ledger.event import Event
from service.ledger.readers import advance, position
from service.slack.api import ALARM_EVENT, CONTENT, LINE_EVENT, SlackApi, SlackSaidNo
from service.slack.look import Look
from service.slack.patience import Patience
from service.slack.publisher import READER as RUNS
from service.slack.tables import SlackMessage
from service.slack.text import Message, escape, section
from service.store.failpoints import passing

log = structlog.get_logger()

READER: Final = "slack.alarms"
LISTENING: Final = "slack.listening"
#: How `last_times` names an alarm whose content Slack refused: its entry, and Slack's word for why.
REFUSED: Final = "slack.refused:"
#: A connection is renewed within seconds; so long without one is no renewal.
DEAF_FOR: Final = timedelta(minutes=15)
BATCH: Final = 50
#: Whose end means that it is mended. The others end by what people decide, or by a date.
MENDED: Final = frozenset({StuckKind.ENGINE, StuckKind.READER, StuckKind.NIGHT, StuckKind.SLACK})
#: Whoever publishes beside us may leave Slack alone for a minute by itself: together no alarm waits much longer.
SLOWEST_S: Final = 30.0


class AlarmTeller:
    """Follows the ledger for alarms, with a cursor of its own. Used by the publisher's thread."""

    def __init__(
        self,
        desk: Desk,
        api: SlackApi,
        *,
        look: Look,
        channel: str,
        ticking: Callable[[], float] = time.monotonic,
    ) -> None:
        self._desk = desk
        self._api = api
        self._look = look
        self._channel = channel
        self._patience = Patience(ticking, slowest_s=SLOWEST_S)

    def step(self) -> int:
        """Tell what was not told; gives how many. What Slack does not take now is told later."""
        told = 0
        if self._patience.waits:
            return told
        waiting = self._waiting()
        still = self._still() if waiting else frozenset()
        for entry in waiting:
            try:
                aside = self._tell_or_put_aside(entry, still)
            except (ConnectorError, SlackSaidNo) as error:
                seconds = self._patience.failed(error)
                log.warning("slack.alarm_not_told", error=type(error).__name__, again_in_s=seconds)
                return told
            self._patience.went_well()
            with self._desk.store.write("slack.alarm.cursor") as session:
                advance(session, READER, entry.seq)
                if aside:
                    last_times.note(session, f"{REFUSED}{entry.seq}:{aside}", well=False, at=self._desk.now())
            told += not aside
        return told

    def _tell_or_put_aside(self, entry: LedgerEntry, still: frozenset[int]) -> str:
        """Slack's word for why it never takes what this alarm says: no other one is kept waiting. Empty when told."""
        try:
            if entry.event == Event.ALARM_ENDED:
                self._tell_the_end(entry)
            elif entry.seq in still:  # what moves again needs nobody
                self._tell(alarm_of(entry), entry)
        except SlackSaidNo as no:
            if no.code not in CONTENT:
                raise
            log.error("slack.alarm_refused", seq=entry.seq, code=no.code)  # noqa: TRY400  the code says it all
            return no.code
        return ""

    def _still(self) -> frozenset[int]:
        with self._desk.store.read() as session:
            return frozenset(alarm.seq for alarm in open_alarms(session))

    def _waiting(self) -> list[LedgerEntry]:
        with self._desk.store.read() as session:
            query = select(LedgerEntry).where(
                LedgerEntry.event.in_((Event.ALARM_RAISED, Event.ALARM_ENDED)),
                LedgerEntry.run_id == "",
                LedgerEntry.seq > position(session, READER),
            )
            return list(session.scalars(query.order_by(LedgerEntry.seq).limit(BATCH)))

    def _tell(self, alarm: Alarm, entry: LedgerEntry) -> None:
        """Look for the post before it is made: alarms are rare, and a second one is worse than a second look."""
        if self._api.find_alarm(self._channel, entry.seq):
            return
        said = f"{self._look.it} :rotating_light: {escape(alarm.said)} {escape(alarm.fix)}"
        self._post(said, entry, event=ALARM_EVENT)

    def _tell_the_end(self, entry: LedgerEntry) -> None:
        """Beneath the post of the alarm, and without a call. What was never told is not told as over."""
        raised = self._raised(alarm_of(entry), entry.seq)
        if raised is None or raised.kind not in MENDED:
            return
        ts = self._api.find_alarm(self._channel, raised.seq)
        if ts and not self._api.has_line(self._channel, ts, entry.seq):
            said = f":white_check_mark: Over since {entry.at:%Y-%m-%d %H:%M:%S} UTC."
            self._post(said, entry, event=LINE_EVENT, thread_ts=ts)

    def _raised(self, ended: Alarm, seq: int) -> Alarm | None:
        """The alarm that has ended."""
        query = select(LedgerEntry).where(
            LedgerEntry.event == Event.ALARM_RAISED, LedgerEntry.run_id == "", LedgerEntry.seq < seq
        )
        with self._desk.store.read() as session:
            alarms = map(alarm_of, session.scalars(query.order_by(LedgerEntry.seq.desc())))
            return next((alarm for alarm in alarms if alarm.key == ended.key), None)

    def _post(self, said: str, entry: LedgerEntry, *, event: str, thread_ts: str = "") -> None:
        message: Message = {"text": said, "blocks": [section(said)]}
        passing("slack.alarm.before")
        self._api.post(self._channel, message, event=event, payload={"seq": entry.seq}, thread_ts=thread_ts)
        passing("slack.alarm.after")


def kept_back(session: Session) -> Iterator[Stuck]:
    """Runs that stand nowhere in Slack, or as they stood, because the leaver reads along.

    An alarm of the run, so that it is told on the pages and to collectors and never in the channel itself.
    """
    query = (
        select(SlackMessage.run_id, SlackMessage.kept_back_since, Run.departure_id)
        .join(Run, Run.id == SlackMessage.run_id)
        .where(SlackMessage.kept_back_since.is_not(None))
    )
    for run_id, since, departure_id in session.execute(query):
        if since is None:  # as the query says
            continue
        yield Stuck(
            kind=StuckKind.READER,
            key=f"slack:{run_id}",
            said="Nothing more of this run is written to Slack: its leaver reads the channel.",
            fix="Name a [slack] fallback_channel that they do not read, or take them out of the channel.",
            since=since,
            run_id=run_id,
            departure_id=departure_id,
        )


def refused(session: Session) -> Iterator[Stuck]:
    """Alarms that are open and stand nowhere in Slack, because it does not take what they say.

    Of the alarm that tells of one nothing more is told: Slack would refuse one after the other.
    """
    notes = session.scalars(select(last_times.LastTime).where(last_times.LastTime.key.startswith(REFUSED)))
    why = {int(seq): (word, note.since) for note in notes for _, seq, word in [note.key.split(":")]}
    if not why:
        return
    for alarm in open_alarms(session):
        if alarm.seq in why and not alarm.key.startswith(REFUSED):
            word, since = why[alarm.seq]
            yield Stuck(
                kind=StuckKind.SLACK,
                key=f"{REFUSED}{alarm.seq}",
                said=f"The alarm of {alarm.raised_at:%Y-%m-%d %H:%M:%S} UTC stands nowhere in Slack, which does not "
                f"take what it says ({word}).",
                fix="Read it on the page of all runs or with exeunt check; the log names it (slack.alarm_refused).",
                since=since,
            )


def stands(desk: Desk, *, connected: bool) -> None:
    """Write down that a Socket Mode connection of some node stands, or that this node has none."""
    with desk.store.write("last-time") as session:
        last_times.note(session, LISTENING, well=connected, at=desk.now())


def deaf(session: Session, *, now: datetime) -> Iterator[Stuck]:
    """Nothing that people press in Slack reaches any node of ours. Those that still hear write that down."""
    for _, since, ever in last_times.missed(session, {LISTENING: ""}, after=DEAF_FOR, now=now):
        said = "was last heard at" if ever else "could not be listened to since"
        yield Stuck(
            kind=StuckKind.SLACK,
            key=LISTENING,
            said=f"Slack {said} {since:%Y-%m-%d %H:%M:%S} UTC: what is pressed or typed there reaches nobody.",
            fix="Confirm on the pages meanwhile. It is connected again by itself; if it lasts, look at "
            "slack.app_token and whether we may reach Slack over WebSocket. The log says why it fails.",
            since=since,
        )


def behind_since(session: Session) -> datetime | None:
    """Since when Slack has not been told of runs; nothing when it has. What is sealed is not to be told yet."""
    unread = select(LedgerEntry.at).where(LedgerEntry.seq > position(session, RUNS), LedgerEntry.run_id != "")
    behind = or_(
        SlackMessage.seen_seq > SlackMessage.shown_seq, SlackMessage.seen_seq > SlackMessage.told_seq
    )
    untold = (
        select(LedgerEntry.at)
        .join(SlackMessage, SlackMessage.seen_seq == LedgerEntry.seq)
        .join(Departure, Departure.run_id == SlackMessage.run_id)
        .where(behind, SlackMessage.kept_back_since.is_(None), Departure.sealed.is_(False))
    )
    moments = [session.scalar(query.order_by(LedgerEntry.seq).limit(1)) for query in (unread, untold)]
    return min((moment for moment in moments if moment is not None), default=None)
