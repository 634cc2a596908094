"""The configuration. The only module that reads the environment.

Order of precedence: environment (`EXEUNT_SECTION__KEY`), then `exeunt.toml`, then the defaults here.
Secrets are references, `env:NAME` or `file:PATH`; a literal is refused. Unknown keys are an error everywhere.
"""

import os
import stat
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from connectors.sdk.context import Secret

CONFIG_FILE = "exeunt.toml"


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
        return Secret(os.environ[name])
    path = Path(name)
    try:
        if path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO) & ~stat.S_IRGRP:
            raise SettingsError(f"{path} can be read by others. Run: chmod 600 {path}")
        return Secret(path.read_text(encoding="utf-8").strip())
    except OSError as error:
        raise SettingsError(f"{path} cannot be read ({error.strerror}). Create it with mode 600.") from error


class Section(BaseModel):
    """Base of every part of the configuration: a misspelt key is an error, not a silence."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class ServiceSection(Section):
    """Where the service lives."""

    data_dir: Path = Path("var")
    base_url: str = "http://127.0.0.1:8000"
    host: str = "127.0.0.1"
    port: int = 8000
    metrics_token: SecretRef | None = None


class DatabaseSection(Section):
    """Which database; empty means SQLite beneath `data_dir`."""

    url: str = ""


class SlackMode(StrEnum):
    """How Slack reaches us."""

    OFF = "off"
    HTTP = "http"
    SOCKET = "socket"


class SlackSection(Section):
    """One workspace, one channel."""

    mode: SlackMode = SlackMode.OFF
    bot_token: SecretRef | None = None
    signing_secret: SecretRef | None = None
    app_token: SecretRef | None = None
    team_id: str = ""
    app_id: str = ""
    channel: str = ""
    base_url: str = "https://slack.com/api/"


class SourceSection(Section):
    """One HR source. `format` names a module of `service/intake/sources`.

    The fields after `timezone` describe a generic HMAC recipe: see `docs/reference/sources.md`.
    """

    format: str = "native"
    secrets: tuple[SecretRef, ...] = ()
    timezone: str = "UTC"
    algorithm: Literal["sha256", "sha512"] = "sha256"
    encoding: Literal["hex", "base64", "base64url"] = "hex"
    signed: str = "{body}"
    prefix: str = ""
    signature_header: str = ""
    timestamp_header: str = ""
    id_header: str = ""
    tolerance_s: int = 300
    fields: dict[str, str] = Field(default_factory=dict)
    kinds: dict[str, str] = Field(default_factory=dict)
    api_url: str = ""
    api_key: SecretRef | None = None


class PlaybooksSection(Section):
    """Where playbooks are read from, and which is used for which kind of departure."""

    folder: Path = Path("playbooks")
    voluntary: str = "leaver"
    involuntary: str = "involuntary"
    contractor_end: str = "leaver"


class SnapshotSection(Section):
    """How far we look back, and whether we may."""

    lookback_days: int = Field(default=60, ge=1, le=90)
    baseline_days: int = Field(default=90, ge=1, le=365)
    notice_on_file: bool = False
    retention_days: int = Field(default=90, ge=1, le=3650)
    protected_objects: tuple[str, ...] = ("Account", "Contact", "Lead")


class EngineSection(Section):
    """Limits of one process."""

    threads: int = Field(default=8, ge=1, le=64)
    read_back_after_s: float = 60.0


class CliSection(Section):
    """Which operating-system user is which person (`{"alice": "E-1004"}`, by employee number)."""

    users: dict[str, str] = Field(default_factory=dict)


class Settings(BaseSettings):
    """Everything the service is told."""

    model_config = SettingsConfigDict(
        env_prefix="EXEUNT_", env_nested_delimiter="__", extra="forbid", frozen=True, toml_file=CONFIG_FILE
    )

    service: ServiceSection = ServiceSection()
    database: DatabaseSection = DatabaseSection()
    slack: SlackSection = SlackSection()
    playbooks: PlaybooksSection = PlaybooksSection()
    snapshot: SnapshotSection = SnapshotSection()
    engine: EngineSection = EngineSection()
    cli: CliSection = CliSection()
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


def load(**overrides: Any) -> Settings:
    """Read the configuration. Raises `SettingsError` naming every slip at once."""
    try:
        return Settings(**overrides)
    except ValidationError as error:
        slips = "\n".join(f"  {'.'.join(map(str, slip['loc']))}: {slip['msg']}" for slip in error.errors())
        raise SettingsError(
            f"The configuration ({CONFIG_FILE} or EXEUNT_… in the environment) is wrong:\n{slips}"
        ) from error
