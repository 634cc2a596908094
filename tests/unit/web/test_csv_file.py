"""A spreadsheet that opens our CSV carries nothing out."""

from datetime import UTC, datetime

import pytest

from service.web.csv_file import cell


@pytest.mark.parametrize(
    "text",
    [
        "=1+1",
        "+1",
        "-1+2",
        "@SUM(A1)",
        "|calc",
        "%0A",
        "\t=1",
        "\r=1",
        "\n=1",
        " =1",
        "\u00a0=1",
        "\ufeff=1",
        "＝1+1",
        "＋1",
        "－1",
        "＠A1",
        '=HYPERLINK("http://evil.example")',
    ],
)
def test_what_would_be_a_formula_stands_behind_an_apostrophe(text: str) -> None:
    assert cell(text) == f"'{text}"


@pytest.mark.parametrize("text", ["Mike Dalton", "1,204", "", "O'Brien", "a=b", "søren+1"])
def test_what_is_no_formula_stays_as_it_is(text: str) -> None:
    assert cell(text) == text


def test_a_negative_number_of_ours_stays_a_number() -> None:
    assert cell(-1) == "-1"


def test_a_time_is_written_in_utc() -> None:
    assert cell(datetime(2026, 3, 2, 12, 0, tzinfo=UTC)) == "2026-03-02T12:00:00Z"


def test_nothing_is_an_empty_cell() -> None:
    assert cell(None) == ""
