"""A leaver whom two HR systems know: who reports to either record does not let them go."""

import uuid

from service.people.person import Person, Role
from tests.attacks.departures.company import Company
from tests.attacks.departures.test_letting_go import refused


def test_a_report_of_the_leavers_other_record_approves_nothing(company: Company, held: list[str]) -> None:
    twin = Person(
        id=str(uuid.uuid4()),
        subject=uuid.uuid4().hex,
        source="bought",
        source_id="7",
        work_email="E-3@example.com",
        display_name="The same, at the company that was bought",
    )
    (number,) = company.hire(1)
    report = company.give(number, Role.APPROVER)
    with company.store.write() as session:
        session.add(twin)
        session.flush()
        session.get_one(Person, report).manager_id = twin.id
    release = company.ask(company.approvers()[0], held)

    refused(company, "report", company.approve, report, release)
