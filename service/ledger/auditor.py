# fmt: off
"""Check an Exeunt ledger export offline, trusting nobody: `python3 -I auditor.py FOLDER`. One page: read it."""
import argparse
import re
from base64 import b64decode, b64encode
from functools import reduce
from hashlib import sha256, sha512
from hmac import digest
from pathlib import Path

P, ORDER = 2**255 - 19, 2**252 + 27742317777372353535851937790883648493  # Ed25519 as in RFC 8032
D, ROOT_OF_MINUS_1 = -121665 * pow(121666, -1, P) % P, pow(2, (P - 1) // 4, P)

def add(p: tuple[int, int], q: tuple[int, int]) -> tuple[int, int]:
    t = D * p[0] * q[0] * p[1] * q[1]
    return (p[0]*q[1] + q[0]*p[1]) * pow(1 + t, -1, P) % P, (p[1]*q[1] + p[0]*q[0]) * pow(1 - t, -1, P) % P
def times(n: int, p: tuple[int, int]) -> tuple[int, int]:
    return add(times(n >> 1, add(p, p)), p if n & 1 else (0, 1)) if n else (0, 1)

def point(raw: bytes) -> tuple[int, int]:
    y = int.from_bytes(raw, "little") % 2**255
    square = (y*y - 1) * pow(D*y*y + 1, -1, P) % P
    x = pow(square, (P + 3) // 8, P)
    x = x if x*x % P == square else x * ROOT_OF_MINUS_1 % P
    if x*x % P != square:
        return 0, 0  # on no curve: nothing that is signed ever equals it
    return (x if x & 1 == (raw[31:] >= b"\x80") else P - x), y

def signed(note: str, vkey: str) -> list[str]:
    (name, key_id, key), (text, _, signatures) = vkey.strip().split("+", 2), note.rpartition("\n\n")
    base, public = point((4 * pow(5, -1, P) % P).to_bytes(32, "little")), b64decode(key)[1:]
    for raw in [b64decode(line.split(" ")[-1]) for line in signatures.split("\n") if line.startswith(f"— {name} ")]:
        s, hashed = int.from_bytes(raw[36:], "little"), sha512(raw[4:36] + public + f"{text}\n".encode()).digest()
        ours = times(int.from_bytes(hashed, "little") % ORDER, point(public))
        if raw[:4].hex() == key_id and s < ORDER and times(s, base) == add(point(raw[4:36]), ours):
            return text.split("\n")
    raise ValueError(f"{note[:50]!r}… carries no signature of {name}+{key_id} that holds")

def node(right: bytes, left: bytes) -> bytes:
    return sha256(b"\1" + left + right).digest()

def check(folder: Path, vkey: str, known: list[Path]) -> str:
    kept, edge, total, pattern = dict[int, set[str]](), list[bytes](), 0, r"\S+\n\d+\n\S{44}\n\n(?:— \S+ \S{92,}\n)+"
    notes = [n for file in known for n in re.findall(pattern, file.read_bytes().decode() + "\n") or [file.name]]
    for note in [*notes, (folder / "checkpoint").read_bytes().decode()]:
        origin, size, root = signed(note, vkey)[:3]
        kept.setdefault(int(size), set()).add(f"{origin} {root}")
    with (folder / "entries.jsonl").open("rb") as lines:
        for total, line in enumerate(lines, 1):
            left = len(edge) + 1 - (total & -total).bit_length()
            edge[left:] = [reduce(node, edge[left:][::-1], sha256(b"\0" + line.removesuffix(b"\n")).digest())]
            if total in kept and kept[total] != {f"{origin} {b64encode(reduce(node, edge[::-1])).decode()}"}:
                raise ValueError(f"the first {total} entries are not those that were signed")
    if total != max(kept) or origin != vkey.partition("+")[0]:
        raise ValueError(f"{total} entries, but {max(kept)} were signed: cut, rolled back, or older than you kept")
    return f"{total} entries are as {origin} signed them{'' if known else ' (no --known: a roll-back does not show)'}"

if __name__ == "__main__":
    ask = argparse.ArgumentParser(description=__doc__)
    ask.add_argument("folder", type=Path)
    ask.add_argument("--vkey", type=Path, help="the key you were given at the start, instead of the folder's")
    ask.add_argument("--known", type=Path, nargs="+", default=[], help="files of checkpoints you kept")
    ask.add_argument("--reveal", nargs=4, metavar=("SEQ", "FIELD", "VALUE", "KEY"), help="open a commitment")
    told = ask.parse_args()
    try:
        said = check(told.folder, (told.vkey or told.folder / "vkey").read_bytes().decode(), told.known)
        seq, field, value, key = told.reveal or ("0", "", "", "")
        made = digest(bytes.fromhex(key), f"{field}\0{value}".encode(), "sha256").hex()
        leaves = (told.folder / "entries.jsonl").read_bytes().split(b"\n") if told.reveal else []
        if told.reveal and f'"{field}":"{made}"'.encode() not in b"".join(leaves[int(seq):][:1]):
            raise ValueError(f"entry {seq} does not commit to this {field}")  # noqa: TRY301  one page
        print("HOLDS:", said)  # noqa: T201  the verdict
    except (OSError, ValueError, LookupError) as error:
        raise SystemExit(f"DOES NOT HOLD: {error}") from None
