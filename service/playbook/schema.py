"""The JSON Schema of playbooks, for editors: action names complete, and under `with:` that action's arguments."""

import json
from typing import Any

from connectors.sdk.manifest import ActionSpec
from service.playbook.catalogue import SEAL, Actions, Catalogue
from service.playbook.model import Playbook

DIALECT = "https://json-schema.org/draft/2020-12/schema"

_TEXT = {"type": "string"}
_ARGUMENT: dict[str, Any] = {"type": ["string", "integer", "boolean", "array"], "items": _TEXT}


def schema(actions: Actions) -> dict[str, Any]:
    """The schema for exactly these connectors."""
    catalogue = Catalogue(actions)
    said: dict[str, Any] = Playbook.model_json_schema(by_alias=True)
    step = said["$defs"]["Step"]
    step["properties"]["action"] |= {"enum": sorted(catalogue.specs)}
    step["properties"]["action"].pop("pattern")
    step["properties"]["with"] = {"type": "object", "description": "The action's arguments."}
    step["allOf"] = [_arguments_of(name, spec, catalogue) for name, spec in sorted(catalogue.specs.items())]
    return {"$schema": DIALECT, **said, "title": "A playbook of Exeunt"}


def schema_text(actions: Actions) -> str:
    """The schema as it is kept in `playbooks/schema/playbook.schema.json`."""
    return json.dumps(schema(actions), indent=2, ensure_ascii=False) + "\n"


def _arguments_of(name: str, spec: ActionSpec, catalogue: Catalogue) -> dict[str, Any]:
    properties = {
        argument: _argument(name, argument, catalogue) | {"description": meaning}
        for argument, meaning in spec.arguments.items()
    }
    return {
        "if": {"properties": {"action": {"const": name}}, "required": ["action"]},
        "then": {
            "properties": {
                "with": {
                    "type": "object",
                    "description": catalogue.title(name),
                    "properties": properties,
                    "additionalProperties": False,
                }
            }
        },
    }


def _argument(action: str, argument: str, catalogue: Catalogue) -> dict[str, Any]:
    if (action, argument) == (SEAL, "connectors"):
        return {"type": "array", "items": {"enum": catalogue.readable}}
    return dict(_ARGUMENT)
