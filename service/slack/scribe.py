"""Bringing one run's message and thread up to date, so that a crash at any moment posts nothing twice.

Before each call that posts, the intent is committed. An intent without a result means that the post may stand:
then Slack is searched for our mark before anything is posted.
"""

from collections.abc import Callable
from dataclasses import replace
from enum import StrEnum
from typing import Any, Final

import structlog
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from service.engine.facts import RunFacts
from service.engine.overdue import waits_past
from service.engine.tables import StepRun
from service.ledger.entry import LedgerEntry
from service.ledger.event import Event
from service.people.person import Person, records_of
from service.slack import people
from service.slack.api import LINE_EVENT, RUN_EVENT, SlackSaidNo
from service.slack.hand import Hand, before
from service.slack.homes import Home, has_finding, home_of, needs_somebody
from service.slack.look import Look
from service.slack.message import NAMELESS, checklist, digest
from service.slack.pace import Pace
from service.slack.tables import SlackMessage
from service.slack.text import Message, link, section
from service.slack.thread import Happened, line
from service.store.failpoints import passing

log = structlog.get_logger()

#: Slack's words where a message, or the one above it, is no longer there.
DELETED: Final = frozenset({"message_not_found", "thread_not_found"})
#: One edit of a run in this time; Slack shows an edit to everybody who has the channel open.
RUN_EVERY_S: Final = 1.2
EDITS, EDITS_WITHIN_S = 40, 60.0
#: Slack takes about one post a second in a channel, and short bursts.
POSTS, POSTS_WITHIN_S = 10, 10.0


class Written(StrEnum):
    """How far a run was brought: up to date, not yet (its turn comes), or held back for a reason that lasts.

    `COUNTED`: the message of its batch tells of it as one among many, as nobody is needed. `HOMELESS`: that message
    does not stand yet.
    """

    DONE = "done"
    LATER = "later"
    HELD = "held"
    COUNTED = "counted"
    HOMELESS = "homeless"


