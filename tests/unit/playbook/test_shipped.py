"""The playbooks that are shipped, with the connectors that are shipped."""

import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator
from ruamel.yaml import YAML

from connectors.sdk.registry import discover
from service.departures.kind import LEAVING, DepartureKind
from service.playbook.catalogue import SEAL, Catalogue, Manifests
from service.playbook.chosen import chosen_playbooks
from service.playbook.examples import run_examples
from service.playbook.graph import ancestors
from service.playbook.load import Loaded, files_in, read
from service.playbook.model import Phase
from service.playbook.plan import PlanInput, plan
from service.playbook.schema import schema_text
from service.sections import PlaybooksSection
from service.settings import SettingsError

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


#: What a first look and the demonstration show.
SHORT = "leaver"


def test_there_is_a_playbook_for_every_kind_and_a_short_one_to_begin_with():
    assert {path.stem for path in FILES} == {*(kind.value for kind in DepartureKind), SHORT}


def test_every_kind_uses_the_playbook_of_its_name_when_nothing_is_configured(loaded: dict[Path, Loaded]):
    by_name = {path.stem: each for path, each in loaded.items()}

    chosen = chosen_playbooks(PlaybooksSection(), by_name)

    assert {kind: each.playbook.playbook for kind, each in chosen.items()} == {
        kind: kind.value for kind in DepartureKind
    }


def test_a_folder_without_a_playbook_that_is_needed_is_refused_with_where_to_take_it_from(
    loaded: dict[Path, Loaded],
):
    by_name = {path.stem: each for path, each in loaded.items() if path.stem != "voluntary"}

    with pytest.raises(SettingsError) as refused:
        chosen_playbooks(PlaybooksSection(), by_name)

    said = str(refused.value)
    assert said.startswith("There is no playbook voluntary in playbooks. It has: contractor-end, ")
    assert "Copy it from playbooks/ of the source" in said


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

    assert len(steps) <= (12 if path.stem == SHORT else 25)
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


@pytest.mark.parametrize("kind", LEAVING)
def test_every_kind_of_departure_is_sealed_first_and_cut_in_the_directory_and_the_crm(
    loaded: dict[Path, Loaded], shipped: Manifests, kind: DepartureKind
):
    departure = PlanInput(kind=kind, department="Sales")
    plans = [made for each in loaded.values() if (made := plan(each, departure, shipped)).steps]
    plans = [made for made in plans if made.playbook != SHORT]

    assert len(plans) == 1
    steps = {step.action: step for step in plans[0].steps}
    seal = steps[SEAL].id
    for cut in ("ldap.disable_account", "salesforce.disable_account"):
        assert (steps[cut].needs, steps[cut].critical) == ((seal,), True)
    assert {"salesforce.revoke_sessions", "salesforce.revoke_tokens"} < steps.keys()


def test_every_shipped_playbook_is_in_the_folders_readme():
    page = (HOME / "README.md").read_text()

    assert [path.name for path in FILES if f"`{path.name}`" not in page] == []


def test_no_shipped_connector_has_an_argument_its_manifest_does_not_explain(shipped: Manifests):
    specs = Catalogue(shipped).specs

    assert all(meaning for spec in specs.values() for meaning in spec.arguments.values())


#: What off-boarding policies agree on for each, as words that its titles hold.
CONTENT = {
    "voluntary": ("monitoring notice", "successor", "export", "last minute", "seal", "forwards", "second factors",
                  "return", "Silence", "shared one", "licence", "delete"),
    "involuntary": ("on hold", "90 days", "Admin", "Badge", "do not wipe", "today", "not before", "Silence",
                    "deleted?"),
    "contractor-end": ("extend, or it ends", "find them all", "credentials, clients", "destruction", "attests"),
    "lost-device": ("when, which device", "end sessions", "lock", "wipe", "encryption", "since the loss", "breach",
                    "written off"),
    "rehire": ("by number", "Difference", "given back", "restore", "kept names", "new password", "name each other"),
    "layoff": ("country rule", "in the list, and in the result"),
}  # fmt: skip


@pytest.mark.parametrize("name", CONTENT)
def test_a_playbook_does_what_the_field_agrees_on(loaded: dict[Path, Loaded], name: str):
    titles = " | ".join(step.title for step in loaded[HOME / f"{name}.yaml"].playbook.steps)

    assert [words for words in CONTENT[name] if words not in titles] == []


def test_after_care_reaches_a_quarter_and_destroys_nothing_before_counsel(loaded: dict[Path, Loaded]):
    steps = {step.id: step for step in loaded[HOME / "voluntary.yaml"].playbook.steps}

    assert {step.after.days for step in steps.values()} == {0, 1, 7, 30, 90}
    assert {step.phase for step in steps.values()} == set(Phase)
    assert (steps["delete-account"].after.days, "may-go" in steps["delete-account"].needs) == (90, True)


def test_a_lost_device_shuts_no_account_and_ends_sessions_before_anything_else_critical(
    loaded: dict[Path, Loaded], shipped: Manifests
):
    made = plan(loaded[HOME / "lost-device.yaml"], PlanInput(kind=DepartureKind.LOST_DEVICE), shipped)

    assert [step.id for step in made.steps if "disable_account" in step.action] == []
    assert {step.id for step in made.steps if step.critical} == {
        "end-crm-sessions",
        "revoke-crm-tokens",
        "end-sessions",
    }


def test_a_return_gives_nothing_back_before_it_was_approved(loaded: dict[Path, Loaded]):
    steps = loaded[HOME / "rehire.yaml"].playbook.steps
    needs = {step.id: step.needs for step in steps}

    for name in ("restore", "groups", "new-credentials", "devices", "notice-mode"):
        assert "approve" in ancestors(needs, name)
    assert next(step.owner for step in steps if step.id == "approve") == "approver"
