"""What a connector says about itself without being run."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field
from ruamel.yaml import YAML

from connectors.sdk.types import Expectation

Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,40}$")]


class Quality(StrEnum):
    """How much is known to hold of a connector; see `docs/reference/connectors.md`."""

    BRONZE = "bronze"
    SILVER = "silver"
    GOLD = "gold"


class On(StrEnum):
    """What an action is carried out on."""

    ACCOUNT = "account"
    DEVICE = "device"
    PERSON = "person"
    TENANT = "tenant"


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class SettingSpec(_Strict):
    """One setting of a connector."""

    description: str
    secret: bool = False
    default: str | None = None


class ActionSpec(_Strict):
    """One action, as a playbook may call it (`ldap.disable_account`).

    `expects` is what is read back afterwards; an action that changes something and expects nothing can at
    best be acknowledged. `destructive` cannot be undone. `lost` says what taking the action back never brings
    back, and what to do about it; what it brings back only sometimes, an outcome says (`Residual.lost`).
    `arguments` maps names to what they mean.
    `asks_person`: nothing is called; the step waits until a person says it is done.
    `while_open`: the target system takes it only while the account can still be signed in to.
    """

    title: str
    on: On = On.ACCOUNT
    needs: tuple[str, ...]
    changes: bool = False
    destructive: bool = False
    expects: Expectation | None = None
    undo: str | None = None
    lost: str = ""
    arguments: dict[str, str] = Field(default_factory=dict)
    asks_person: bool = False
    while_open: bool = False


class LookBack(_Strict):
    """How far back a log can be read, in days, and what it costs."""

    kind: str
    days: int
    gate: str = ""


class Pace(_Strict):
    """How a target system wants to be met: steps out at once, steps a second, and how many at once after a rest.

    `steps_per_s` of 0 is no limit. A step makes a few calls; a system that asks for patience gets it anyway.
    """

    at_once: int = Field(default=16, ge=1)
    steps_per_s: float = Field(default=250.0, ge=0)
    burst: int = Field(default=500, ge=1)


class Manifest(_Strict):
    """A connector's `manifest.yaml`.

    `directory`: people sign in elsewhere with its accounts, so shutting one goes before everything else.
    """

    name: Name
    title: str
    vendor_docs: str
    quality: Quality
    owners: tuple[str, ...]
    settings: dict[str, SettingSpec] = Field(default_factory=dict)
    actions: dict[str, ActionSpec]
    residual: str = ""
    look_back: tuple[LookBack, ...] = ()
    directory: bool = False
    pace: Pace = Pace()
    connector: str = "connector:Connector"
    fake: str | None = None
    folder: Path = Field(default=Path(), exclude=True)


def read_manifest(path: Path) -> Manifest:
    """Read one manifest. Raises `pydantic.ValidationError` when it says something no manifest can say."""
    data = YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8"))
    return Manifest.model_validate({**data, "folder": path.parent})
