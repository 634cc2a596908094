"""Large batches in Slack: one message for all of it, and beneath it the runs that need somebody.

Two hundred posts are read by nobody, and Slack takes one a second.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

import structlog
from sqlalchemy import and_, case, exists, func, or_, select, update
from sqlalchemy.orm import InstrumentedAttribute, Session
from sqlalchemy.sql.selectable import Exists

from connectors.sdk.errors import ConnectorError
from service.departures.batch import Batch
from service.departures.departure import Departure
from service.departures.kind import DepartureKind
from service.engine.tally import may_be_told, of_a_large_batch, tally
from service.ledger.entry import LedgerEntry
from service.people.person import Identity, IdentityKind, records_of
from service.slack import homes
from service.slack.api import BATCH_EVENT, CONTENT, GONE, LINE_EVENT, SlackSaidNo
from service.slack.batch_message import Apart, batch_message, called
from service.slack.hand import Hand, before
from service.slack.message import NAMELESS, digest
from service.slack.patience import Patience
from service.slack.people import identity
from service.slack.tables import SlackBatch, SlackMessage
from service.slack.text import Message, section
from service.store.failpoints import passing

log = structlog.get_logger()

#: How often a batch is counted, in seconds: its message is edited at most so often.
EVERY_S: Final = 10.0
#: What marks the one line that calls people: no entry of the ledger has this number.
CALL: Final = -1
#: A batch whose message Slack refuses for what it says, or lacks, is left alone this long, in seconds.
REST_S: Final = 300.0
_QUIET: Final = tuple(map(DepartureKind, sorted(NAMELESS)))


class Batches:
    """Keeps each large batch's message as the batch is. Used by the publisher's thread."""

    def __init__(self, hand: Hand) -> None:
        self._desk, self._api, self._team = hand.desk, hand.api, hand.team
        self._look = hand.look
        self._channels = hand.channels
        self._real_now, self._ticking = hand.real_now, hand.ticking
        self._patience = Patience(hand.ticking)
        self._looked: float | None = None
        self._resting: dict[str, float] = {}

    def step(self) -> None:
        """Bring the message of each batch that goes on up to date. What Slack does not take now is told later."""
        tick = self._ticking()
        if self._patience.waits or (self._looked is not None and tick - self._looked < EVERY_S):
            return
        self._looked = tick
        for batch_id in self._live():
            if self._resting.get(batch_id, 0.0) > tick:
                continue
            try:
                self._write(batch_id)
            except (ConnectorError, SlackSaidNo) as error:
                seconds = self._patience.failed(error)
                log.warning("slack.batch_not_told", error=type(error).__name__, again_in_s=seconds)
                return
            self._patience.went_well()

    def _live(self) -> list[str]:
        """Large batches of which something is to be told, or whose message may not be as they are."""
        unsettled = exists().where(SlackBatch.batch_id == Batch.id, SlackBatch.settled.is_(False))
        query = select(Batch.id).where(or_(_behind(Batch.id), unsettled), of_a_large_batch(homes.FEW))
        with self._desk.store.read() as session:
            return list(session.scalars(query.order_by(Batch.number)))

    def _write(self, batch_id: str) -> None:
        with self._desk.store.read() as session:
            row = session.get(SlackBatch, batch_id)
            counted = tally(session, batch_id, now=self._desk.now(), quiet=_QUIET)
            apart = _apart(session, batch_id, now=self._desk.now())
            is_behind = session.scalar(select(_behind(batch_id)))
        if not counted.begun:
            return  # nobody learns of a dismissal before its time
        message = batch_message(counted, apart, look=self._look)
        row = row or self._begun(batch_id)
        try:
            is_told = digest(message) == row.content_sha256 or self._told(row, message)
            if is_told and (counted.need or apart.found) and row.called_at is None:
                self._call(row, called(counted, apart, look=self._look))
        except SlackSaidNo as no:
            if no.code not in CONTENT | GONE:
                raise
            log.error("slack.batch_refused", batch=batch_id, code=no.code)  # noqa: TRY400  the code says it all
            self._save(row, kept_back=bool(row.ts) if no.code in GONE else not row.ts)
            self._resting[batch_id] = self._ticking() + REST_S
        self._save(row, settled=counted.over and not is_behind)

    def _told(self, row: SlackBatch, message: Message) -> bool:
        """Post or edit it; false where everybody's runs are told of by themselves instead."""
        channel = self._where(row)
        if not channel:
            if not row.kept_back:
                log.error("slack.leaver_in_channel", batch=row.batch_id)
            self._save(row, kept_back=True)
            return False
        self._post(row, channel, message) if not row.ts else self._edit(row, message)
        self._save(row, content_sha256=digest(message), kept_back=False)
        return True

    def _where(self, row: SlackBatch) -> str:
        """The channel to write to: never one that somebody of the batch reads. Empty: nowhere."""
        choices = (row.channel,) if row.channel else self._channels
        return next((each for each in choices if not self._is_read_by_leavers(each, row)), "")

    def _is_read_by_leavers(self, channel: str, row: SlackBatch) -> bool:
        users = [identity(self._team, user) for user in self._api.members(channel)]
        readers = select(Identity.person_id).where(
            Identity.kind == IdentityKind.SLACK, Identity.value.in_(users)
        )
        with self._desk.store.read() as session:
            return any(_leaves(session, person, row.batch_id) for person in session.scalars(readers).all())

    def _post(self, row: SlackBatch, channel: str, message: Message) -> None:
        """The one post of a batch; or the finding of it, where an earlier attempt may have got through."""
        if row.tried_at is not None:
            ts = self._api.find_batch(channel, row.batch_id, since=before(row.tried_at))
            if ts:
                self._save(row, ts=ts)
                self._edit(row, message)
                return
        self._save(row, channel=channel, tried_at=row.tried_at or self._real_now())
        passing("slack.batch.before")
        ts = self._api.post(channel, message, event=BATCH_EVENT, payload=_mark(row))
        passing("slack.batch.after")
        self._save(row, ts=ts)

    def _edit(self, row: SlackBatch, message: Message) -> None:
        passing("slack.batch.edit.before")
        self._api.update(row.channel, row.ts, message, event=BATCH_EVENT, payload=_mark(row))
        passing("slack.batch.edit.after")

    def _call(self, row: SlackBatch, said: str) -> None:
        """Call who may confirm, once: an edit notifies nobody."""
        if not self._api.has_line(row.channel, row.ts, CALL):
            message = {"text": said, "blocks": [section(said)]}
            payload = {**_mark(row), "seq": CALL}
            passing("slack.batch.call.before")
            self._api.post(row.channel, message, event=LINE_EVENT, payload=payload, thread_ts=row.ts)
            passing("slack.batch.call.after")
        self._save(row, called_at=self._real_now())

    def _begun(self, batch_id: str) -> SlackBatch:
        with self._desk.store.write("slack.batch") as session:
            session.add(SlackBatch(batch_id=batch_id))
        with self._desk.store.read() as session:
            return session.get_one(SlackBatch, batch_id)

    def _save(self, row: SlackBatch, **values: Any) -> None:
        """Commit what is different, and keep the row in hand in step."""
        new = {name: value for name, value in values.items() if getattr(row, name) != value}
        if not new:
            return
        with self._desk.store.write("slack.batch") as session:
            session.execute(update(SlackBatch).where(SlackBatch.batch_id == row.batch_id).values(**new))
        for name, value in new.items():
            setattr(row, name, value)


