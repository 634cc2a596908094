"""Check the pack of one run offline: `python3 -I auditor_run.py FOLDER`. It uses auditor.py, which lies beside it."""

import argparse
import json
import runpy
from base64 import b64decode, b64encode
from hashlib import sha256
from pathlib import Path
from typing import Any

ledger = runpy.run_path(str(Path(__file__).with_name("auditor.py")))  # its Ed25519 and its hashes


def climb(at: int, size: int, hashed: bytes, steps: list[str]) -> bytes:
    """The root that the steps lead to from leaf `at`, the last step joining the two largest halves (RFC 6962)."""
    if size <= 1:
        return b"" if at or steps else hashed
    half, step = 1 << (size - 1).bit_length() - 1, b64decode(steps[-1])
    if at < half:
        return bytes(ledger["node"](step, climb(at, half, hashed, steps[:-1])))
    return bytes(ledger["node"](climb(at - half, size - half, hashed, steps[:-1]), step))


def check(folder: Path, vkey: str) -> str:
    """Whether the pack is whole, and each of its entries in the signed ledger."""
    origin, size, root = ledger["signed"]((folder / "checkpoint").read_bytes().decode(), vkey)[:3]
    title, run, count, digest = ledger["signed"]((folder / "pack").read_bytes().decode(), vkey)
    entries = (folder / "entries.jsonl").read_bytes()
    if (title, digest) != (f"{origin} pack", b64encode(sha256(entries).digest()).decode()):
        raise ValueError("these are not the entries that were packed")
    for line in entries.split(b"\n")[:-1]:
        seq: Any = json.loads(line)["seq"]
        proof = (
            (folder / "proofs" / f"{seq}.tlog-proof").read_bytes().decode().partition("\n\n")[0].split("\n")
        )
        hashed = sha256(b"\0" + line).digest()
        if proof[1] != f"index {seq}" or climb(seq, int(size), hashed, proof[2:]) != b64decode(root):
            raise ValueError(f"entry {seq} is not in the ledger of {size} entries that was signed")
    return f"{count} entries of run {run} are in the ledger of {size} that {origin} signed"


def main() -> None:
    """Print the verdict; leave with 1 when it is bad."""
    ask = argparse.ArgumentParser(description=__doc__)
    ask.add_argument("folder", type=Path)
    ask.add_argument("--vkey", type=Path, help="the key you were given at the start, instead of the folder's")
    told = ask.parse_args()
    try:
        said = check(told.folder, (told.vkey or told.folder / "vkey").read_bytes().decode())
    except (OSError, ValueError, LookupError, TypeError, RecursionError) as error:
        raise SystemExit(f"DOES NOT HOLD: {error}") from None
    print("HOLDS:", said)  # noqa: T201  the verdict


if __name__ == "__main__":
    main()
