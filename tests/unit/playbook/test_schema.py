"""The JSON Schema: what editors offer, held equal to what the loader takes."""

import copy
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from service.playbook.catalogue import Manifests
from service.playbook.schema import schema

GOOD: dict[str, Any] = {
    "playbook": "small",
    "version": 1,
    "summary": "x",
    "applies_to": {"country": ["NO"]},
    "steps": [
        {
            "id": "seal",
            "action": "snapshot.seal",
            "with": {"connectors": ["salesforce"], "lookback": "60d"},
            "deadline": "30s",
            "retry": {"first": "2s"},
        },
        {"id": "letter", "action": "salesforce.send_letter", "with": {"subject": "Goodbye"}},
        {"id": "shut", "action": "ldap.disable_account", "needs": ["seal"], "minimum": "observed"},
    ],
    "examples": [{"name": "e", "country": "NO", "plan": ["seal"]}],
}


@pytest.fixture(scope="module")
def validator(actions: Manifests) -> Draft202012Validator:
    said = schema(actions)
    Draft202012Validator.check_schema(said)
    return Draft202012Validator(said)


def test_a_right_playbook_is_right_for_the_editor_too(validator: Draft202012Validator):
    assert list(validator.iter_errors(GOOD)) == []


@pytest.mark.parametrize(
    ("step", "change"),
    [
        (0, {"action": "snapshot.seel"}),
        (0, {"with": {"lookbak": "60d"}}),
        (0, {"with": {"connectors": ["ldap"]}}),
        (0, {"with": {"lookback": "60d"}}),
        (1, {"action": "wait", "with": {}}),
        (1, {"with": {"lookback": "60d"}}),
        (1, {"with": {"subject": {"a": "b"}}}),
        (2, {"with": {"subject": "Goodbye"}}),
        (2, {"action": "ldap.find_accounts"}),
        (2, {"action": "ldap.restore_account"}),
        (2, {"deadlin": "5m"}),
        (2, {"deadline": "5 minutes"}),
        (2, {"minimum": "obsrved"}),
        (2, {"phase": "aftercare"}),
        (2, {"critical": "yes"}),
        (2, {"when": {"departmnt": ["Sales"]}}),
        (2, {"when": {"country": ["no"]}}),
        (2, {"id": "Shut It"}),
    ],
)
def test_a_slip_is_marked_in_the_editor(validator: Draft202012Validator, step: int, change: dict[str, Any]):
    playbook = copy.deepcopy(GOOD)
    playbook["steps"][step] |= change

    assert list(validator.iter_errors(playbook))


def test_no_default_is_written_in_a_form_the_loader_would_refuse(actions: Manifests):
    step = schema(actions)["$defs"]["Step"]["properties"]

    assert (step["deadline"]["default"], step["minimum"]["default"]) == ("4h", "observed")
    assert "default" not in step["after"]


def test_every_key_has_a_description_for_the_editor(actions: Manifests):
    said = schema(actions)
    models = [said, *(each for each in said["$defs"].values() if "properties" in each)]

    assert [
        key for model in models for key, value in model["properties"].items() if not value.get("description")
    ] == []
