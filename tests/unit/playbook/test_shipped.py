"""The playbooks that are shipped, with the connectors that are shipped."""

import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator
from ruamel.yaml import YAML

from connectors.sdk.registry import discover
from service.departures.kind import DepartureKind
from service.playbook.catalogue import SEAL, Catalogue, Manifests
from service.playbook.examples import run_examples
from service.playbook.load import Loaded, files_in, read
from service.playbook.plan import PlanInput, plan
from service.playbook.schema import schema_text

HOME = Path(__file__).parents[3] / "playbooks"
FILES = files_in(HOME)
SCHEMA = HOME / "schema/playbook.schema.json"

every_playbook = pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)


@pytest.fixture(scope="module")
def shipped() -> Manifests:
    return Manifests(discover())


@pytest.fixture(scope="module")
def loaded(shipped: Manifests) -> dict[Path, Loaded]:
    return {path: read(path, shipped) for path in FILES}


def test_there_are_playbooks():
    assert {path.stem for path in FILES} >= {"leaver", "involuntary"}


@every_playbook
def test_a_shipped_playbook_has_nothing_the_linter_could_name(loaded: dict[Path, Loaded], path: Path):
    assert loaded[path].warnings == ()


@every_playbook
def test_the_examples_of_a_shipped_playbook_hold(loaded: dict[Path, Loaded], shipped: Manifests, path: Path):
    results = run_examples(loaded[path], shipped)

    assert results
    assert [(result.name, result.got) for result in results] == [
        (result.name, result.said) for result in results
    ]


@every_playbook
def test_every_step_of_a_shipped_playbook_is_in_an_example(loaded: dict[Path, Loaded], path: Path):
    playbook = loaded[path].playbook

    assert {step.id for step in playbook.steps} == {
        step for example in playbook.examples for step in example.plan
    }


@every_playbook
def test_a_shipped_playbook_fits_a_checklist(loaded: dict[Path, Loaded], path: Path):
    steps = loaded[path].playbook.steps

    assert len(steps) <= 12
    assert all(0 < len(step.title) <= 50 and ": " in step.title for step in steps)


@every_playbook
def test_a_shipped_playbook_begins_with_what_editors_look_for(path: Path):
    first = path.read_text().splitlines()[0]

    assert first == "# yaml-language-server: $schema=schema/playbook.schema.json"
    assert (path.parent / first.partition("=")[2]).is_file()


@every_playbook
def test_the_editors_schema_takes_a_shipped_playbook(path: Path):
    validator = Draft202012Validator(json.loads(SCHEMA.read_text()))
    data = YAML(typ="safe", pure=True).load(path.read_text())

    assert [error.message for error in validator.iter_errors(data)] == []


def test_the_schema_on_disk_is_the_one_the_manifests_lead_to(shipped: Manifests):
    assert SCHEMA.read_text() == schema_text(shipped), (
        "write it again: exeunt playbook schema > playbooks/schema/playbook.schema.json"
    )


@pytest.mark.parametrize("kind", DepartureKind)
def test_every_kind_of_departure_is_sealed_first_and_cut_in_the_directory_and_the_crm(
    loaded: dict[Path, Loaded], shipped: Manifests, kind: DepartureKind
):
    departure = PlanInput(kind=kind, department="Sales")
    plans = [made for each in loaded.values() if (made := plan(each, departure, shipped)).steps]

    assert len(plans) == 1
    steps = {step.action: step for step in plans[0].steps}
    seal = steps[SEAL].id
    assert plans[0].steps[0].action == SEAL
    for cut in ("ldap.disable_account", "salesforce.disable_account"):
        assert (steps[cut].needs, steps[cut].critical) == ((seal,), True)
    assert {"salesforce.revoke_sessions", "salesforce.revoke_tokens"} < steps.keys()


def test_every_shipped_playbook_is_in_the_folders_readme():
    page = (HOME / "README.md").read_text()

    assert [path.name for path in FILES if f"`{path.name}`" not in page] == []


def test_no_shipped_connector_has_an_argument_its_manifest_does_not_explain(shipped: Manifests):
    specs = Catalogue(shipped).specs

    assert all(meaning for spec in specs.values() for meaning in spec.arguments.values())
