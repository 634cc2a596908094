"""Names as somebody else writes them: they are shown, and change nothing of what stands beside them."""

import unicodedata
from typing import Any

import pytest

from service.people.person import Person

TURNED = "\u202eadA\u202c \u2066Lind"


@pytest.fixture
def turned(office: Any) -> Any:
    """Mike's name turns the direction of a line around, and never back."""
    office.busy_run()
    with office.world.store.write() as session:
        session.query(Person).filter(Person.employee_no == "E-17").one().display_name = TURNED
    return office


@pytest.mark.parametrize("page", ["/runs", "/runs/R-1", "/runs/R-1/intervene", "/runs/R-1/undo"])
def test_no_name_turns_around_the_words_beside_it(turned: Any, page: str) -> None:
    shown = turned.browser("it").get(page).text

    assert "adA Lind" in shown
    assert not {"RLO", "LRO", "RLI", "LRI", "FSI"} & {unicodedata.bidirectional(char) for char in shown}


def test_a_name_written_from_right_to_left_is_shown_as_it_is(turned: Any) -> None:
    name = "\u0645\u0627\u064a\u0643 \u200f\u062f\u0627\u0644\u062a\u0648\u0646"
    with turned.world.store.write() as session:
        session.query(Person).filter(Person.employee_no == "E-17").one().display_name = name

    assert name in turned.browser("it").get("/runs").text
