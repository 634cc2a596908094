"""References: dotted names, and nothing that computes."""

from datetime import UTC, datetime

import pytest

from service.playbook.references import (
    NOT_KNOWN,
    REFERENCES,
    UnresolvedError,
    fill,
    for_people,
    names_in,
    resolve,
    told_anew,
)

MIKE = {"leaver.name": "Mike Doe", "leaver.email": "mike@example.com", "leaver.manager": ""}


def test_a_reference_becomes_the_leavers_own_value():
    assert fill("Return of ${leaver.name}'s laptop", MIKE) == "Return of Mike Doe's laptop"


@pytest.mark.parametrize(
    "text",
    ["{{ 7*7 }}", "{% for x in y %}", "${7*7}", "${ leaver.name }", "$(id)", "`id`", "#{leaver.name}", "$leaver.name",
     "{leaver.name}", "${}", "${leaver.name", "${leaver['name']}", "${leaver.name|upper}", "%(leaver.name)s"],
)  # fmt: skip
def test_anything_else_in_braces_stays_as_it_is(text):
    assert fill(text, MIKE) == text
    assert list(names_in(text)) == []


def test_a_name_that_looks_like_a_reference_is_not_looked_at_again():
    values = {"leaver.name": "${leaver.email} {{ 7*7 }}", "leaver.email": "m@example.com"}

    assert fill("${leaver.name}", values) == "${leaver.email} {{ 7*7 }}"


def test_what_is_not_known_says_so_to_people():
    assert fill("Tell ${leaver.manager}", MIKE) == f"Tell {NOT_KNOWN}"


def test_what_is_not_known_is_never_handed_to_a_connector():
    with pytest.raises(UnresolvedError, match=r"leaver\.manager is not known"):
        resolve({"to": ["${leaver.manager}"]}, MIKE)


def test_arguments_are_resolved_inside_lists_and_numbers_stay_numbers():
    given = {"to": ("${leaver.email}", "x"), "days": 3, "quiet": True}

    assert resolve(given, MIKE) == {"to": ["mike@example.com", "x"], "days": 3, "quiet": True}


def test_inner_attributes_are_no_references(slips):
    problem = slips("steps:\n  - {id: a, action: ldap.disable_account, title: 'x ${leaver.__class__}'}\n")[0]

    assert problem.code == "PB0104"


@pytest.mark.parametrize(
    ("civil", "was", "named"),
    [
        ("2026-12-05", datetime(2026, 12, 5, 23, 0, tzinfo=UTC), "Sat 2026-12-05"),
        ("2026-12-05", datetime(2026, 12, 4, 11, 0, tzinfo=UTC), "Sat 2026-12-05"),
        ("2026-12-05T00:30", datetime(2026, 12, 4, 10, 30, tzinfo=UTC), "Sat 2026-12-05"),
    ],
    ids=["the end of a day", "brought forward to Friday", "far in the east"],
)
def test_the_last_day_is_told_anew_wherever_it_was_told(civil: str, was: datetime, named: str) -> None:
    text = fill("By ${departure.last_day}.", for_people(was, "UTC", civil))

    assert text == f"By {named}."
    assert told_anew(text, was, datetime(2027, 1, 29, 16, tzinfo=UTC), "UTC", "2027-01-29T16:00") == (
        "By Fri 2027-01-29."
    )


def test_another_day_that_a_playbook_names_stays() -> None:
    text, moved = (
        "Since Mon 2024-01-01 and on 2026-12-05 a form is needed.",
        datetime(2027, 1, 29, tzinfo=UTC),
    )

    assert told_anew(text, datetime(2026, 12, 5, 23, tzinfo=UTC), moved, "UTC", "2027-01-29") == text


def test_every_reference_loads(load):
    text = " ".join("${" + name + "}" for name in REFERENCES)

    loaded = load(f"steps:\n  - {{id: a, action: manual.confirm, instructions: '{text}'}}\n")

    assert loaded.playbook.steps[0].instructions == text
