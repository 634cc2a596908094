"""The Merkle tree of RFC 6962: hashes, the right edge, roots and proofs.

A complete subtree is named by (level, index): it covers the leaves `index << level` up to `(index + 1) << level`.
The tree is never held whole: appending needs the right edge only, a proof needs some complete subtrees.
"""

import hashlib
from collections.abc import Callable, Container, Iterable, Sequence
from itertools import pairwise

HASH_BYTES = 32
EMPTY_ROOT = hashlib.sha256(b"").digest()

Name = tuple[int, int]
Nodes = Callable[[int, int], bytes]


def leaf_hash(leaf: bytes) -> bytes:
    """Hash of one entry."""
    return hashlib.sha256(b"\x00" + leaf).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Hash of two subtrees."""
    return hashlib.sha256(b"\x01" + left + right).digest()


class Edge:
    """The right edge of a tree: the roots of its largest complete subtrees, left to right."""

    __slots__ = ("hashes", "size")

    def __init__(self, size: int = 0, hashes: Iterable[bytes] = ()) -> None:
        self.size = size
        self.hashes = list(hashes)
        if len(self.hashes) != size.bit_count():
            raise ValueError(f"A tree of {size} has {size.bit_count()} hashes at its edge.")

    @classmethod
    def unpack(cls, size: int, packed: bytes) -> "Edge":
        """Read what `pack` made. Raises `ValueError` when the length does not fit the size."""
        return cls(size, [packed[at : at + HASH_BYTES] for at in range(0, len(packed), HASH_BYTES)])

    def pack(self) -> bytes:
        """The hashes in one piece."""
        return b"".join(self.hashes)

    def append(self, hashed: bytes) -> None:
        """Add one leaf hash."""
        self.hashes.append(hashed)
        rest = self.size
        while rest & 1:
            right = self.hashes.pop()
            self.hashes[-1] = node_hash(self.hashes[-1], right)
            rest >>= 1
        self.size += 1

    def root(self) -> bytes:
        """The root of the tree as it stands."""
        if not self.hashes:
            return EMPTY_ROOT
        root = self.hashes[-1]
        for left in reversed(self.hashes[:-1]):
            root = node_hash(left, root)
        return root

    def copy(self) -> "Edge":
        """An edge that can grow on its own."""
        return Edge(self.size, self.hashes)


class Subtrees:
    """Complete subtrees, gathered while the leaves stream past once.

    Args:
        wanted: The subtrees to keep; all of them when not given.
    """

    def __init__(self, wanted: Container[Name] | None = None) -> None:
        self._wanted = wanted
        self._kept: dict[Name, bytes] = {}
        self._edge: list[bytes] = []
        self.size = 0

    def append(self, hashed: bytes) -> None:
        """Add one leaf hash, and note every subtree it completes."""
        level, index = 0, self.size
        self._keep(level, index, hashed)
        while index & 1:
            hashed = node_hash(self._edge.pop(), hashed)
            level, index = level + 1, index >> 1
            self._keep(level, index, hashed)
        self._edge.append(hashed)
        self.size += 1

    def _keep(self, level: int, index: int, hashed: bytes) -> None:
        if self._wanted is None or (level, index) in self._wanted:
            self._kept[level, index] = hashed

    def __call__(self, level: int, index: int) -> bytes:
        """The hash of a complete subtree."""
        return self._kept[level, index]


def root(leaf_hashes: Iterable[bytes]) -> bytes:
    """The root over all of them."""
    edge = Edge()
    for hashed in leaf_hashes:
        edge.append(hashed)
    return edge.root()


def inclusion_names(index: int, size: int) -> set[Name]:
    """The complete subtrees that the inclusion proof of one leaf needs."""
    return {name for span in _inclusion_spans(index, size) for name in _complete(*span)}


def inclusion_proof(nodes: Nodes, index: int, size: int) -> list[bytes]:
    """The hashes that lead from a leaf to the root, the leaf's sibling first."""
    return [_span_hash(nodes, *span) for span in _inclusion_spans(index, size)]


def consistency_proof(nodes: Nodes, old: int, size: int) -> list[bytes]:
    """The hashes that show the tree of `size` to begin with the tree of `old`."""
    if not 0 < old <= size:
        raise ValueError(f"There is no proof from {old} to {size}.")
    start, end, known = 0, size, True
    spans = []
    while old != end:
        split = start + _split(end - start)
        if old <= split:
            spans.append((split, end))
            end = split
        else:
            spans.append((start, split))
            start, known = split, False
    if not known:
        spans.append((start, end))
    return [_span_hash(nodes, *span) for span in reversed(spans)]


def included(hashed: bytes, index: int, size: int, *, proof: Sequence[bytes], root: bytes) -> bool:
    """Whether the proof leads from the leaf to the root (RFC 9162, 2.1.3.2)."""
    if not 0 <= index < size:
        return False
    at, last = index, size - 1
    for step in proof:
        if last == 0:
            return False
        if at & 1 or at == last:
            hashed = node_hash(step, hashed)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            hashed = node_hash(hashed, step)
        at, last = at >> 1, last >> 1
    return last == 0 and hashed == root


def consistent(old: int, size: int, *, old_root: bytes, root: bytes, proof: Sequence[bytes]) -> bool:
    """Whether the proof shows one tree to begin with the other (RFC 9162, 2.1.4.2)."""
    if not 0 < old <= size or (old == size and proof):
        return False
    if old == size:
        return old_root == root
    path = [old_root, *proof] if old & (old - 1) == 0 else list(proof)
    at, last = old - 1, size - 1
    while at & 1:
        at, last = at >> 1, last >> 1
    if not path:
        return False
    first = second = path[0]
    for step in path[1:]:
        if last == 0:
            return False
        if at & 1 or at == last:
            first, second = node_hash(step, first), node_hash(step, second)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            second = node_hash(second, step)
        at, last = at >> 1, last >> 1
    return last == 0 and (first, second) == (old_root, root)


def _split(width: int) -> int:
    """The largest power of two below the width."""
    return 1 << (width - 1).bit_length() - 1


def _inclusion_spans(index: int, size: int) -> list[tuple[int, int]]:
    """The spans of leaves beside the way from a leaf to the root, the leaf's own sibling first."""
    if not 0 <= index < size:
        raise ValueError(f"There is no leaf {index} in a tree of {size}.")
    start, end = 0, size
    spans = []
    while end - start > 1:
        split = start + _split(end - start)
        if index < split:
            spans.append((split, end))
            end = split
        else:
            spans.append((start, split))
            start = split
    return spans[::-1]


def _complete(start: int, end: int) -> list[Name]:
    """A span that begins at a subtree's border, cut into complete subtrees from left to right."""
    bounds = [start]
    while bounds[-1] < end:
        bounds.append(bounds[-1] + (1 << (end - bounds[-1]).bit_length() - 1))
    return [((b - a).bit_length() - 1, a >> (b - a).bit_length() - 1) for a, b in pairwise(bounds)]


def _span_hash(nodes: Nodes, start: int, end: int) -> bytes:
    hashes = [nodes(*name) for name in _complete(start, end)]
    return Edge(end - start, hashes).root()
