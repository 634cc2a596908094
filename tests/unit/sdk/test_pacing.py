"""How long a system may make us wait, read from what it says."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from connectors.sdk.pacing import DEFAULT_S, LONGEST_S, seconds_asked


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("7", 7),
        (" 7 ", 7),
        ("0", 0),
        ("1.5", 1.5),
        ("999999999", LONGEST_S),
        (None, DEFAULT_S),
        ("", DEFAULT_S),
        ("soon", DEFAULT_S),
        ("-5", DEFAULT_S),
        ("1e9", DEFAULT_S),
        ("nan", DEFAULT_S),
        ("\u0667", DEFAULT_S),
        ("Fri, 99 Foo 2026", DEFAULT_S),
        ("Thu, 01 Jan 1970 00:00:00 GMT", 0),
        ("Fri, 31 Dec 9999 23:59:59 GMT", LONGEST_S),
    ],
)
def test_a_wait_is_read_as_seconds_or_as_a_date_and_believed_for_an_hour_at_most(
    header: str | None, seconds: float
) -> None:
    assert seconds_asked(header) == seconds


def test_a_date_in_a_minute_is_a_minute_from_now() -> None:
    header = format_datetime(datetime.now(UTC) + timedelta(seconds=60), usegmt=True)

    assert 58 <= seconds_asked(header) <= 60


def test_a_date_is_counted_from_the_one_beside_it_though_our_clock_is_set_wrong() -> None:
    told = "Mon, 02 Mar 2026 12:00:00 GMT"

    assert seconds_asked("Mon, 02 Mar 2026 12:00:07 GMT", said_at=told) == 7
    assert seconds_asked("Thu, 01 Jan 1970 00:00:00 GMT", said_at="when it was dark") == 0
