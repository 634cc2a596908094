"""Text on its way into mrkdwn."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.slack.text import cut, escape, escape_with_times, one_line, plain


@given(st.text())
def test_what_is_escaped_opens_no_bracket(text: str) -> None:
    escaped = escape(text)

    assert "<" not in escaped
    assert ">" not in escaped
    assert "\n" not in escaped


@pytest.mark.parametrize("call", ["@channel", "@here", "@everyone", "@Channel"])
def test_words_that_call_everybody_stay_words(call: str) -> None:
    assert escape(call) != call
    assert escape(call).replace("\u2060", "") == call


def test_a_name_draws_no_picture() -> None:
    assert ":x:" not in escape("Mike :x:")


def test_what_was_escaped_before_is_shown_as_it_was_written() -> None:
    assert escape("R&D &lt;!here&gt;") == "R&amp;D &amp;lt;!here&amp;gt;"


def test_an_address_stays_as_it_is() -> None:
    assert escape("mike@example.com") == "mike@example.com"


def test_what_turns_a_line_around_is_taken_out() -> None:
    assert one_line("a\u202eb\u2066c\r\nd\x07") == "abc d"


@given(st.text(min_size=1), st.integers(min_value=1, max_value=50))
def test_nothing_is_longer_than_it_may_be(text: str, most: int) -> None:
    assert len(cut(text, most)) <= most


def test_an_empty_title_is_still_a_title() -> None:
    assert plain("\u202e")["text"] == "-"


EVENING = datetime(2026, 3, 6, 23, 59, 59, 500_000, tzinfo=UTC)


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("23:59:59 UTC", "<!date^1772841599^{time_secs}|06 Mar 23:59:59 UTC>"),
        ("after 00:00:01 UTC.", "after <!date^1772841601^{time_secs}|07 Mar 00:00:01 UTC>."),
        ("99:00:00 UTC", "99:\u206000:00 UTC"),
        ("<!here> 00:00:01", "&lt;!here&gt; 00:\u206000:01"),
    ],
)
def test_a_time_of_day_is_the_next_one_and_all_else_stays_text(said: str, shown: str) -> None:
    assert escape_with_times(said, since=EVENING) == shown


@given(st.text())
def test_a_sentence_without_times_is_only_escaped(text: str) -> None:
    assert escape_with_times(text, since=EVENING) == escape(text)
