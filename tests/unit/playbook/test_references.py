"""References: dotted names, and nothing that computes."""

import pytest

from service.playbook.references import NOT_KNOWN, REFERENCES, UnresolvedError, fill, names_in, resolve

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


def test_every_reference_loads(load):
    text = " ".join("${" + name + "}" for name in REFERENCES)

    loaded = load(f"steps:\n  - {{id: a, action: manual.confirm, instructions: '{text}'}}\n")

    assert loaded.playbook.steps[0].instructions == text
