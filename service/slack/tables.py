"""The message of each run, and how much of the ledger it and its thread have told."""

from datetime import datetime

from sqlalchemy import String, false
from sqlalchemy.orm import Mapped, mapped_column

from service.ledger.entry import SEQ
from service.store import Base


class SlackMessage(Base):
    """One run's message.

    `ts` is Slack's name of it, empty before it stands. `tried_at` and `line_tried` are written before a call that
    posts: with no answer noted beside them, somebody looks in Slack before anything is posted again.
    `kept_back_since`: the leaver reads every channel that it could stand in, so that it stands in none, or as it was.
    `thread_ts` is the message of the batch beneath which it stands; empty where it stands by itself.
    `found`: its snapshot says something about data that somebody should look at.
    `seen_seq` is the last entry about the run, `shown_seq` the last one drawn, `told_seq` the last one in the thread.
    """

    __tablename__ = "slack_messages"

    run_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    channel: Mapped[str] = mapped_column(String(40), default="")
    ts: Mapped[str] = mapped_column(String(40), default="")
    thread_ts: Mapped[str] = mapped_column(String(40), default="", server_default="")
    content_sha256: Mapped[str] = mapped_column(String(64), default="")
    found: Mapped[bool] = mapped_column(default=False, server_default=false())
    tried_at: Mapped[datetime | None]
    kept_back_since: Mapped[datetime | None]
    seen_seq: Mapped[int] = mapped_column(SEQ)
    shown_seq: Mapped[int] = mapped_column(SEQ, default=-1)
    told_seq: Mapped[int] = mapped_column(SEQ, default=-1)
    line_tried: Mapped[int] = mapped_column(SEQ, default=-1)


class SlackBatch(Base):
    """The message of a large batch, named and tried as that of a run is.

    `kept_back`: somebody of the batch reads every channel, or Slack takes no such message: its runs stand by
    themselves. `called_at` is when people were called. `settled`: it was over, and told so, and nothing has been
    heard of it since.
    """

    __tablename__ = "slack_batches"

    batch_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    channel: Mapped[str] = mapped_column(String(40), default="")
    ts: Mapped[str] = mapped_column(String(40), default="")
    content_sha256: Mapped[str] = mapped_column(String(64), default="")
    tried_at: Mapped[datetime | None]
    called_at: Mapped[datetime | None]
    kept_back: Mapped[bool] = mapped_column(default=False)
    settled: Mapped[bool] = mapped_column(default=False)
