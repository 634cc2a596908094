"""From the bytes of a webhook to its answer. Nothing is answered with 2xx that is not stored and recorded."""

import hashlib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from http import HTTPStatus
from typing import Final

import structlog
from sqlalchemy.exc import IntegrityError, SQLAlchemyError
from sqlalchemy.orm import Session

from service.departures.event import NothingToWithdraw, TerminationEvent, Unannounceable
from service.intake import answer, inbox, look_up, strict_json
from service.intake.answer import Answer
from service.intake.inbox import Delivery
from service.intake.source import Envelope, NotUnderstood, Slip, Source, Understood
from service.intake.sources import csv_file
from service.intake.sources.csv_file import Told
from service.intake.strict_json import MEBIBYTE, BadBody
from service.ledger.entry import append, gathered
from service.ledger.errors import LedgerError
from service.ledger.event import Event
from service.ledger.keys import Keys
from service.people.signature import NotAuthentic
from service.settings import SourceSection
from service.store import Store, utc_now
from service.store.again import again

log = structlog.get_logger()

MOST_BYTES: Final = MEBIBYTE
NOT_COMPRESSED: Final = ("", "identity")

Announce = Callable[[Session, TerminationEvent], str]
Together = Callable[[Session], Announce]


def _nobody_waits() -> None:
    """Without a listener, what was accepted is found at the next tick."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What intake is handed by the app.

    Args:
        announce: Turns an event into a departure in the given transaction and returns its id.
            Raises `Unannounceable`.
        now: The service's clock.
        real_now: The real time, by which signatures age whatever the demonstration's clock says.
        on_accepted: Called after the commit, so that nobody waits for the next tick.
    """

    store: Store
    keys: Keys
    announce: Announce
    now: Callable[[], datetime]
    real_now: Callable[[], datetime] = utc_now
    on_accepted: Callable[[], None] = _nobody_waits


class Intake:
    """The door for HR systems. `counts` holds how many messages met which fate, by source."""

    def __init__(self, sources: Mapping[str, Source], surroundings: Surroundings) -> None:
        self._sources = dict(sources)
        self._at = surroundings
        self.counts: Counter[tuple[str, str]] = Counter()

    def receive(self, source: str, headers: Mapping[str, str], raw: bytes) -> Answer:
        """Take one webhook. Raises nothing that its sender could cause."""
        known = self._sources.get(source)
        if known is None:
            return answer.UNKNOWN_SOURCE
        refusal = _unacceptable(known, headers, raw)
        if refusal is not None:
            return self._told(known, refusal, why=refusal.body["title"])
        try:
            said = known.authentic(headers, raw, now=self._at.real_now())
        except NotAuthentic as error:
            return self._told(known, answer.NOT_AUTHENTIC, why=type(error).__name__)
        delivery = _delivery(known, said.id, raw, self._at)
        try:
            given = self._take(known, delivery, raw)
        except (SQLAlchemyError, LedgerError) as error:
            return self._told(known, answer.NOT_STORED, why=type(error).__name__)
        if given.status is HTTPStatus.ACCEPTED:
            self._at.on_accepted()
        return self._told(known, given)

    def take_file(
        self,
        source: str,
        section: SourceSection,
        raw: bytes,
        *,
        together: Together | None = None,
        by: str = "",
    ) -> tuple[str, ...]:
        """Announce every row of a CSV in one transaction; returns the departures.

        Raises `NotUnderstood` with every mistake; then nothing was changed, and that is recorded.

        Args:
            together: Makes, in the given transaction, what announces each row as a part of one batch.
            by: The actor, where it is a person who brought the file.
        """
        try:
            departures = self._all_or_none(source, section, raw, together)
        except NotUnderstood as refused:
            with self._at.store.write("intake") as session:
                body = {"slips": len(refused.slips), "sha256": hashlib.sha256(raw).hexdigest()}
                actor = by or f"source:{source}"
                append(session, Event.BATCH_REFUSED, actor=actor, body=body, at=self._at.now())
            raise
        self._at.on_accepted()
        return departures

    @again
    def _all_or_none(
        self, source: str, section: SourceSection, raw: bytes, together: Together | None
    ) -> tuple[str, ...]:
        delivery_id = hashlib.sha256(raw).hexdigest()
        envelope = Envelope(source=source, delivery_id=delivery_id, body=raw, received_at=self._at.now())
        told = csv_file.read_file(envelope, section)
        departures: dict[str, Told] = {}
        slips = list(_twice(told))
        with self._at.store.write("intake") as session:
            announce = together(session) if together else self._at.announce
            with gathered(session):
                for row in told:
                    try:
                        first = departures.setdefault(announce(session, row.event), row)
                    except Unannounceable as error:
                        slips.append(row.slip(error.reason))
                        continue
                    if first.event.person.source_id != row.event.person.source_id:
                        slips.append(row.slip(f"this is the person of line {first.line} too. Keep one row."))
                if slips:
                    raise NotUnderstood(*sorted(slips, key=_place))
        return tuple(departures)

    def look_up_due(self, *, most: int = 50) -> int:
        """Ask HR systems about the employees that hints named; returns how many were settled. A job calls it."""
        settled = look_up.run(
            self._sources, store=self._at.store, announce=self._at.announce, now=self._at.now, most=most
        )
        if settled:
            self._at.on_accepted()
        return settled

    @again
    def _take(self, source: Source, delivery: Delivery, raw: bytes) -> Answer:
        early = None
        try:
            understood = _understood(source, delivery, raw)
            return self._write(
                partial(inbox.keep, understood=understood, announce=self._at.announce), delivery
            )
        except NotUnderstood as error:
            slips = error.slips
        except Unannounceable as error:
            slips = (Slip(where="", what=error.reason),)
            early = error if isinstance(error, NothingToWithdraw) else None
        return self._write(partial(inbox.keep_unreadable, slips=slips, early=early), delivery)

    def _write(self, keep: Callable[[Session, Delivery], Answer], delivery: Delivery) -> Answer:
        """Keep it; when somebody else kept the same at the same moment, see that."""
        try:
            with self._at.store.write("intake") as session:
                return keep(session, delivery)
        except IntegrityError:
            with self._at.store.write("intake") as session:
                return keep(session, delivery)

    def _told(self, source: Source, given: Answer, *, why: str = "") -> Answer:
        fate = given.status.name.lower()
        self.counts[source.name, fate] += 1
        if given.status >= HTTPStatus.BAD_REQUEST:
            log.warning("webhook.refused", source=source.name, status=given.status.value, why=why or fate)
        return given


