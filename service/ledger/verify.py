"""Verify the ledger: compute everything again from the stored bytes and say where the first thing does not hold."""

import hashlib
from base64 import b64decode, b64encode
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import column, select, table
from sqlalchemy.orm import Session

from service.ledger import export, note
from service.ledger import leaf as leaves
from service.ledger.checkpoint import Checkpoint
from service.ledger.tree import Edge, included, leaf_hash
from service.ledger.walk import Broken, Verdict, Walk, content, opened, opened_text

__all__ = ["Verdict", "verify_folder", "verify_live"]

#: Columns that repeat a member of the leaf.
_REPEATED = {
    "event": "type",
    "subject": "subject",
    "departure_id": "departure",
    "run_id": "run",
    "step": "step",
}


def verify_live(session: Session, vkey: str, known: Iterable[str] = ()) -> Verdict:
    """Check the database: leaves, the columns that repeat them, head, our checkpoints, and the kept ones."""
    walk = Walk(tuple(known))
    try:
        walk.promise(_stored_checkpoints(session, vkey), vkey)
        size, packed = _head(session)
        for row in _raw(session, "ledger", "seq", "leaf", "at", *_REPEATED, below=size):
            _compare(row, walk.edge.size)
            walk.step(row[1])
        walk.finish(size)
        _compare_head(session, walk.edge, packed)
    except Broken as broken:
        return walk.fails(broken)
    loose = size - walk.good
    return walk.holds(f"{size} entries verified" + (f", the last {loose} not yet signed" if loose else ""))


def verify_folder(path: Path, known: Iterable[str] = (), vkey: str | None = None) -> Verdict:
    """Check an export or the pack of one run, offline. Without `vkey`, the key in the folder is believed."""
    walk = Walk(tuple(known))
    try:
        key, signed = vkey or _text(path / export.VKEY), _text(path / export.CHECKPOINT)
        checkpoint = opened(signed, key, "the checkpoint")
        walk.promise([checkpoint], key)
        if (path / export.PACK).exists():
            return walk.holds(_pack(path, walk, checkpoint, signed=signed, vkey=key))
        for leaf in _lines(path / export.ENTRIES):
            walk.step(leaf)
        walk.finish(max(walk.promised))
    except (Broken, OSError) as broken:
        return walk.fails(broken)
    return walk.holds(f"{walk.edge.size} entries verified")


def _stored_checkpoints(session: Session, vkey: str) -> Iterator[Checkpoint]:
    for size, signed in _raw(session, "checkpoints", "size", "note"):
        checkpoint = opened(str(signed), vkey, f"our checkpoint of {size} entries")
        if checkpoint.size != size:
            raise Broken(f"our checkpoint of {size} entries says it is of {checkpoint.size}")
        yield checkpoint


def _raw(session: Session, name: str, key: str, *others: str, below: int | None = None) -> Iterator[Any]:
    """Rows as the driver gives them: what was tampered with must not be converted, and may not convert."""
    rows = table(name, column(key), *(column(other) for other in others))
    query = select(rows).order_by(rows.c[key])
    if below is not None:
        query = query.where(rows.c[key] < below)
    with session.execute(query.execution_options(yield_per=1000)) as found:
        yield from found


def _head(session: Session) -> tuple[int, bytes]:
    """Read before the entries: those appended meanwhile lie beyond it."""
    rows = [(size, edge) for _, size, edge in _raw(session, "ledger_head", "id", "size", "edge")]
    if len(rows) != 1 or not isinstance(rows[0][0], int) or not isinstance(rows[0][1], bytes):
        raise Broken("the ledger's head is missing or no head")
    return rows[0]


def _compare(row: Any, expected: int) -> None:
    seq, leaf, at, *repeated = row
    if seq != expected:
        raise Broken(f"entry {expected} is missing")
    members = content(leaf, f"entry {seq}")
    if members.get("seq") != seq:
        raise Broken(f"entry {seq} says it is another")
    if members.get("ts") != _stamp(at):
        raise Broken(f"entry {seq} and its column at differ")
    for (name, member), value in zip(_REPEATED.items(), repeated, strict=True):
        if members.get(member) != value:
            raise Broken(f"entry {seq} and its column {name} differ")


def _stamp(at: object) -> str:
    return leaves.stamp(at) if isinstance(at, datetime) else str(at).replace(" ", "T") + "Z"


def _compare_head(session: Session, edge: Edge, packed: bytes) -> None:
    if edge.pack() != packed:
        raise Broken("the head is not the right edge of the entries")
    entries, head = table("ledger", column("seq")), table("ledger_head", column("size"))
    last = select(entries.c.seq).order_by(entries.c.seq.desc()).limit(1).scalar_subquery()
    now = session.execute(select(select(head.c.size).scalar_subquery(), last)).one()  # one moment, both
    if now[0] != (0 if now[1] is None else now[1] + 1):
        raise Broken(f"the head counts {now[0]} entries and the last one is {now[1]}")


def _pack(path: Path, walk: Walk, checkpoint: Checkpoint, *, signed: str, vkey: str) -> str:
    if set(walk.promised) != {checkpoint.size}:
        raise Broken("a pack compares with kept checkpoints of its own size only; take the whole export")
    if len(walk.promised[checkpoint.size]) != 1:
        raise Broken(f"two different ledgers of {checkpoint.size} entries were signed")
    entries = (path / export.ENTRIES).read_bytes()
    said = opened_text(_text(path / export.PACK), vkey, "the pack").split("\n")
    digest = b64encode(hashlib.sha256(entries).digest()).decode()
    if said[0] != f"{note.verifier(vkey).name} pack" or said[3:4] != [digest]:
        raise Broken("these are not the entries that were packed")
    for leaf in _lines(path / export.ENTRIES):
        _check_proof(path, leaf, signed, checkpoint)
    return f"{said[2]} entries of run {said[1]} are in the ledger of {checkpoint.size}"


def _check_proof(path: Path, leaf: bytes, signed: str, checkpoint: Checkpoint) -> None:
    seq = content(leaf, "an entry of the pack").get("seq")
    if type(seq) is not int:
        raise Broken("an entry of the pack has no number")
    top, _, rest = _text(path / export.PROOFS / f"{seq}.tlog-proof").partition("\n\n")
    lines = top.split("\n")
    try:
        proof = [b64decode(step, validate=True) for step in lines[2:]]
    except ValueError as error:
        raise Broken(f"the proof of entry {seq} is no proof") from error
    fits = (lines[:2], rest) == ([export.PROOF_HEADER, f"index {seq}"], signed)
    if not fits or not included(leaf_hash(leaf), seq, checkpoint.size, proof=proof, root=checkpoint.root):
        raise Broken(f"entry {seq} is not in the ledger of {checkpoint.size} entries that was signed")


def _text(path: Path) -> str:
    try:
        return path.read_bytes().decode()
    except UnicodeDecodeError as error:
        raise Broken(f"{path.name} is no text") from error


def _lines(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        for line in file:
            yield line.removesuffix(b"\n")
