"""Whom two HR systems know is one human: who reports to either record, or by either, does not let the leaver go."""

import uuid

from service.people.person import Person, Role
from tests.attacks.departures.company import Company
from tests.attacks.departures.test_letting_go import refused


def twin(number: str) -> Person:
    """Another HR system's record of somebody, which knows no manager of theirs."""
    return Person(
        id=str(uuid.uuid4()),
        subject=uuid.uuid4().hex,
        source="bought",
        source_id=number,
        work_email=f"{number}@example.com",
        display_name="The same, at the company that was bought",
    )


def works_for(company: Company, below: str, boss: str) -> None:
    with company.store.write() as session:
        session.get_one(Person, below).manager_id = boss


def test_a_report_of_the_leavers_other_record_approves_nothing(company: Company, held: list[str]) -> None:
    other = twin("E-3")
    (number,) = company.hire(1)
    report = company.give(number, Role.APPROVER)
    with company.store.write() as session:
        session.add(other)
        session.flush()
        session.get_one(Person, report).manager_id = other.id
    release = company.ask(company.approvers()[0], held)

    refused(company, "report", company.approve, report, release)


def test_a_report_by_another_record_of_theirs_approves_nothing(company: Company, held: list[str]) -> None:
    (number,) = company.hire(1)
    works_for(company, company.people[number], company.people["E-3"])
    other = twin(number)
    with company.store.write() as session:
        session.add(other)
    company.people["twin"] = other.id
    release = company.ask(company.approvers()[0], held)

    refused(company, "report", company.approve, company.give("twin", Role.APPROVER), release)


def test_who_works_for_somebody_with_two_records_is_below_whoever_is_above_either(
    company: Company, held: list[str]
) -> None:
    boss, number = company.hire(2)
    report = company.give(number, Role.APPROVER)
    other = twin(boss)
    with company.store.write() as session:
        session.add(other)
    works_for(company, company.people[boss], company.people["E-3"])
    works_for(company, report, other.id)
    release = company.ask(company.approvers()[0], held)

    refused(company, "report", company.approve, report, release)
