"""Nobody who leaves decides how leaving is done, by whichever record; and a sealed leaver does not learn of it so."""

import pytest

from service.people.person import Person
from service.playbook.approval import NotApproved, Why
from tests.unit.playbook.test_versions import Company, changed, company

__all__ = ["changed", "company"]


def test_a_sealed_leaver_learns_of_it_neither_from_a_refusal_nor_by_an_approval_that_is_gone(
    changed: Company,
) -> None:
    changed.approve("ada")
    changed.leaves("ada", sealed=True)
    changed.leaves("bo", sealed=True)

    assert changed.waiting()[0].approved_by == ("p-ada",)
    assert (changed.approve("bo"), changed.version()) == (True, 2)


def test_who_leaves_by_another_record_approves_no_playbook(changed: Company) -> None:
    with changed.store.write() as session:
        for name in ("ivan", "bo"):
            session.get_one(Person, f"p-{name}").work_email = "bo@example.com"
    changed.leaves("ivan")

    with pytest.raises(NotApproved) as refused:
        changed.approve("bo")

    assert refused.value.why is Why.LEAVER
