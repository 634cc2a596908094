"""Checkpoints: the size and root of the ledger at a moment, signed, as of c2sp.org/tlog-checkpoint."""

import re
from base64 import b64decode, b64encode
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import LargeBinary, Text, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from service.ledger import note, seatbelt
from service.ledger.entry import SEQ, LedgerEntry, LedgerHead, append, head, stored_leaves
from service.ledger.errors import KeyTrouble, LedgerBroken, NoteRefused
from service.ledger.event import Event
from service.ledger.keys import Keys
from service.ledger.tree import HASH_BYTES, Edge, leaf_hash
from service.store import Base

AT_LEAST_EVERY = timedelta(hours=1)
ACTOR = "system:ledger"

_TEXT = re.compile(
    r"(?P<origin>[^\n]+)\n(?P<size>0|[1-9]\d{0,18})\n(?P<root>[A-Za-z0-9+/]{43}=)\n(?:[^\n]+\n)*"
)
#: One in a file of several. What a full disk cut short has no whole root or no whole signature.
_NOTE = re.compile(r"\S+\n\d+\n\S{44}\n\n(?:— \S+ \S{92,}(?:\n|\Z))+")


class SignedCheckpoint(Base):
    """A checkpoint we signed. `edge` lets the next one be proven to continue it."""

    __tablename__ = "checkpoints"

    size: Mapped[int] = mapped_column(SEQ, primary_key=True, autoincrement=False)
    note: Mapped[str] = mapped_column(Text)
    edge: Mapped[bytes] = mapped_column(LargeBinary)
    at: Mapped[datetime]


seatbelt.fasten(SignedCheckpoint.__table__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """What a log says of itself: so many entries, with this root."""

    origin: str
    size: int
    root: bytes

    def text(self) -> str:
        """The text that is signed."""
        return f"{self.origin}\n{self.size}\n{b64encode(self.root).decode()}\n"


def open_checkpoint(signed: str, vkey: str) -> Checkpoint:
    """Verify a checkpoint and read it. Raises `NoteRefused`."""
    match = _TEXT.fullmatch(note.open_note(signed, vkey))
    if match is None:
        raise NoteRefused("The note is signed, but it is no checkpoint.")
    root = b64decode(match["root"])
    if match["origin"] != note.verifier(vkey).name or len(root) != HASH_BYTES:
        raise NoteRefused(f"The checkpoint is one of {match['origin']!r}, not of the log that signed it.")
    return Checkpoint(origin=match["origin"], size=int(match["size"]), root=root)


def checkpoints_in(text: str) -> list[str]:
    """The signed checkpoints in a file that may hold several. Raises `NoteRefused` when it holds none."""
    found = [match[0] if match[0].endswith("\n") else match[0] + "\n" for match in _NOTE.finditer(text)]
    if not found:
        raise NoteRefused("There is no signed checkpoint in what was given as one.")
    return found


def newest(session: Session) -> SignedCheckpoint | None:
    """The last checkpoint we signed."""
    return session.scalar(select(SignedCheckpoint).order_by(SignedCheckpoint.size.desc()).limit(1))


def refuse_other_signer(session: Session, keys: Keys) -> None:
    """Raises `KeyTrouble` where the record was signed by another key: it would go on, and never be signed again.

    A checkpoint that is no note at all is left to `exeunt ledger verify`, which says so.
    """
    last = newest(session)
    try:
        signed_by = note.signers(last.note) if last else frozenset[str]()
    except NoteRefused:
        return
    us = note.verifier(keys.vkey)
    ours = f"{us.name}+{us.id.hex()}"
    if signed_by and ours not in signed_by:
        theirs = ", ".join(sorted(signed_by))
        raise KeyTrouble(
            f"The record's newest checkpoint is signed by {theirs}, and the signing key here is {ours}: nothing more "
            "could be signed. Nothing was started. Put signing.key back from your copy."
        )


def due(session: Session, at: datetime) -> bool:
    """Whether to sign now: after every run that finished or was undone, and hourly if anything else happened."""
    size = session.scalar(select(LedgerHead.size)) or 0
    last = newest(session)
    if last is None:
        return size > 0
    if size <= last.size + 1:  # nothing new but the entry that records the checkpoint itself
        return False
    finished = select(LedgerEntry.seq).where(
        LedgerEntry.event.in_((Event.RUN_FINISHED, Event.RUN_UNDONE)), LedgerEntry.seq >= last.size
    )
    return at - last.at >= AT_LEAST_EVERY or session.scalar(finished.limit(1)) is not None


def sign_checkpoint(session: Session, keys: Keys, at: datetime) -> str:
    """Sign the ledger as it stands in this transaction, keep the note and record that.

    Publish it only once the transaction is committed (`service.ledger.sink`).
    Raises `LedgerBroken` rather than sign what does not continue the last signed state.
    """
    edge, last = head(session), newest(session)
    if last is not None:
        if edge.size == last.size:
            return last.note
        _refuse_other_past(session, last, edge, keys.vkey)
    checkpoint = Checkpoint(origin=keys.name, size=edge.size, root=edge.root())
    signed = note.sign(checkpoint.text(), name=keys.name, key=keys.signing)
    session.add(SignedCheckpoint(size=edge.size, note=signed, edge=edge.pack(), at=at))
    session.flush()
    body = {"size": edge.size, "root": b64encode(checkpoint.root).decode()}
    append(session, Event.CHECKPOINT_SIGNED, actor=ACTOR, body=body, at=at)
    return signed


def _refuse_other_past(session: Session, last: SignedCheckpoint, edge: Edge, vkey: str) -> None:
    """Grow the last signed edge by what is stored since: it must become the head."""
    try:
        signed = open_checkpoint(last.note, vkey)
        grown = Edge.unpack(last.size, last.edge)
    except (NoteRefused, ValueError) as error:
        raise LedgerBroken("The last checkpoint was changed. Run: exeunt ledger verify") from error
    if (signed.size, signed.root) != (last.size, grown.root()):
        raise LedgerBroken("The last checkpoint was changed. Run: exeunt ledger verify")
    for leaf in stored_leaves(session, last.size, edge.size):
        grown.append(leaf_hash(leaf))
    if (grown.size, grown.hashes) != (edge.size, edge.hashes):
        raise LedgerBroken(
            f"The entries since {last.size} are not those that were appended, so nothing is signed. "
            "Run: exeunt ledger verify"
        )
