"""The connectors: what each can do, whether it is configured, and whether its door is shut."""

from dataclasses import dataclass

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from service.engine.tables import Gate
from service.web import plain
from service.web.access import EVERYONE, requires
from service.web.rooms import rooms

pages = Blueprint("connectors", __name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectorLine:
    """One connector as the pages show it. `shut_because` says why the engine calls it no more."""

    name: str
    title: str
    configured: bool
    quality: str
    actions: tuple[tuple[str, str], ...]
    residual: str
    shut_because: str


def lines() -> list[ConnectorLine]:
    """Configured ones first."""
    registry, shut = rooms().registry, _shut()
    made = [
        ConnectorLine(
            name=name,
            title=manifest.title,
            configured=name in registry.configured,
            quality=manifest.quality.value,
            actions=tuple((action, spec.title) for action, spec in manifest.actions.items()),
            residual=manifest.residual,
            shut_because=shut.get(name, ""),
        )
        for name, manifest in registry.manifests.items()
    ]
    return sorted(made, key=lambda line: (not line.configured, line.title))


@pages.get("/connectors")
@requires(*EVERYONE)
def connectors() -> ResponseReturnValue:
    """The page."""
    return render_template("connectors.html", lines=lines())


@pages.get("/connectors.json")
@requires(*EVERYONE)
def connectors_json() -> ResponseReturnValue:
    """The same as JSON."""
    return plain.as_json({"connectors": [plain.fields(line) for line in lines()]})


def _shut() -> dict[str, str]:
    with rooms().desk.store.read() as session:
        gates = session.scalars(select(Gate).where(Gate.shut_because != ""))
        return {gate.connector: gate.shut_because for gate in gates}
