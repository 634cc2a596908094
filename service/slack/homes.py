"""Where a run is told of: by itself, or beneath the message of the large batch it belongs to."""

from dataclasses import dataclass
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.departures.batch import Batch
from service.engine.facts import RunFacts
from service.engine.states import WaitsFor
from service.engine.tally import of_a_large_batch
from service.slack.items import open_items
from service.slack.message import TELLING
from service.slack.tables import SlackBatch

#: The runs of a batch of so few departures are told of one by one.
FEW: Final = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Home:
    """The message of a batch. `ts` is empty while it does not stand yet."""

    channel: str
    ts: str


def home_of(session: Session, facts: RunFacts) -> Home | None:
    """The message beneath which a run is told of; none where it is told of by itself."""
    if not facts.batch:
        return None
    large = select(Batch.id).where(Batch.number == int(facts.batch.removeprefix("B-")), of_a_large_batch(FEW))
    batch_id = session.scalar(large)
    if batch_id is None:
        return None
    row = session.get(SlackBatch, batch_id)
    if row is None:
        return Home(channel="", ts="")
    return None if row.kept_back else Home(channel=row.channel, ts=row.ts)


def needs_somebody(facts: RunFacts) -> bool:
    """Whether a run of a large batch is told of at all: the others are counted."""
    waiting = any(step.waits_for is not WaitsFor.DEVICE for step in open_items(facts))
    return bool(waiting or has_finding(facts) or facts.questions or facts.held or facts.alarms)


def has_finding(facts: RunFacts) -> bool:
    """Whether the snapshot says something about data that somebody should look at."""
    return facts.finding is not None and facts.finding.verdict in TELLING
