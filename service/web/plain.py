"""Facts as JSON, the same from the pages' suffix and from the API."""

import json
from dataclasses import asdict
from datetime import UTC, date, datetime
from typing import Any

from flask import Response

from service.engine.facts import RunFacts, RunLine


def as_json(body: Any) -> Response:
    """An answer of dataclasses turned into JSON."""
    text = json.dumps(body, default=_written, ensure_ascii=True)
    return Response(text + "\n", content_type="application/json; charset=utf-8")


def run(facts: RunFacts) -> dict[str, Any]:
    """One run."""
    return asdict(facts)


def page(lines: list[RunLine], older: int | None) -> dict[str, Any]:
    """A page of the list; `older` is what to ask for next (`before`)."""
    return {"runs": [asdict(line) for line in lines], "older_before": older}


def _written(value: Any) -> str:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} has no JSON.")


def fields(line: Any) -> dict[str, Any]:
    """The fields of a dataclass."""
    return asdict(line)
