"""Which connectors there are, found by their manifests, and how one is opened."""

import hashlib
import importlib
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime
from difflib import get_close_matches
from importlib.machinery import ModuleSpec
from importlib.util import module_from_spec
from pathlib import Path
from types import MappingProxyType
from typing import Final, cast

from pydantic import ValidationError
from ruamel.yaml.error import YAMLError

from connectors.sdk.capabilities import Connector, SignsIn
from connectors.sdk.context import Context, Secret
from connectors.sdk.errors import ConfigError, ConnectorError
from connectors.sdk.manifest import ActionSpec, Manifest, SettingSpec, read_manifest

HOME: Final = Path(__file__).parents[1]
MANIFEST: Final = "manifest.yaml"


class UnknownAction(ConfigError):  # noqa: N818  # as in errors.py: the word is the error
    """No connector has an action of this name."""


def discover(*extra_folders: Path) -> dict[str, Manifest]:
    """Every connector beside the SDK and in the extra folders, by name.

    An extra folder holds connector folders, or is one itself. Nothing of a connector is run.
    Raises `ConfigError` for a manifest that cannot be read, a missing folder, and a name used twice.
    """
    found: dict[str, Manifest] = {}
    for home in (HOME, *extra_folders):
        for path in _manifests_in(home):
            manifest = _read(path)
            if manifest.name in found:
                raise ConfigError(
                    f"{path.parent} and {found[manifest.name].folder} are both named {manifest.name}.",
                    hint="Rename one in its manifest.",
                )
            found[manifest.name] = manifest
    return found


def connector_class(manifest: Manifest) -> type[Connector]:
    """Import the class a manifest names. Raises `ConfigError` when it is not there."""
    return cast("type[Connector]", _load(manifest, manifest.connector))


def fake_class(manifest: Manifest) -> type:
    """Import the fake a manifest names. Only the demonstration and tests may ask for one."""
    if manifest.fake is None:
        raise ConfigError(
            f"{manifest.name} has no fake.", hint="Name one in its manifest: fake: fake:FakeName"
        )
    return _load(manifest, manifest.fake)


class Registry:
    """The connectors of one service: what they can do, and how each is opened.

    Args:
        manifests: By name, as `discover` gives them; the service adds its built-in actions as further ones.
        settings: By connector, with secrets already followed to their values.

    Raises:
        ConfigError: A setting belongs to no connector, is unknown, or is missing.
    """

    def __init__(
        self, manifests: Mapping[str, Manifest], settings: Mapping[str, Mapping[str, str | Secret]]
    ) -> None:
        for name in settings:
            if name not in manifests:
                raise ConfigError(
                    f"The configuration speaks of a connector {name}, and there is none.",
                    hint=_did_you_mean(name, manifests),
                )
        self.manifests: Final = MappingProxyType(dict(manifests))
        self._settings = {name: _complete(manifests[name], given) for name, given in settings.items()}
        self._classes: dict[str, type[Connector]] = {}
        for name, manifest in manifests.items():
            if name not in self._settings and not manifest.settings and _code_of(manifest).is_file():
                self._settings[name] = {}

    @property
    def configured(self) -> tuple[str, ...]:
        """The connectors that can be opened, sorted: those with settings, and those that need none."""
        return tuple(sorted(self._settings))

    def load(self) -> None:
        """Import every configured connector, so that no leaver waits for it. One that cannot be stops no other."""
        for name in self.configured:
            with suppress(ConfigError):  # `open` raises it again, to whoever needs the connector
                self._class_of(name)

    def sign_in(self, now: Callable[[], datetime]) -> None:
        """Have tokens wherever a system gives them. A system that does not answer stops no other."""
        for name in self.configured:
            with suppress(ConnectorError):  # whoever needs the system is told
                connector = self.open(name, Context(now=now, read_only=True))
                if isinstance(connector, SignsIn):
                    connector.sign_in()

    def action(self, name: str) -> ActionSpec:
        """The action of a name such as `ldap.disable_account`. Raises `UnknownAction` with what was meant."""
        connector, _, action = name.partition(".")
        manifest = self.manifests.get(connector)
        if manifest is not None and action in manifest.actions:
            return manifest.actions[action]
        known = [f"{each.name}.{action}" for each in self.manifests.values() for action in each.actions]
        raise UnknownAction(f"There is no action {name}.", hint=_did_you_mean(name, known))

    def open(self, connector: str, context: Context) -> Connector:
        """Make a connector from its settings; no call goes out. Raises `ConfigError` when it has none."""
        if connector not in self._settings:
            known = connector in self.manifests
            raise ConfigError(
                f"The connector {connector} is not configured."
                if known
                else f"There is no connector {connector}.",
                hint=f"Add [connectors.{connector}] to the configuration."
                if known
                else _did_you_mean(connector, self.manifests),
            )
        return self._class_of(connector).from_settings(self._settings[connector], context)

    def _class_of(self, connector: str) -> type[Connector]:
        made = self._classes.get(connector)
        if made is None:
            made = self._classes[connector] = connector_class(self.manifests[connector])
        return made


