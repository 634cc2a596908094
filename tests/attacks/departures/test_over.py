"""A yes to a list that waits for nobody any more: what became of it is said, and nothing is changed."""

import pytest

from service.engine.decisions import NotDecided
from tests.attacks.departures.company import Company


def test_a_list_that_waits_for_nobody_says_what_became_of_it(company: Company, held: list[str]) -> None:
    first, second = company.approvers()
    release = company.ask(first, held)
    company.approve(second, release)
    said = []

    for named in (release, "none of ours"):
        with pytest.raises(NotDecided) as refused:
            company.approve(second, named, digest="0" * 64)
        said.append((refused.value.reason, str(refused.value)))

    assert said == [
        ("not-open", "This list was let go already. Nothing was changed."),
        ("not-open", "There is no such list. Nothing was changed. Look at what is held, and name it anew."),
    ]
