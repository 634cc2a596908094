"""Times as a directory writes them."""

from datetime import UTC, datetime

import pytest

from connectors.ldap.dialect import moment


@pytest.mark.parametrize("written", ["20261121205813Z", "20261121205813.5Z", "20261121205813.000000Z"])
def test_a_generalized_time_is_read_in_utc(written: str) -> None:
    assert moment(written) == datetime(2026, 11, 21, 20, 58, 13, tzinfo=UTC)


@pytest.mark.parametrize(
    "written", ["", "000001010000Z", "00000101000000Z", "20261121205813+0100", "20261321205813Z", "x"]
)
def test_what_is_no_time_is_none(written: str) -> None:
    assert moment(written) is None
