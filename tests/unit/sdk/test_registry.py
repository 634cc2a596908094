"""Connectors are found by their manifests, wherever their folder is mounted."""

import shutil
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from connectors.sdk.context import Context, Secret
from connectors.sdk.errors import ConfigError
from connectors.sdk.manifest import Manifest
from connectors.sdk.registry import Registry, UnknownAction, connector_class, discover, fake_class

CHAOS = Path(__file__).parents[2] / "chaos"

MANIFEST = """
name: {name}
title: Clock
vendor_docs: none
quality: bronze
owners: [tests]
settings:
  url: {{description: Where it is}}
  token: {{description: Its token, secret: true}}
  zone: {{description: Its zone, default: UTC}}
actions:
  check: {{title: Look, on: tenant, needs: [time.read]}}
"""
CODE = """
from .words import greeting

class Connector:
    name = "clock"

    def __init__(self, settings):
        self.settings = settings
        self.greeting = greeting

    @classmethod
    def from_settings(cls, settings, context):
        return cls(settings)

    def check(self): ...
"""


@pytest.fixture
def mount(tmp_path: Path) -> Callable[..., Path]:
    """A folder with one connector in it, as a third party would mount it."""

    def make(*, name: str = "clock", greeting: str = "hello", home: str = "mounted") -> Path:
        folder = tmp_path / home / name
        folder.mkdir(parents=True)
        (folder / "manifest.yaml").write_text(MANIFEST.format(name=name))
        (folder / "connector.py").write_text(CODE)
        (folder / "words.py").write_text(f"greeting = {greeting!r}\n")
        return folder.parent

    return make


GIVEN = {"url": "http://127.0.0.1:1", "token": "t0ken"}


def test_a_mounted_folder_is_found_without_touching_any_of_our_files(mount: Callable[..., Path]) -> None:
    found = discover(mount())

    assert found["clock"].title == "Clock"
    assert "manual" in found
    assert "sdk" not in found


def test_a_folder_that_is_itself_a_connector_is_found_too(mount: Callable[..., Path]) -> None:
    assert "clock" in discover(mount() / "clock")


def test_finding_a_connector_does_not_run_it(mount: Callable[..., Path]) -> None:
    home = mount()
    (home / "clock" / "connector.py").write_text("raise SystemExit('it ran')")

    assert "clock" in discover(home)


def test_two_mounted_connectors_of_one_name_keep_their_own_code(mount: Callable[..., Path]) -> None:
    one = discover(mount(home="one", greeting="one"))["clock"]
    two = discover(mount(home="two", greeting="two"))["clock"]
    context = Context(now=lambda: datetime.now(UTC))

    greetings = [
        vars(Registry({"clock": each}, {"clock": GIVEN}).open("clock", context))["greeting"]
        for each in (one, two)
    ]

    assert greetings == ["one", "two"]


def test_two_connectors_of_one_name_are_a_config_error(mount: Callable[..., Path]) -> None:
    with pytest.raises(ConfigError, match="both named clock"):
        discover(mount(home="one"), mount(home="two"))


def test_a_mounted_connector_cannot_take_the_place_of_ours(mount: Callable[..., Path]) -> None:
    with pytest.raises(ConfigError, match="both named manual"):
        discover(mount(name="manual"))


def test_a_folder_that_is_not_there_is_a_config_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="not there"):
        discover(tmp_path / "nowhere")


@pytest.mark.parametrize(
    "slip",
    [
        "colour: blue",
        "quality: platinum",
        "name: Not A Name",
        "- a list",
        "a: [",
        "title: &a x\nowners: [*a, *b]",
        "",
    ],
)
def test_a_manifest_with_a_slip_names_its_file(mount: Callable[..., Path], slip: str) -> None:
    home = mount()
    path = home / "clock" / "manifest.yaml"
    path.write_text(MANIFEST.format(name="clock") + slip if slip.startswith("colour") else slip)

    with pytest.raises(ConfigError, match=r"manifest\.yaml is not a manifest"):
        discover(home)


