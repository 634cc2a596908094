"""What an auditor is handed: the whole ledger, or one run with its proofs, as a folder that verifies offline."""

import hashlib
from base64 import b64encode
from collections.abc import Iterable
from pathlib import Path

from sqlalchemy import ColumnElement, Select, and_, or_, select
from sqlalchemy.orm import Session

from service.ledger import note
from service.ledger.checkpoint import Checkpoint, newest, open_checkpoint
from service.ledger.entry import LedgerEntry, stored_leaves
from service.ledger.errors import LedgerError
from service.ledger.keys import Keys
from service.ledger.tree import Subtrees, inclusion_names, inclusion_proof, leaf_hash

ENTRIES = "entries.jsonl"
CHECKPOINT = "checkpoint"
VKEY = "vkey"
PACK = "pack"
PROOFS = "proofs"
AUDITOR = "auditor.py"
RUN_AUDITOR = "auditor_run.py"
PROOF_HEADER = "c2sp.org/tlog-proof@v1"

_README = "export_readme.md"


class NothingToExport(LedgerError):  # noqa: N818  named like its siblings in errors.py
    """There is no checkpoint yet, or no such run, or something is in the way."""


def write_export(session: Session, folder: Path, *, vkey: str) -> Checkpoint:
    """Write the ledger as far as the newest checkpoint reaches. Sign one first for the newest entries.

    What is stored is written as it is: judging it is the auditor's business.
    """
    signed, checkpoint = _newest(session, vkey)
    _begin(folder, signed, vkey, scripts=(AUDITOR,))
    with (folder / ENTRIES).open("xb") as file:
        for leaf in stored_leaves(session, 0, checkpoint.size):
            file.write(leaf + b"\n")
    return checkpoint


def write_pack(session: Session, folder: Path, *, run: str, keys: Keys) -> Checkpoint:
    """Write the entries of one run, and of its departure outside any run, each with its inclusion proof.

    Proofs show that every entry is in the ledger; `pack`, signed, shows that none was taken out of the folder later.
    Only the whole export shows that the run has no other entries.
    """
    signed, checkpoint = _newest(session, keys.vkey)
    chosen = {entry.seq: entry.leaf for entry in session.scalars(_of_run(session, run, checkpoint.size))}
    if not chosen:
        raise NothingToExport(f"The ledger has no entry of run {run} up to its newest checkpoint.")
    subtrees = _subtrees(session, chosen, checkpoint.size)
    _begin(folder, signed, keys.vkey, scripts=(AUDITOR, RUN_AUDITOR))
    entries = b"".join(leaf + b"\n" for leaf in chosen.values())
    (folder / ENTRIES).write_bytes(entries)
    statement = pack_statement(keys.name, run, entries)
    (folder / PACK).write_text(
        note.sign(statement, name=keys.name, key=keys.signing), encoding="utf-8", newline="\n"
    )
    (folder / PROOFS).mkdir()
    for seq in chosen:
        text = proof_text(seq, inclusion_proof(subtrees, seq, checkpoint.size), signed)
        (folder / PROOFS / f"{seq}.tlog-proof").write_text(text, encoding="utf-8", newline="\n")
    return checkpoint


def pack_statement(name: str, run: str, entries: bytes) -> str:
    """What is signed about a pack, so that nothing can be taken out of it unnoticed."""
    count, digest = entries.count(b"\n"), hashlib.sha256(entries).digest()
    return f"{name} pack\n{run}\n{count}\n{b64encode(digest).decode()}\n"


def proof_text(index: int, proof: Iterable[bytes], signed: str) -> str:
    """An inclusion proof as of c2sp.org/tlog-proof."""
    lines = [PROOF_HEADER, f"index {index}", *(b64encode(step).decode() for step in proof)]
    return "\n".join(lines) + "\n\n" + signed


def _newest(session: Session, vkey: str) -> tuple[str, Checkpoint]:
    last = newest(session)
    if last is None:
        raise NothingToExport("The ledger has no checkpoint yet. Run: exeunt ledger checkpoint")
    return last.note, open_checkpoint(last.note, vkey)


def _begin(folder: Path, signed: str, vkey: str, *, scripts: tuple[str, ...]) -> None:
    """Make the folder with everything that is the same in exports and packs."""
    if folder.exists() and any(folder.iterdir()):
        raise NothingToExport(f"{folder} is not empty. Name a new folder.")
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    (folder / CHECKPOINT).write_text(signed, encoding="utf-8", newline="\n")
    (folder / VKEY).write_text(vkey + "\n", encoding="utf-8", newline="\n")
    for name, source in [*((script, script) for script in scripts), ("README.txt", _README)]:
        (folder / name).write_bytes(Path(__file__).with_name(source).read_bytes())


def _of_run(session: Session, run: str, size: int) -> Select[LedgerEntry]:
    departure = session.scalar(
        select(LedgerEntry.departure_id)
        .where(LedgerEntry.run_id == run, LedgerEntry.departure_id != "")
        .limit(1)
    )
    mine: ColumnElement[bool] = LedgerEntry.run_id == run
    if departure:
        mine = or_(mine, and_(LedgerEntry.departure_id == departure, LedgerEntry.run_id == ""))
    return select(LedgerEntry).where(mine, LedgerEntry.seq < size).order_by(LedgerEntry.seq)


def _subtrees(session: Session, chosen: Iterable[int], size: int) -> Subtrees:
    subtrees = Subtrees({name for seq in chosen for name in inclusion_names(seq, size)})
    for leaf in stored_leaves(session, 0, size):
        subtrees.append(leaf_hash(leaf))
    return subtrees
