"""Makes `docs/reference/configuration.md` from the models that read the configuration."""

import json
from collections.abc import Iterator
from enum import Enum
from pathlib import Path
from typing import Any, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from connectors.sdk.manifest import Manifest, SettingSpec
from connectors.sdk.registry import discover
from service.sections import PaceSection
from service.settings import CONFIG_FILE, SecretRef, Settings, SourceSection

INTRO = f"""\
# Configuration

<!-- Made from service/settings.py and the connectors' manifests: python -m tests.unit.docs.write -->

The service reads `{CONFIG_FILE}` in the folder it is started in, and the environment; the environment wins.
An unknown key is an error, in nested sections too, and every mistake is told at once.
Only a variable of a section that does not exist, such as `EXEUNT_SERVCE__PORT`, goes unnoticed.

- A key `name` of the section `[section]` is called `EXEUNT_SECTION__NAME` in the environment.
- A list or a table in the environment is written as JSON: `EXEUNT_CLI__USERS='{{"alice": "E-1004"}}'`.
- A secret is written as `env:NAME` or `file:PATH`, never as itself.
  A file that others than its owner and group may read, or its group may write, is refused: `chmod 600` it.
- A relative path begins at the folder the service is started in.

`exeunt init` writes a first `{CONFIG_FILE}`.
"""

#: Sections of which there is one for each thing that has a name.
NAMED = {"sources": SourceSection, "paces": PaceSection}

CONNECTORS = """\
## `[connectors.NAME]`

One section for each connector that is used.
Without a section whoever leaves by a playbook that needs it is held before anything is done:
[what is not set up](../explanation/guardrails.md#what-is-not-set-up).
"""


def page() -> str:
    """The whole page."""
    return "\n".join([INTRO, *_sections(), CONNECTORS, *_connectors()])


def _sections() -> Iterator[str]:
    for name, field in Settings.model_fields.items():
        if name == "connectors":
            continue
        model = NAMED.get(name, field.annotation)
        path = f"{name}.NAME" if name in NAMED else name
        yield _section(path, model)


def _section(path: str, model: Any) -> str:
    rows = [_row(path, key, field) for key, field in model.model_fields.items()]
    head = "| key | type | default | means | environment |\n|---|---|---|---|---|"
    return f"## `[{path}]`\n\n{_said(model)}\n\n{head}\n" + "\n".join(rows) + "\n"


def _said(model: type[BaseModel]) -> str:
    said = " ".join((model.__doc__ or "").split())
    return said.replace(". ", ".\n").replace("`docs/reference/sources.md`", "[sources](sources.md)")


def _row(path: str, key: str, field: FieldInfo) -> str:
    variable = f"EXEUNT_{path}__{key}".upper().replace(".", "__")
    return f"| `{key}` | {_kind(field)} | {_default(field)} | {field.description} | `{variable}` |"


def _kind(field: FieldInfo) -> str:
    limits = {type(limit).__name__: limit for limit in field.metadata}
    if "Ge" in limits:
        whole = "whole number" if int in (field.annotation, *get_args(field.annotation)) else "number"
        return f"{whole}, {limits['Ge'].ge} to {limits['Le'].le}"
    return _named(field.annotation, field)


def _named(kind: Any, field: FieldInfo) -> str:
    if any("is_reference" in repr(note) for note in field.metadata) or SecretRef in (kind, *get_args(kind)):
        return "list of secrets" if get_origin(kind) is tuple else "secret"
    if isinstance(kind, type) and issubclass(kind, Enum):
        return ", ".join(f"`{member.value}`" for member in kind)
    if get_args(kind) and all(isinstance(word, str) for word in get_args(kind)):
        return ", ".join(f"`{word}`" for word in get_args(kind))
    names = {str: "text", int: "whole number", float: "number", bool: "true or false", Path: "path"}
    if kind in names:
        return names[kind]
    return {dict: "table of texts", tuple: "list of texts"}[get_origin(kind)]


def _default(field: FieldInfo) -> str:
    value = field.default_factory() if field.default_factory else field.default  # type: ignore[call-arg] # ours take none
    if value is PydanticUndefined:
        return "needed"
    if value is None:
        return "none"
    if isinstance(value, Enum):
        return f"`{value.value}`"
    if value in ("", (), {}):
        return "empty"
    return f"`{json.dumps(value, default=str)}`"


def _connectors() -> Iterator[str]:
    for name, manifest in sorted(discover().items()):
        if manifest.settings:
            yield _connector(name, manifest)


def _connector(name: str, manifest: Manifest) -> str:
    head = "| key | default | means | environment |\n|---|---|---|---|"
    rows = "\n".join(_setting(name, key, spec) for key, spec in manifest.settings.items())
    about = f"{manifest.title}; see [its page](../../connectors/{name}/README.md)."
    return f"### `[connectors.{name}]`\n\n{about}\n\n{head}\n{rows}\n"


def _setting(name: str, key: str, spec: SettingSpec) -> str:
    means = f"{spec.description}; a secret" if spec.secret else spec.description
    variable = f"EXEUNT_CONNECTORS__{name}__{key}".upper()
    return f"| `{key}` | {_given(spec.default)} | {means} | `{variable}` |"


def _given(default: str | None) -> str:
    if default is None:
        return "needed"
    return f"`{default}`" if default else "empty"