def count_again(session: Session, entries: Sequence[LedgerEntry]) -> None:
    """The message of each batch that entries of the ledger speak of may say something else now."""
    named = {str(entry.content["body"]["batch"]) for entry in entries if _names_a_batch(entry)}
    departures = {entry.departure_id for entry in entries if entry.departure_id}
    its = select(Departure.batch_id).where(Departure.id.in_(departures), Departure.batch_id.is_not(None))
    of_them = or_(SlackBatch.batch_id.in_(named), SlackBatch.batch_id.in_(its))
    session.execute(update(SlackBatch).where(of_them, SlackBatch.settled.is_(True)).values(settled=False))


def _behind(batch_id: str | InstrumentedAttribute[str]) -> Exists:
    """Whether a run of a batch has a message that does not show yet what happened, or none yet."""
    of_it = (Departure.batch_id == batch_id, Departure.run_id == SlackMessage.run_id)
    return exists().where(*of_it, SlackMessage.seen_seq > SlackMessage.shown_seq)


def _apart(session: Session, batch_id: str, *, now: datetime) -> Apart:
    stands_alone = and_(SlackMessage.ts != "", SlackMessage.thread_ts == "")
    counts = (
        func.coalesce(func.sum(case((each, 1), else_=0)), 0) for each in (SlackMessage.found, stands_alone)
    )
    its = select(*counts).join(Departure, Departure.run_id == SlackMessage.run_id)
    found, alone = session.execute(its.where(may_be_told(batch_id, now=now, quiet=_QUIET))).one()
    return Apart(found=found, alone=alone)


def _names_a_batch(entry: LedgerEntry) -> bool:
    body = entry.content["body"]
    return entry.event.startswith("batch.") and isinstance(body, dict) and "batch" in body


def _mark(row: SlackBatch) -> dict[str, Any]:
    return {"batch_id": row.batch_id}


def _leaves(session: Session, person: str, batch_id: str) -> bool:
    """Whether somebody leaves with this batch, by any of their records."""
    own = select(Departure.id).where(
        Departure.batch_id == batch_id, Departure.person_id.in_(records_of(person))
    )
    return session.scalar(own.limit(1)) is not None
