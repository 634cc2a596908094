"""Quoting and ids."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.salesforce import soql
from connectors.salesforce.fake_soql import parse
from connectors.sdk.errors import Unsafe


@given(st.text(max_size=40))
def test_whatever_is_quoted_is_read_back_as_itself(text: str) -> None:
    query = parse(f"SELECT Id FROM User WHERE FederationIdentifier = {soql.literal(text)}")

    assert query.test({"FederationIdentifier": text})
    assert not query.test({"FederationIdentifier": text + "x"})


def test_a_quoted_text_holds_no_control_character() -> None:
    assert soql.literal("a'b\\c\n\x00\"") == "'a\\'b\\\\c\\u000a\\u0000\\\"'"
    assert soql.literal("O'Neil, [x] & (y) ~ #1") == "'O\\'Neil, [x] & (y) ~ #1'"


@pytest.mark.parametrize("full", ["0055f00000CyENtAAN", "0013000000I3zJAAAZ"])
def test_the_check_letters_are_those_of_known_ids(full: str) -> None:
    assert soql.id18(full[:15]) == full
    assert soql.id18(full) == full


@pytest.mark.parametrize(
    "wrong", ["", "0055f00000CyEN", "0055f00000CyENtAA", "0055f00000CyEN'", "0055f00000CyENté"]
)
def test_what_is_no_id_is_refused(wrong: str) -> None:
    with pytest.raises(Unsafe):
        soql.id18(wrong)


def test_an_id_whose_letters_were_changed_in_case_is_refused() -> None:
    with pytest.raises(Unsafe):
        soql.id18("00590000000i1snIA0")
