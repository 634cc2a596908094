"""The configuration. The only module that reads the environment.

Order of precedence: environment (`EXEUNT_SECTION__KEY`), then `exeunt.toml`, then the defaults here.
Secrets are references, `env:NAME` or `file:PATH`; a literal is refused. Unknown keys are an error everywhere.
"""

import os
import stat
import tomllib
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, ValidationError
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)
from pydantic_settings import SettingsError as BadValueError

from connectors.sdk.context import Secret
from connectors.sdk.manifest import Manifest
from service.sections import (
    CliSection,
    DeparturesSection,
    DrillSection,
    EngineSection,
    GuardrailsSection,
    PaceSection,
    PlaybooksSection,
    Section,
    SnapshotSection,
)

CONFIG_FILE = "exeunt.toml"
CA_FILE = "Certificates of a private authority to trust instead of the machine's and the public ones."


class SettingsError(Exception):
    """The configuration cannot be used; the message says where and what to do."""


def _is_reference(text: str) -> str:
    if not text.startswith(("env:", "file:")):
        raise ValueError("a secret is written as env:NAME or file:PATH, never as itself")
    return text


SecretRef = Annotated[str, AfterValidator(_is_reference)]


def reveal(reference: str) -> Secret:
    """Follow `env:NAME` or `file:PATH`. Raises `SettingsError` when it is missing or open to all."""
    scheme, _, name = reference.partition(":")
    if scheme == "env":
        if name not in os.environ:
            raise SettingsError(f"The environment has no {name}. Set it, or point the setting at file:PATH.")
        return _not_empty(os.environ[name], f"The variable {name}")
    path = Path(name)
    try:
        if path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO) & ~stat.S_IRGRP:
            raise SettingsError(f"{path} can be read by others. Run: chmod 600 {path}")
        return _not_empty(path.read_text(encoding="utf-8").strip(), str(path))
    except OSError as error:
        raise SettingsError(f"{path} cannot be read ({error.strerror}). Create it with mode 600.") from error
    except UnicodeDecodeError as error:
        raise SettingsError(f"{path} is no text. Put the secret itself into it, nothing else.") from error


def _not_empty(value: str, place: str) -> Secret:
    """Everybody knows the empty secret."""
    if not value:
        raise SettingsError(f"{place} is empty, and a secret must not be. Put the secret there.")
    return Secret(value)


class ServiceSection(Section):
    """Where the service lives."""

    data_dir: Path = Field(
        default=Path("var"),
        description="The folder for everything the service writes: database, keys, collected logs, checkpoints.",
    )
    base_url: str = Field(
        default="http://127.0.0.1:8000",
        description="Where people reach the pages. It stands in every link; https:// where a proxy ends TLS.",
    )
    host: str = Field(default="127.0.0.1", description="The address to listen on.")
    port: int = Field(default=8000, description="The port to listen on.")
    metrics_token: SecretRef | None = Field(
        default=None,
        description="The bearer token that opens `/metrics` and `/openapi.json` to other machines; "
        "without it only this machine may read them.",
    )


class DatabaseSection(Section):
    """Which database; empty means SQLite beneath `data_dir`."""

    url: str = Field(
        default="",
        description="The database, `postgresql+psycopg://exeunt@db:5432/exeunt`; "
        "empty for SQLite in `service.data_dir`.",
    )


class SlackMode(StrEnum):
    """How Slack reaches us."""

    OFF = "off"
    HTTP = "http"
    SOCKET = "socket"


class SlackSection(Section):
    """One workspace, one channel, both by id."""

    mode: SlackMode = Field(
        default=SlackMode.OFF,
        description="How Slack's clicks arrive: not at all, at `/slack/…`, or through a socket that we open.",
    )
    bot_token: SecretRef | None = Field(default=None, description="The app's bot token.")
    signing_secret: SecretRef | None = Field(
        default=None, description="What Slack signs its requests with; for `http`."
    )
    app_token: SecretRef | None = Field(default=None, description="The app-level token; for `socket`.")
    team_id: str = Field(default="", description="The one workspace that is believed, `T…`.")
    app_id: str = Field(default="", description="The one app that is believed, `A…`.")
    channel: str = Field(default="", description="The channel the checklists are posted to, by its id.")
    fallback_channel: str = Field(
        default="",
        description="The channel of those checklists whose leaver reads `channel`; empty: they are posted nowhere.",
    )
    it_group: str = Field(
        default="",
        pattern=r"^([A-Z0-9]{1,40})?$",
        description="The user group that is called when something needs a person, `S…`.",
    )
    show_findings: bool = Field(
        default=False, description="The members of the channel may read what the snapshot says."
    )
    containers: bool = Field(
        default=True, description="The workspace knows the block that folds the done steps away."
    )
    base_url: str = Field(
        default="https://slack.com/api/", description="Slack's Web API; another only for a simulator."
    )
    ca_file: str = Field(default="", description=CA_FILE)