def _manifests_in(home: Path) -> list[Path]:
    if not home.is_dir():
        raise ConfigError(f"The connector folder {home} is not there.", hint="Mount it, or take it away.")
    if (home / MANIFEST).is_file():
        return [home / MANIFEST]
    return sorted(path for path in home.glob(f"*/{MANIFEST}") if path.parent.name != "sdk")


def _read(path: Path) -> Manifest:
    try:
        return read_manifest(path)
    except ValidationError as error:
        slips = "; ".join(f"{'.'.join(map(str, slip['loc']))}: {slip['msg']}" for slip in error.errors())
    except (YAMLError, TypeError, UnicodeDecodeError) as error:
        slips = type(error).__name__
    raise ConfigError(f"{path} is not a manifest ({slips}).", hint="See connectors/sdk/README.md.")


def _code_of(manifest: Manifest) -> Path:
    return manifest.folder / f"{manifest.connector.partition(':')[0]}.py"


def _load(manifest: Manifest, where: str) -> type:
    module_name, _, class_name = where.partition(":")
    try:
        module = importlib.import_module(f"{_package_of(manifest.folder)}.{module_name}")
    except ModuleNotFoundError as error:
        raise ConfigError(
            f"{manifest.name}: there is no module {error.name}.",
            hint="Correct its manifest, or install what it needs.",
        ) from error
    found = getattr(module, class_name, None)
    if not isinstance(found, type):
        raise ConfigError(
            f"{manifest.name}: {module_name}.py has no class {class_name}.", hint="Correct its manifest."
        )
    return found


def _package_of(folder: Path) -> str:
    """The import name of a connector's folder; a mounted one gets a package of its own."""
    if folder.parent == HOME:
        return f"connectors.{folder.name}"
    place = folder.resolve()
    name = f"mounted_{folder.name}_{hashlib.sha256(str(place).encode()).hexdigest()[:8]}"
    if name not in sys.modules:
        spec = ModuleSpec(name, None, is_package=True)
        spec.submodule_search_locations = [str(place)]
        sys.modules[name] = module_from_spec(spec)
    return name


def _complete(manifest: Manifest, given: Mapping[str, str | Secret]) -> dict[str, str | Secret]:
    where = f"connectors.{manifest.name}"
    for key in given:
        if key not in manifest.settings:
            raise ConfigError(f"{where} has no setting {key}.", hint=_did_you_mean(key, manifest.settings))
    filled: dict[str, str | Secret] = {}
    for key, spec in manifest.settings.items():
        value = given.get(key, spec.default)
        if value is None:
            raise ConfigError(f"{where} lacks {key}: {spec.description}.", hint=f"Set {where}.{key}.")
        filled[key] = _as_said(spec, value)
    return filled


def _as_said(spec: SettingSpec, value: str | Secret) -> str | Secret:
    if spec.secret:
        return value if isinstance(value, Secret) else Secret(value)
    return value.reveal() if isinstance(value, Secret) else value


def _did_you_mean(word: str, known: Mapping[str, object] | list[str]) -> str:
    close = get_close_matches(word, list(known), n=1, cutoff=0.5)
    return f"Did you mean {close[0]}?" if close else f"Known are: {', '.join(sorted(known)) or 'none'}."