def test_an_unknown_action_says_what_was_meant() -> None:
    registry = Registry(discover(CHAOS), {})

    with pytest.raises(UnknownAction, match=r"Did you mean chaos\.disable_account\?"):
        registry.action("chaos.disable_acount")


@pytest.mark.parametrize("name", ["chaos", "chaos.", ".read", "choas.read", "chaos.from_settings", ""])
def test_what_is_no_action_is_unknown(name: str) -> None:
    with pytest.raises(UnknownAction):
        Registry(discover(CHAOS), {}).action(name)


def test_an_action_is_what_the_manifest_says() -> None:
    action = Registry(discover(CHAOS), {}).action("chaos.disable_account")

    assert (action.changes, action.undo) == (True, "restore_account")


def test_settings_arrive_complete_and_secrets_arrive_wrapped(mount: Callable[..., Path]) -> None:
    registry = Registry(discover(mount()), {"clock": GIVEN})

    clock = registry.open("clock", Context(now=lambda: datetime.now(UTC)))

    assert vars(clock)["settings"] == {**GIVEN, "token": Secret("t0ken"), "zone": "UTC"}
    assert "t0ken" not in repr(registry.manifests)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"clock": {**GIVEN, "ur": "x"}}, "Did you mean url?"),
        ({"clock": {"token": "t0ken"}}, "lacks url"),
        ({"clok": GIVEN}, "Did you mean clock?"),
    ],
)
def test_a_slip_in_the_settings_says_what_was_meant(
    mount: Callable[..., Path], settings: dict[str, dict[str, str]], words: str
) -> None:
    with pytest.raises(ConfigError, match=words.replace("?", "[?]")) as error:
        Registry(discover(mount()), settings)

    assert "t0ken" not in str(error.value)


def test_only_what_is_configured_or_needs_nothing_can_be_opened(mount: Callable[..., Path]) -> None:
    registry = Registry(discover(mount()), {})

    assert registry.configured == ("manual",)
    with pytest.raises(ConfigError, match="not configured"):
        registry.open("clock", Context(now=lambda: datetime.now(UTC)))
    with pytest.raises(ConfigError, match="no connector clok"):
        registry.open("clok", Context(now=lambda: datetime.now(UTC)))


def test_a_built_in_action_is_known_and_cannot_be_opened() -> None:
    built_in = Manifest.model_validate(
        {
            "name": "snapshot",
            "title": "Snapshot",
            "vendor_docs": "none",
            "quality": "gold",
            "owners": ["core"],
            "actions": {"seal": {"title": "Seal", "on": "person", "needs": ["nothing"]}},
        }
    )

    registry = Registry({"snapshot": built_in}, {})

    assert registry.action("snapshot.seal").title == "Seal"
    assert registry.configured == ()


@pytest.mark.parametrize("named", ["connector:Missing", "connector:greeting", "connector"])
def test_a_class_that_is_not_there_is_a_config_error(mount: Callable[..., Path], named: str) -> None:
    manifest = discover(mount())["clock"].model_copy(update={"connector": named})

    with pytest.raises(ConfigError):
        connector_class(manifest)


def test_a_module_that_is_not_there_is_a_config_error(mount: Callable[..., Path]) -> None:
    manifest = discover(mount())["clock"].model_copy(update={"connector": "missing:Connector"})

    with pytest.raises(ConfigError, match="missing"):
        connector_class(manifest)


def test_a_fake_is_loaded_by_the_name_in_the_manifest_only() -> None:
    manifest = discover(CHAOS)["chaos"]

    connector_class(manifest)
    before = [name for name in sys.modules if name.endswith("chaos_connector.fake")]
    fake = fake_class(manifest)

    assert before == []
    assert fake.__name__ == "FakeChaos"


def test_a_connector_without_a_fake_has_none_to_load() -> None:
    with pytest.raises(ConfigError, match="no fake"):
        fake_class(discover()["manual"])


def test_a_connector_taken_away_is_no_longer_found(mount: Callable[..., Path]) -> None:
    home = mount()
    assert "clock" in discover(home)

    shutil.rmtree(home / "clock")

    assert "clock" not in discover(home)