class SourceSection(Section):
    """One HR source. `format` names a module of `service/intake/sources`.

    The fields after `timezone` describe a generic HMAC recipe: see `docs/reference/sources.md`.
    """

    format: str = Field(default="native", description="`native`, `bamboohr`, `generic_hmac` or `csv_file`.")
    secrets: tuple[SecretRef, ...] = Field(
        default=(), description="The signing secrets; two while one is being rotated."
    )
    timezone: str = Field(
        default="", description="The zone of a leaver when neither the source nor the roster says one."
    )
    algorithm: Literal["sha256", "sha512"] = Field(
        default="sha256", description="Recipe: the HMAC's hash function."
    )
    encoding: Literal["hex", "base64", "base64url"] = Field(
        default="hex", description="Recipe: how the signature is written."
    )
    signed: str = Field(
        default="{body}", description="Recipe: what is signed, made of `{body}`, `{ts}` and `{id}`."
    )
    prefix: str = Field(
        default="", description="Recipe: what stands before the signature, such as `sha256=`."
    )
    signature_header: str = Field(default="", description="Recipe: the header of the signature.")
    timestamp_header: str = Field(
        default="", description="Recipe: the header of the time; needed where `{ts}` is signed."
    )
    id_header: str = Field(
        default="",
        description="Recipe: the header of the message's id; believed only where `{id}` is signed.",
    )
    tolerance_s: int = Field(
        default=300, description="Recipe: how many seconds a webhook may be off; 0 does not check its age."
    )
    fields: dict[str, str] = Field(
        default_factory=dict, description="Recipe: where in the body each of our names stands."
    )
    kinds: dict[str, str] = Field(
        default_factory=dict, description="What the vendor's words mean: our kinds and changes."
    )
    api_url: str = Field(
        default="", description="The HR system's own interface, where its webhooks are only hints."
    )
    api_key: SecretRef | None = Field(default=None, description="The key to ask it with.")
    ca_file: str = Field(default="", description=CA_FILE)


class Settings(BaseSettings):
    """Everything the service is told."""

    model_config = SettingsConfigDict(
        env_prefix="EXEUNT_", env_nested_delimiter="__", extra="forbid", frozen=True, toml_file=CONFIG_FILE
    )

    service: ServiceSection = ServiceSection()
    database: DatabaseSection = DatabaseSection()
    slack: SlackSection = SlackSection()
    departures: DeparturesSection = DeparturesSection()
    playbooks: PlaybooksSection = PlaybooksSection()
    snapshot: SnapshotSection = SnapshotSection()
    engine: EngineSection = EngineSection()
    guardrails: GuardrailsSection = GuardrailsSection()
    drill: DrillSection = DrillSection()
    cli: CliSection = CliSection()
    paces: dict[str, PaceSection] = Field(default_factory=dict)
    sources: dict[str, SourceSection] = Field(default_factory=dict)
    connectors: dict[str, dict[str, str]] = Field(default_factory=dict)

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003  the signature is pydantic's
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Environment over file; nothing else."""
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls)

    @property
    def database_url(self) -> str:
        """The database to open."""
        return self.database.url or f"sqlite:///{self.service.data_dir / 'exeunt.db'}"

    @property
    def keys_dir(self) -> Path:
        """Where the signing key and the key-encryption key lie."""
        return self.service.data_dir / "keys"

    def zone_of_source(self, name: str) -> str:
        """The zone set for an HR source; empty where none is, or there is no such source."""
        return self.sources[name].timezone if name in self.sources else ""


def arm_fail_point() -> None:
    """Take `EXEUNT_KILL_AT` in earnest; it is empty in every ordinary process. No file can say so.

    Raises `SettingsError` for a point there is none of.
    """
    from service.store import failpoints

    try:
        failpoints.arm(os.environ.get("EXEUNT_KILL_AT", ""))
    except failpoints.NoSuchPoint as error:
        raise SettingsError(str(error)) from error


def load(**overrides: Any) -> Settings:
    """Read the configuration. Raises `SettingsError` naming every slip at once."""
    _refuse_strangers()
    if os.path.lexists(CONFIG_FILE) and not Path(CONFIG_FILE).is_file():
        raise SettingsError(
            f"{CONFIG_FILE} is there and is no file, so nothing in it counts. Put the file there: where one that "
            "is to be mounted is missing, a container makes a folder of its name."
        )
    try:
        return Settings(**overrides)
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{CONFIG_FILE} is not TOML: {error}.") from error
    except UnicodeDecodeError as error:
        raise SettingsError(f"{CONFIG_FILE} is not UTF-8. Save it as UTF-8.") from error
    except OSError as error:
        raise SettingsError(f"{CONFIG_FILE} cannot be read ({error.strerror}).") from error
    except BadValueError as error:
        raise SettingsError(f"The environment cannot be used: {error}. Lists and tables are JSON.") from error
    except ValidationError as error:
        slips = "\n".join(f"  {'.'.join(map(str, slip['loc']))}: {slip['msg']}" for slip in error.errors())
        raise SettingsError(
            f"The configuration ({CONFIG_FILE} or EXEUNT_… in the environment) is wrong:\n{slips}"
        ) from error


def _refuse_strangers() -> None:
    """A misspelt section in the environment would be a silence; it is an error as it is in the file."""
    prefix, nested = "EXEUNT_", "__"
    known = set(Settings.model_fields)
    for name in os.environ:
        section, found, _ = name.removeprefix(prefix).partition(nested)
        if name.startswith(prefix) and found and section.lower() not in known:
            listed = ", ".join(sorted(field.upper() for field in known))
            raise SettingsError(f"{name} in the environment names no section. There are: {listed}.")


def connector_settings(
    settings: Settings, manifests: Mapping[str, Manifest]
) -> Mapping[str, Mapping[str, str | Secret]]:
    """Follow each secret's reference; a secret written out is refused."""
    followed: dict[str, dict[str, str | Secret]] = {}
    for name, given in settings.connectors.items():
        specs = manifests[name].settings if name in manifests else {}
        followed[name] = {
            key: _followed(f"connectors.{name}.{key}", value) if key in specs and specs[key].secret else value
            for key, value in given.items()
        }
    return followed


def _followed(place: str, value: str) -> Secret:
    if not value.startswith(("env:", "file:")):
        raise SettingsError(f"{place} is a secret: write env:NAME or file:PATH, never the secret itself.")
    return reveal(value)