class Scribe:
    """Writes one run at a time. Used by one thread."""

    def __init__(self, hand: Hand) -> None:
        self._desk, self._api, self._team = hand.desk, hand.api, hand.team
        self._look = hand.look
        self._channels = hand.channels
        self._real_now, self._ticking = hand.real_now, hand.ticking
        self._edits = Pace(most=EDITS, within_s=EDITS_WITHIN_S)
        self._posts = Pace(most=POSTS, within_s=POSTS_WITHIN_S)
        self._edited: dict[str, float] = {}

    def write(self, run_id: str) -> Written:
        """Bring a run's message and thread up to what the ledger says. Raises `ConnectorError` or `SlackSaidNo`."""
        row, facts = self._row(run_id), self._desk.facts(run_id)
        if facts is None:
            return self._up_to_date(row)
        if facts.sealed or (facts.kind in NAMELESS and facts.effective_at > self._desk.now()):
            return Written.HELD  # nobody learns of a dismissal, or of what is sealed, before its time
        if row.found != has_finding(facts):
            self._save(row, found=has_finding(facts))  # a batch's message counts it
        home = self._home(facts) if row.tried_at is None else None
        if home is not None and not home.ts:
            return Written.HOMELESS
        if home is not None and not needs_somebody(facts):
            self._up_to_date(row)
            return Written.COUNTED
        try:
            return self._written(row, facts, home)
        except SlackSaidNo as no:
            if no.code not in DELETED:
                raise
            return self._forgotten(row, no.code)

    def _forgotten(self, row: SlackMessage, code: str) -> Written:
        """Somebody deleted what stood there: the run is told of anew, whole, after a while."""
        log.warning("slack.message_deleted", run=row.run_id, code=code)
        self._save(row, ts="", thread_ts="", content_sha256="", tried_at=None)
        return Written.HELD

    def _written(self, row: SlackMessage, facts: RunFacts, home: Home | None) -> Written:
        was_posted, beneath = bool(row.ts), home.ts if home else row.thread_ts
        look = self._look_in(beneath)
        message, lines = self._drawn(facts, look), self._lines(row, facts, look)
        is_new = digest(message) != row.content_sha256
        if not is_new and not lines:
            return self._up_to_date(row)
        if is_new and not self._may_edit(row):
            return Written.LATER
        channel = self._where(row, facts, home)
        if not channel:
            return Written.HELD
        if not row.ts:
            self._post(row, channel, facts, message, thread_ts=beneath)
        elif is_new:
            self._edit(row, facts, message)
        else:
            self._save(row, shown_seq=row.seen_seq)
        return self._tell(row, lines if was_posted or not beneath else [])  # its message says what was before

    def _up_to_date(self, row: SlackMessage) -> Written:
        self._save(row, shown_seq=row.seen_seq, told_seq=row.seen_seq)
        return Written.DONE

    def _look_in(self, thread_ts: str) -> Look:
        """Beneath a batch's message nobody is called run by run."""
        return replace(self._look, it_mention="") if thread_ts else self._look

    def has_turn(self, row: SlackMessage) -> bool:
        """Whether the pace has room for what this run most likely needs: drawing costs more than asking this."""
        if row.ts and row.shown_seq >= row.seen_seq:
            return self._posts.is_free(self._ticking())  # its thread lacks lines
        return self._may_edit(row)

    def _may_edit(self, row: SlackMessage) -> bool:
        tick = self._ticking()
        if not row.ts:
            return self._posts.is_free(tick)
        last = self._edited.get(row.run_id)
        return (last is None or tick - last >= RUN_EVERY_S) and self._edits.is_free(tick)

    def _home(self, facts: RunFacts) -> Home | None:
        with self._desk.store.read() as session:
            return home_of(session, facts)

    def _where(self, row: SlackMessage, facts: RunFacts, home: Home | None) -> str:
        """The channel to write to: never one that the leaver reads. Empty: nowhere, which an alarm says."""
        with self._desk.store.read() as session:
            leaver = people.slack_users(session, records_of(facts.leaver_person_id), self._team)
        apart = (home.channel,) if home else self._channels
        choices = (row.channel,) if row.channel else apart
        for channel in choices:
            if not leaver & self._api.members(channel):
                if row.kept_back_since is not None:
                    self._save(row, kept_back_since=None)
                return channel
        if row.kept_back_since is None:  # said once; the alarm stays until it changes
            log.error("slack.leaver_in_channel", run=facts.number, channels=list(choices))
            self._save(row, kept_back_since=self._desk.now())
        return ""

    def _post(
        self, row: SlackMessage, channel: str, facts: RunFacts, message: Message, *, thread_ts: str
    ) -> None:
        """The one post of a run; or the finding of it, where an earlier attempt may have got through."""
        if row.tried_at is not None:
            ts = self._api.find_run(
                row.channel, row.run_id, since=before(row.tried_at), thread_ts=row.thread_ts
            )
            if ts:
                self._save(row, ts=ts, **_told_with_it(row))
                self._edit(row, facts, message)
                return
        self._save(row, channel=channel, thread_ts=thread_ts, tried_at=row.tried_at or self._real_now())
        self._posts.spend(self._ticking())
        passing("slack.post.before")
        ts = self._sent(
            row,
            facts,
            message,
            lambda said: self._api.post(
                channel, said, event=RUN_EVENT, payload=_mark(row), thread_ts=thread_ts
            ),
        )
        passing("slack.post.after")
        self._save(row, ts=ts, shown_seq=row.seen_seq, content_sha256=digest(message), **_told_with_it(row))

    def _edit(self, row: SlackMessage, facts: RunFacts, message: Message) -> None:
        tick = self._ticking()
        self._edits.spend(tick)
        self._edited[row.run_id] = tick
        passing("slack.edit.before")
        self._sent(
            row, facts, message, lambda said: self._api.update(row.channel, row.ts, said, payload=_mark(row))
        )
        passing("slack.edit.after")
        self._save(row, shown_seq=row.seen_seq, content_sha256=digest(message))

    def _sent(
        self, row: SlackMessage, facts: RunFacts, message: Message, send: Callable[[Message], str]
    ) -> str:
        """Send; where the folding block is not known yet, once more without it, and so from then on."""
        try:
            return send(message)
        except SlackSaidNo as no:
            if no.code not in ("invalid_blocks", "invalid_blocks_format") or not self._look.fold:
                raise
        log.warning("slack.no_container", hint="Set slack.containers = false for this workspace.")
        self._look = replace(self._look, fold=False)
        return send(self._drawn(facts, self._look_in(row.thread_ts)))

    def _lines(self, row: SlackMessage, facts: RunFacts, look: Look) -> list[tuple[int, str]]:
        """What the thread has not told yet, in the ledger's order."""
        now = self._desk.now()
        said = ((h.seq, line(h, facts, now=now, look=look)) for h in self._untold(row, facts))
        whose = f"{link(look.run_url(facts), facts.number)}: " if row.thread_ts else ""
        return [(seq, f"{whose}{text}") for seq, text in said if text]

    def _tell(self, row: SlackMessage, lines: list[tuple[int, str]]) -> Written:
        for seq, said in lines:
            if not self._add_line(row, seq, said):
                return Written.LATER
        self._save(row, told_seq=row.seen_seq)
        return Written.DONE

    def _add_line(self, row: SlackMessage, seq: int, said: str) -> bool:
        thread = row.thread_ts or row.ts
        if row.line_tried == seq and self._api.has_line(row.channel, thread, seq):
            self._save(row, told_seq=seq)
            return True
        if not self._posts.is_free(self._ticking()):
            return False
        self._save(row, line_tried=seq)
        self._posts.spend(self._ticking())
        message = {"text": said, "blocks": [section(said)]}
        payload = {**_mark(row), "seq": seq}
        passing("slack.line.before")
        self._api.post(row.channel, message, event=LINE_EVENT, payload=payload, thread_ts=thread)
        passing("slack.line.after")
        self._save(row, told_seq=seq)
        return True

    def _untold(self, row: SlackMessage, facts: RunFacts) -> list[Happened]:
        query = (
            select(LedgerEntry)
            .where(
                LedgerEntry.run_id == row.run_id,
                LedgerEntry.seq > row.told_seq,
                LedgerEntry.seq <= row.seen_seq,
            )
            .order_by(LedgerEntry.seq)
        )
        with self._desk.store.read() as session:
            return [self._happened(session, entry, facts) for entry in session.scalars(query)]

    def _happened(self, session: Session, entry: LedgerEntry, facts: RunFacts) -> Happened:
        content = entry.content
        body = content["body"]
        return Happened(
            seq=entry.seq,
            event=entry.event,
            step=entry.step,
            at=entry.at,
            by=people.actor(session, str(content["actor"]), self._team, unnamed=facts.leaver_person_id),
            body=body if isinstance(body, dict) else {},
            waited=entry.event == Event.STEP_DONE and _had_waited(session, entry),
            asked=self._asked(session, entry) if entry.event == Event.ALARM_RAISED else "",
        )

    def _asked(self, session: Session, entry: LedgerEntry) -> str:
        """Whoever took what is past its deadline by now, in mrkdwn: they are told again with those in charge."""
        takers = select(StepRun.taken_by).where(StepRun.run_id == entry.run_id, waits_past(entry.at))
        found = session.scalars(select(Person).where(Person.id.in_(takers)).order_by(Person.display_name))
        return " ".join(people.mention(session, person, self._team) for person in found)

    def _drawn(self, facts: RunFacts, look: Look) -> Message:
        with self._desk.store.read() as session:
            leaver = session.get(Person, facts.leaver_person_id)
            boss = session.get(Person, leaver.manager_id) if leaver and leaver.manager_id else None
            manager = people.mention(session, boss, self._team)
            by = people.actor(session, facts.started_by, self._team, unnamed=facts.leaver_person_id)
        return checklist(facts, now=self._desk.now(), look=look, manager=manager, started_by=by)

    def _row(self, run_id: str) -> SlackMessage:
        with self._desk.store.read() as session:
            return session.get_one(SlackMessage, run_id)

    def _save(self, row: SlackMessage, **values: Any) -> None:
        """Commit, and keep the row in hand in step."""
        with self._desk.store.write("slack.message") as session:
            session.execute(update(SlackMessage).where(SlackMessage.run_id == row.run_id).values(**values))
        for name, value in values.items():
            setattr(row, name, value)


def _mark(row: SlackMessage) -> dict[str, Any]:
    return {"run_id": row.run_id}


def _told_with_it(row: SlackMessage) -> dict[str, Any]:
    """Beneath a batch's message, what was before is in the checklist: no death in between makes lines of it."""
    return {"told_seq": row.seen_seq} if row.thread_ts else {}


def _had_waited(session: Session, entry: LedgerEntry) -> bool:
    query = select(LedgerEntry.seq).where(
        LedgerEntry.run_id == entry.run_id,
        LedgerEntry.step == entry.step,
        LedgerEntry.event == Event.STEP_WAITING,
        LedgerEntry.seq < entry.seq,
    )
    return session.scalar(query.limit(1)) is not None
