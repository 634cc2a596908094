"""What we promise of every connector before it is run: its manifest, its class, its README and its fake agree."""

import pytest

from connectors.sdk.capabilities import CAPABILITIES
from connectors.sdk.context import Context
from connectors.sdk.errors import ConfigError
from connectors.sdk.manifest import Manifest, On, Quality
from connectors.sdk.registry import HOME, Registry, connector_class, fake_class
from connectors.sdk.types import Expectation

from .conftest import CONFORMANCE, MANIFESTS, PROMISES

every_connector = pytest.mark.parametrize(
    "manifest", list(MANIFESTS.values()), ids=lambda manifest: manifest.name
)

#: What a capability is carried out on, where only one thing makes sense.
CARRIED_OUT_ON = {
    "find_accounts": On.PERSON,
    "list_accounts": On.TENANT,
    "devices": On.PERSON,
    "posture": On.DEVICE,
    "lock_device": On.DEVICE,
    "collect_logs": On.TENANT,
    "check": On.TENANT,
    "read": On.ACCOUNT,
    "disable_account": On.ACCOUNT,
    "restore_account": On.ACCOUNT,
    "deactivate_account": On.ACCOUNT,
    "revoke_sessions": On.ACCOUNT,
    "revoke_tokens": On.ACCOUNT,
    "remove_entitlements": On.ACCOUNT,
}
READING = frozenset(
    {"find_accounts", "list_accounts", "read", "devices", "posture", "collect_logs", "verify", "check"}
)


@every_connector
def test_the_manifest_lists_the_actions_the_code_has(manifest: Manifest) -> None:
    code = connector_class(manifest)

    asked = {name for name, action in manifest.actions.items() if action.asks_person}
    assert set(manifest.actions) - asked == {name for name in CAPABILITIES if hasattr(code, name)}
    assert all(callable(getattr(code, name, None)) for name in manifest.actions)


@every_connector
def test_the_class_has_the_name_of_its_manifest(manifest: Manifest) -> None:
    assert connector_class(manifest).name == manifest.name


@every_connector
def test_a_folder_beside_the_sdk_has_the_name_of_its_connector(manifest: Manifest) -> None:
    assert manifest.folder.parent != HOME or manifest.folder.name == manifest.name


@every_connector
def test_every_action_says_which_rights_it_needs(manifest: Manifest) -> None:
    assert [
        name for name, action in manifest.actions.items() if not all(action.needs) or not action.needs
    ] == []


@every_connector
def test_every_undo_is_an_action_of_its_own(manifest: Manifest) -> None:
    undone = {action.undo for action in manifest.actions.values() if action.undo}

    assert undone <= {name for name, action in manifest.actions.items() if action.changes}


@every_connector
def test_the_undoing_of_a_disabling_is_read_back(manifest: Manifest) -> None:
    disabling = manifest.actions.get("disable_account")

    if disabling is not None and disabling.undo:
        assert manifest.actions[disabling.undo].expects is Expectation.RESTORED


@every_connector
def test_what_only_reads_says_so_and_what_changes_says_so(manifest: Manifest) -> None:
    assert {name for name, action in manifest.actions.items() if not action.changes} <= READING
    assert {name for name, action in manifest.actions.items() if action.changes} & READING == set()


@every_connector
def test_an_action_that_expects_something_can_be_read_back(manifest: Manifest) -> None:
    expecting = [name for name, action in manifest.actions.items() if action.expects]

    assert not expecting or "verify" in manifest.actions


@every_connector
def test_every_action_is_carried_out_on_what_its_capability_is_for(manifest: Manifest) -> None:
    wrong = {
        name: action.on
        for name, action in manifest.actions.items()
        if action.on is not CARRIED_OUT_ON.get(name, action.on)
    }

    assert wrong == {}


@every_connector
def test_the_readme_documents_every_setting_and_every_right(manifest: Manifest) -> None:
    readme = (manifest.folder / "README.md").read_text(encoding="utf-8")

    rights = {
        right for action in manifest.actions.values() if not action.asks_person for right in action.needs
    }
    assert [word for word in [*manifest.settings, *sorted(rights)] if word not in readme] == []


@every_connector
def test_a_missing_or_misspelt_setting_is_a_config_error(manifest: Manifest) -> None:
    given = {name: "x" for name, spec in manifest.settings.items() if spec.default is None}

    with pytest.raises(ConfigError):
        Registry({manifest.name: manifest}, {manifest.name: {**given, "no_such_setting": "x"}})
    for name in given:
        fewer = {key: value for key, value in given.items() if key != name}
        with pytest.raises(ConfigError, match=name):
            Registry({manifest.name: manifest}, {manifest.name: fewer})


@every_connector
def test_a_fake_that_is_named_can_be_loaded(manifest: Manifest) -> None:
    if manifest.fake is None:
        assert manifest.settings == {}, "a connector with a remote has a fake"
        return

    fake = fake_class(manifest)

    assert [name for name in ("start", "stop", "url", "settings", "seed") if not hasattr(fake, name)] == []


@every_connector
def test_the_settings_of_the_fake_are_settings_of_the_connector(manifest: Manifest) -> None:
    if manifest.name not in CONFORMANCE:
        assert manifest.quality is Quality.BRONZE, "above bronze, a connector is tried in a world"
        return

    with CONFORMANCE[manifest.name].world() as world:
        assert manifest.name in world.registry.configured
        assert world.open(Context(now=world.context().now)).name == manifest.name


@pytest.mark.parametrize("name", CONFORMANCE)
def test_an_exemption_names_a_promise_and_its_reason(name: str) -> None:
    exempt = CONFORMANCE[name].EXEMPT

    assert set(exempt) <= PROMISES
    assert all(len(reason.split()) > 3 for reason in exempt.values())
