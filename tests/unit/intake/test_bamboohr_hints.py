"""What BambooHR's webhooks may look like, and what is no hint."""

import json
from http import HTTPStatus

import pytest

from service.intake.sources import bamboohr
from service.people.signature import sign, text_key
from service.settings import SourceSection
from tests.unit.intake.test_bamboohr import UPDATED, a_door_for_bamboo, bamboo

__all__ = ["a_door_for_bamboo", "bamboo"]  # fixtures


def test_the_legacy_form_names_several_employees_and_its_values_are_not_believed(door, bamboo):
    bamboo.hire("78", firstName="Bob", workEmail="bob@example.org", employeeNumber="E-78")
    bamboo.end("2026-04-30", number="78")
    fields = {"Termination Date": "2026-03-03", "Status": "Inactive"}

    answer = door.hint({"employees": [{"id": "77", "fields": fields}, {"id": 78, "action": "Updated"}]})

    assert answer.status is HTTPStatus.ACCEPTED
    assert door.intake.look_up_due() == 2
    assert [(event.person.name, str(event.last_day)) for event in door.announced.events] == [
        ("Bob Lee", "2026-04-30")
    ]


@pytest.mark.parametrize("body", [{"type": "company.updated", "data": {}}, {"type": "employee_of_the_month"}])
def test_an_event_about_nobody_is_ignored(door, body):
    assert door.hint(body).body["state"] == "ignored"
    assert door.pending() == []


@pytest.mark.parametrize(
    "body",
    [
        [],
        {},
        {"type": "employee.updated"},
        {"type": "employee.updated", "data": {"employeeId": None}},
        {"type": "employee.updated", "data": {"employeeId": "0"}},
        {"type": "employee.updated", "data": {"employeeId": "77/../../users"}},
        {"type": "employee.updated", "data": {"employeeId": "all"}},
        {"type": "employee.updated", "data": {"employeeId": True}},
        {"employees": ["77"]},
        {"employees": [{"id": "?fields=ssn"}]},
    ],
    ids=str,
)
def test_an_employee_id_that_is_none_never_becomes_a_path(door, bamboo, body):
    assert door.hint(body).status is HTTPStatus.UNPROCESSABLE_ENTITY
    assert door.intake.look_up_due() == 0
    assert bamboo.requests == []


def test_a_timestamp_cannot_lend_its_digits_to_the_body(door):
    raw, stamp = json.dumps(UPDATED).encode(), "1772452800"
    signature = sign(bamboohr.recipe(SourceSection()), text_key("bhr-secret"), body=raw, timestamp=stamp)
    moved = {
        "Content-Type": "application/json",
        "X-BambooHR-Timestamp": stamp[4:],
        "X-BambooHR-Signature": signature,
    }

    answer = door.intake.receive("bamboo", moved, raw + stamp[:4].encode())

    assert answer.status is HTTPStatus.UNPROCESSABLE_ENTITY
    assert door.pending() == []