def _twice(told: Sequence[Told]) -> Iterator[Slip]:
    """Whoever stands in a file more than once: which row is meant, nobody knows."""
    first: dict[str, Told] = {}
    for row in told:
        before = first.setdefault(row.event.person.source_id, row)
        if before is not row:
            yield row.slip(f"this person stands in the file already, in line {before.line}. Keep one row.")


def _place(slip: Slip) -> tuple[int, ...]:
    return tuple(map(int, slip.where.split(":")))


def _unacceptable(source: Source, headers: Mapping[str, str], raw: bytes) -> Answer | None:
    if len(raw) > MOST_BYTES:
        return answer.TOO_LARGE
    given = {name.lower(): value.strip().lower() for name, value in headers.items()}
    kind, _, parameters = given.get("content-type", "").partition(";")
    charset = parameters.partition("charset=")[2].partition(";")[0].strip('" ')
    if kind.strip() not in source.content_types or charset not in {"", "utf-8", "utf8"}:
        return answer.WRONG_TYPE
    if given.get("content-encoding", "") not in NOT_COMPRESSED:
        return answer.WRONG_TYPE
    return None


def _delivery(source: Source, signed_id: str | None, raw: bytes, at: Surroundings) -> Delivery:
    """A message is known by the id its signature covers, else by its bytes: an id beside it proves nothing."""
    digest = hashlib.sha256(raw).hexdigest()
    own = hashlib.sha256(f"{source.name}\n{digest}".encode()).hexdigest()
    webhook_id = inbox.new_id()
    return Delivery(
        webhook_id=webhook_id,
        source=source.name,
        delivery_id=signed_id or own,
        body_sha256=digest,
        sealed=at.keys.seal(raw, f"webhook:{webhook_id}"),
        received_at=at.now(),
        by_its_bytes=signed_id is None,
    )


def _understood(source: Source, delivery: Delivery, raw: bytes) -> Understood:
    try:
        body = strict_json.parse(raw, max_bytes=MOST_BYTES)
    except BadBody as error:
        raise NotUnderstood(Slip(where="", what=error.reason)) from error
    envelope = Envelope(
        source=source.name,
        delivery_id=delivery.delivery_id,
        body=body,
        received_at=delivery.received_at,
    )
    return source.read(envelope, source.section)
