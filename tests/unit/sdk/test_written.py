"""What is written in fewer steps than the standard library takes is written the same; what is read once is read."""

from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.sdk import ber, urls
from connectors.sdk.context import Secret
from connectors.sdk.errors import ConfigError
from connectors.sdk.settings import read_once

TEXT = st.text(st.characters(exclude_categories=["Cs"]))


@given(st.dictionaries(TEXT, TEXT))
def test_a_query_is_what_the_standard_library_writes(params: dict[str, str]) -> None:
    assert urls.query(params) == urlencode(params)


def test_half_a_character_is_no_query() -> None:
    with pytest.raises(ValueError, match="surrogate"):
        urls.query({"q": "\ud800"})


@given(st.lists(st.tuples(st.integers(0, 255), st.binary(max_size=300))))
def test_elements_side_by_side_are_read_as_they_were_written(written: list[tuple[int, bytes]]) -> None:
    assert ber.elements(b"".join(ber.element(*each) for each in written)) == written


@given(st.binary(max_size=40))
def test_bytes_that_are_no_elements_are_refused_and_nothing_else_happens(content: bytes) -> None:
    at, expected = 0, []
    try:
        while at < len(content):
            tag, inner, at = ber.read(content, at)
            expected.append((tag, inner))
    except (IndexError, ber.BerError):
        with pytest.raises(ber.BerError):
            ber.elements(content)
    else:
        assert ber.elements(content) == expected


def test_the_same_settings_are_read_once_and_others_anew() -> None:
    read: list[str] = []
    reading = read_once(lambda given: read.append(str(given["url"])) or given["key"])

    keys = [reading({"url": url, "key": Secret(key)}) for url, key in ("aA", "aA", "aB", "bA", "aA")]

    assert keys == [Secret("A"), Secret("A"), Secret("B"), Secret("A"), Secret("A")]
    assert read == ["a", "a", "b"]


def test_settings_that_cannot_be_right_are_looked_at_again() -> None:
    def refuse(_: object) -> None:
        raise ConfigError("It is wrong.", hint="Mend it.")

    for _ in range(2):
        with pytest.raises(ConfigError):
            read_once(refuse)({})
