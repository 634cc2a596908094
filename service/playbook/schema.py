"""The JSON Schema of playbooks, for editors: action names complete, and under `with:` that action's arguments."""

import json
from datetime import timedelta
from typing import Any

from pydantic import BaseModel

from connectors.sdk.manifest import ActionSpec
from service.playbook.catalogue import NEEDED, SEAL, Actions, Catalogue
from service.playbook.model import Playbook, Retry, Step, spelt

DIALECT = "https://json-schema.org/draft/2020-12/schema"

_TEXT = {"type": "string"}
_ARGUMENT: dict[str, Any] = {"type": ["string", "integer", "boolean", "array"], "items": _TEXT}


def schema(actions: Actions) -> dict[str, Any]:
    """The schema for exactly these connectors."""
    catalogue = Catalogue(actions)
    said: dict[str, Any] = Playbook.model_json_schema(by_alias=True)
    for model in (Step, Retry):
        _spell_defaults(model, said["$defs"][model.__name__]["properties"])
    step = said["$defs"]["Step"]
    step["properties"]["action"] |= {"enum": sorted(catalogue.specs)}
    step["properties"]["action"].pop("pattern")
    step["properties"]["with"] = {"type": "object", "description": "The action's arguments."}
    step["allOf"] = [_arguments_of(name, spec, catalogue) for name, spec in sorted(catalogue.specs.items())]
    return {"$schema": DIALECT, **said, "title": "A playbook of Exeunt"}


def schema_text(actions: Actions) -> str:
    """The schema as it is kept in `playbooks/schema/playbook.schema.json`."""
    return json.dumps(schema(actions), indent=2, ensure_ascii=False) + "\n"


def _spell_defaults(model: type[BaseModel], properties: dict[str, Any]) -> None:
    """Write durations as a playbook does; Pydantic would write `PT4H`, which no playbook may hold."""
    for name, field in model.model_fields.items():
        if isinstance(field.default, timedelta):
            properties[name].pop("default")
            if field.default:
                properties[name]["default"] = spelt(field.default)


def _arguments_of(name: str, spec: ActionSpec, catalogue: Catalogue) -> dict[str, Any]:
    properties = {
        argument: _argument(name, argument, catalogue) | {"description": meaning}
        for argument, meaning in spec.arguments.items()
    }
    arguments = {
        "type": "object",
        "description": catalogue.title(name),
        "properties": properties,
        "additionalProperties": False,
    }
    then: dict[str, Any] = {"properties": {"with": arguments}}
    if name in NEEDED:
        arguments["required"] = list(NEEDED[name])
        then["required"] = ["with"]
    return {"if": {"properties": {"action": {"const": name}}, "required": ["action"]}, "then": then}


def _argument(action: str, argument: str, catalogue: Catalogue) -> dict[str, Any]:
    if (action, argument) == (SEAL, "connectors"):
        return {"type": "array", "items": {"enum": catalogue.readable}}
    return dict(_ARGUMENT)
