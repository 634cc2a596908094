"""The bytes of an entry are one and the same for ever."""

import json
from datetime import UTC, datetime, timedelta, timezone
from enum import StrEnum

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.ledger.errors import EntryRefused
from service.ledger.leaf import MAX_DEPTH, MAX_INT, MAX_LEAF_BYTES, canonical, stamp, zone_data_version

words = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
exact = st.recursive(
    st.none() | st.booleans() | st.integers(-MAX_INT, MAX_INT) | words,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3),
    max_leaves=12,
)


@given(st.dictionaries(words, exact, max_size=4))
def test_what_was_written_reads_back_the_same(body):
    assert json.loads(canonical(body)) == body


@given(st.dictionaries(words, exact, max_size=4))
def test_the_order_of_writing_does_not_change_the_bytes(body):
    backwards = dict(reversed(body.items()))

    assert canonical(backwards) == canonical(body)


@given(st.dictionaries(words, exact, max_size=4))
def test_a_leaf_is_one_line(body):
    assert b"\n" not in canonical(body)


def test_keys_are_sorted_and_nothing_is_between():
    assert canonical({"b": [1, (True, None)], "a": "é"}) == '{"a":"é","b":[1,[true,null]]}'.encode()


def test_an_enum_is_written_as_its_value():
    class Colour(StrEnum):
        RED = "red"

    assert canonical({Colour.RED: Colour.RED}) == b'{"red":"red"}'


INEXACT = {
    "float": 1.0,
    "nan": float("nan"),
    "infinity": float("inf"),
    "bytes": b"x",
    "set": {1, 2},
    "moment": datetime(2026, 1, 1, tzinfo=UTC),
    "number as a key": {1: "x"},
    "null as a key": {None: 1},
    "too large for a double": MAX_INT + 1,
    "too small for a double": -MAX_INT - 1,
    "five thousand digits": 10**5000,
    "half a surrogate pair": "\ud800",
    "half a surrogate pair as a key": {"\udfff": 1},
    "float inside": [[1.5]],
    "object": object(),
}


@pytest.mark.parametrize("value", INEXACT.values(), ids=INEXACT)
def test_what_has_no_single_exact_form_is_refused(value):
    with pytest.raises(EntryRefused):
        canonical({"body": value})


def test_a_refusal_does_not_repeat_the_value():
    with pytest.raises(EntryRefused) as refused:
        canonical({"body": {"salary": 1234.5}})

    assert "1234" not in str(refused.value)
    assert "body.salary" in str(refused.value)


def test_a_leaf_of_64_kib_is_the_largest():
    frame = len(canonical({"b": ""}))

    assert len(canonical({"b": "x" * (MAX_LEAF_BYTES - frame)})) == MAX_LEAF_BYTES
    with pytest.raises(EntryRefused, match="SHA-256"):
        canonical({"b": "x" * (MAX_LEAF_BYTES - frame + 1)})


def test_an_entry_cannot_be_nested_without_end():
    deep: list = []
    for _ in range(MAX_DEPTH + 2):
        deep = [deep]

    with pytest.raises(EntryRefused, match="nested"):
        canonical({"b": deep})


def test_a_moment_is_written_in_utc_with_microseconds():
    berlin = timezone(timedelta(hours=1))

    assert stamp(datetime(2026, 3, 2, 13, 0, tzinfo=berlin)) == "2026-03-02T12:00:00.000000Z"


def test_a_moment_without_a_zone_is_refused():
    with pytest.raises(EntryRefused):
        stamp(datetime(2026, 3, 2, 13, 0))  # noqa: DTZ001  that is the point


def test_the_zone_data_is_named_as_iana_names_it():
    assert zone_data_version()[:2] == "20"
    assert zone_data_version()[-1].isalpha()
