"""What every verification does: grow the tree over the leaves and compare it with whatever was signed."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from service.ledger import note
from service.ledger.checkpoint import Checkpoint, checkpoints_in, open_checkpoint
from service.ledger.errors import LedgerError, NoteRefused
from service.ledger.tree import Edge, leaf_hash


class Broken(LedgerError):  # noqa: N818  named like its siblings in errors.py
    """The first thing that does not hold, as a part of a sentence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What verifying found.

    `said` is one sentence. `good` counts the entries, from the first, that are proven to be as they were signed,
    `kept` the texts from outside that were compared: without any, a roll-back does not show.
    """

    holds: bool
    said: str
    entries: int = 0
    good: int = 0
    kept: int = 0


@dataclass(slots=True)
class Walk:
    """One verification under way. `promised` says which roots were signed, by size."""

    kept: tuple[str, ...] = ()
    promised: Mapping[int, set[bytes]] = field(default_factory=dict)
    edge: Edge = field(default_factory=Edge)
    good: int = 0

    def promise(self, own: Iterable[Checkpoint], vkey: str) -> None:
        """Gather what was signed: our own checkpoints, and those from outside."""
        outside = (opened(signed, vkey, "a kept checkpoint") for text in self.kept for signed in _found(text))
        promised: dict[int, set[bytes]] = {}
        for checkpoint in (*own, *outside):
            promised.setdefault(checkpoint.size, set()).add(checkpoint.root)
        self.promised = promised

    def step(self, leaf: bytes) -> None:
        """Take the next leaf."""
        self.edge.append(leaf_hash(leaf))
        roots = self.promised.get(self.edge.size)
        if roots is None:
            return
        if roots != {self.edge.root()}:
            raise Broken(f"the entries {self.good} to {self.edge.size - 1} are not those that were signed")
        self.good = self.edge.size

    def finish(self, size: int) -> None:
        """Refuse an end before the last thing that was signed, or at another count than `size`."""
        most, count = max(self.promised, default=0), self.edge.size
        if most > count:
            raise Broken(
                f"{most} entries were signed and only {count} are there: cut, rolled back, "
                "or older than a kept checkpoint"
            )
        if size != count:
            raise Broken(f"there are {count} entries where {size} belong")

    def holds(self, said: str) -> Verdict:
        """The good end."""
        blind = "" if self.kept else "; no kept checkpoint was given, so a roll-back would not show"
        return self._verdict(holds=True, said=f"The ledger holds: {said}{blind}.")

    def fails(self, why: Exception) -> Verdict:
        """The other end."""
        return self._verdict(holds=False, said=f"The ledger does not hold: {why}.")

    def _verdict(self, *, holds: bool, said: str) -> Verdict:
        return Verdict(holds=holds, said=said, entries=self.edge.size, good=self.good, kept=len(self.kept))


def opened(signed: str, vkey: str, which: str) -> Checkpoint:
    """A checkpoint whose signature holds; otherwise `Broken`, naming which."""
    try:
        return open_checkpoint(signed, vkey)
    except NoteRefused as error:
        raise Broken(f"{which} is refused ({error})") from error


def opened_text(signed: str, vkey: str, which: str) -> str:
    """The text of a note whose signature holds; otherwise `Broken`, naming which."""
    try:
        return note.open_note(signed, vkey)
    except NoteRefused as error:
        raise Broken(f"{which} is refused ({error})") from error


def content(leaf: object, which: str) -> dict[str, Any]:
    """The members of a stored leaf; otherwise `Broken`, naming which."""
    try:
        members = json.loads(leaf) if isinstance(leaf, bytes) else None
    except (ValueError, RecursionError):
        members = None
    if not isinstance(members, dict):
        raise Broken(f"{which} is no JSON object")
    return members


def _found(text: str) -> list[str]:
    try:
        return checkpoints_in(text)
    except NoteRefused as error:
        raise Broken(str(error).removesuffix(".")) from error
