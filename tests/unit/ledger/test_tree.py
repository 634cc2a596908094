"""The tree is the one of RFC 6962, held to published vectors and to another implementation."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pymerkle import InmemoryTree

from service.ledger import tree
from service.ledger.tree import Edge, Subtrees, leaf_hash

#: Leaves and roots by size, published with transparency-dev/merkle (testonly/constants.go, Apache-2.0).
LEAVES = [
    bytes.fromhex(leaf)
    for leaf in [
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    ]
]
ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
HASHES = [leaf_hash(n.to_bytes(2, "big")) for n in range(130)]

sizes = st.integers(1, len(HASHES))


def grown(size: int) -> Subtrees:
    subtrees = Subtrees()
    for hashed in HASHES[:size]:
        subtrees.append(hashed)
    return subtrees


@pytest.mark.parametrize("size", range(9))
def test_the_published_roots_come_out(size):
    assert tree.root(map(leaf_hash, LEAVES[:size])).hex() == ROOTS[size]


def test_the_published_hashes_of_a_leaf_and_a_node_come_out():
    leaf, node = leaf_hash(b"L123456"), tree.node_hash(b"N123", b"N456")

    assert leaf.hex() == "395aa064aa4c29f7010acfe3f25db9485bbd4b91897b6ad7ad547639252b4d56"
    assert node.hex() == "aa217fe888e47007fa15edab33c2b492a722cb106c64667fc2b044444de66bbb"


def test_the_root_of_seven_known_entries_never_changes():
    root = tree.root(leaf_hash(f"entry {n}".encode()) for n in range(7))

    assert root.hex() == "98c97f0ba3175cd08b031dd084b9dc4e649b64d1a28e6ea694646503173ab587"


@pytest.mark.parametrize("size", [1, 2, 3, 7, 8, 64, 100, 130])
def test_another_implementation_computes_the_same_root(size):
    theirs = InmemoryTree(algorithm="sha256")
    for n in range(size):
        theirs.append_entry(n.to_bytes(2, "big"))

    assert theirs.get_root() == tree.root(HASHES[:size])


@pytest.mark.parametrize("size", [1, 2, 3, 7, 8, 13, 100])
def test_another_implementation_gives_the_same_inclusion_proofs(size):
    theirs = InmemoryTree(algorithm="sha256")
    for n in range(size):
        theirs.append_entry(n.to_bytes(2, "big"))

    for index in range(size):
        path = theirs.prove_inclusion(index + 1).path
        assert path == [HASHES[index], *tree.inclusion_proof(grown(size), index, size)]


@given(sizes, st.data())
def test_a_proof_leads_from_every_leaf_to_the_root(size, data):
    index = data.draw(st.integers(0, size - 1))

    proof = tree.inclusion_proof(grown(size), index, size)

    assert tree.included(HASHES[index], index, size, proof=proof, root=tree.root(HASHES[:size]))


@given(sizes, st.data())
def test_a_proof_leads_from_no_other_leaf_or_place(size, data):
    index, other = data.draw(st.integers(0, size - 1)), data.draw(st.integers(-1, size))
    proof, root = tree.inclusion_proof(grown(size), index, size), tree.root(HASHES[:size])

    assert not tree.included(leaf_hash(b"another"), index, size, proof=proof, root=root)
    assert other == index or not tree.included(HASHES[index], other, size, proof=proof, root=root)
    assert not tree.included(HASHES[index], index, size, proof=[*proof, HASHES[0]], root=root)
    assert size == 1 or not tree.included(HASHES[index], index, size, proof=proof[:-1], root=root)


@given(sizes, st.data())
def test_a_proof_needs_no_more_subtrees_than_it_names(size, data):
    index = data.draw(st.integers(0, size - 1))
    few = Subtrees(tree.inclusion_names(index, size))
    for hashed in HASHES[:size]:
        few.append(hashed)

    proof = tree.inclusion_proof(few, index, size)

    assert proof == tree.inclusion_proof(grown(size), index, size)


@given(sizes, st.data())
def test_every_tree_is_proven_to_begin_with_every_older_one(size, data):
    old = data.draw(st.integers(1, size))
    old_root, root = tree.root(HASHES[:old]), tree.root(HASHES[:size])

    proof = tree.consistency_proof(grown(size), old, size)

    assert tree.consistent(old, size, old_root=old_root, root=root, proof=proof)


@given(sizes, st.data())
def test_a_rewritten_past_is_not_consistent(size, data):
    old = data.draw(st.integers(1, size))
    rewritten = [leaf_hash(b"rewritten"), *HASHES[1:old]]
    proof, root = tree.consistency_proof(grown(size), old, size), tree.root(HASHES[:size])

    assert not tree.consistent(old, size, old_root=tree.root(rewritten), root=root, proof=proof)
    assert old == size or not tree.consistent(
        old, size, old_root=tree.root(HASHES[:old]), root=root, proof=[]
    )
    assert not tree.consistent(
        old, size, old_root=tree.root(HASHES[:old]), root=root, proof=[*proof, HASHES[0]]
    )


@pytest.mark.parametrize(("old", "size"), [(0, 3), (4, 3), (-1, 3)])
def test_there_is_no_proof_from_a_size_that_never_was(old, size):
    with pytest.raises(ValueError, match="no proof"):
        tree.consistency_proof(grown(3), old, size)

    assert not tree.consistent(old, size, old_root=b"", root=b"", proof=[])


def test_there_is_no_proof_for_a_leaf_that_is_not_there():
    with pytest.raises(ValueError, match="no leaf"):
        tree.inclusion_proof(grown(3), 3, 3)


@given(st.integers(0, len(HASHES)), st.integers(0, 20))
def test_an_edge_that_was_put_away_grows_on_as_if_it_had_not(size, more):
    edge = Edge()
    for hashed in HASHES[:size]:
        edge.append(hashed)

    woken = Edge.unpack(size, edge.pack())
    for hashed in HASHES[size : size + more]:
        woken.append(hashed)

    assert woken.root() == tree.root(HASHES[: size + more])


@pytest.mark.parametrize(("size", "packed"), [(1, b""), (0, b"x" * 32), (3, b"x" * 32), (2, b"x" * 64)])
def test_an_edge_that_does_not_fit_its_size_is_refused(size, packed):
    with pytest.raises(ValueError, match="edge"):
        Edge.unpack(size, packed)
