"""Makes `docs/reference/connectors.md` from the connectors' manifests."""

from collections.abc import Iterator

from connectors.sdk.capabilities import CAPABILITIES
from connectors.sdk.manifest import ActionSpec, Manifest
from connectors.sdk.registry import discover

INTRO = """\
# Connectors

<!-- Made from the connectors' manifests: python -m tests.unit.docs.write -->

A connector is the folder that lets the service talk to one target system.
What it says about itself stands in its manifest, and a contract test holds manifest and code equal.
A step of a playbook may call the actions that change something or ask a person; all others only read.
`exeunt connectors` lists them on the command line, and `exeunt check` says which right is missing.

What a connector's *quality* says of it:

| quality | what holds |
|---|---|
| `bronze` | manifest and code agree, and the rights it needs are written down |
| `silver` | it also passes the contract suite against a fake that speaks the vendor's protocol over a socket |
| `gold` | it is also in use against the vendor's own system, and somebody is named who looks after it; none is yet |
"""


def page() -> str:
    """The whole page."""
    found = sorted(discover().items())
    return "\n".join([INTRO, _matrix(dict(found)), *(_connector(manifest) for _, manifest in found)])


def _matrix(found: dict[str, Manifest]) -> str:
    names = list(found)
    actions = [name for name in CAPABILITIES if any(name in found[each].actions for each in names)]
    further = sorted({action for each in names for action in found[each].actions} - set(actions))
    head = f"| action | {' | '.join(names)} |\n|---|{'---|' * len(names)}"
    rows = [
        f"| `{action}` | {' | '.join('yes' if action in found[each].actions else '' for each in names)} |"
        for action in (*actions, *further)
    ]
    quality = f"| quality | {' | '.join(found[each].quality.value for each in names)} |"
    return "## What each can do\n\n" + "\n".join([head, *rows, quality]) + "\n"


def _connector(manifest: Manifest) -> str:
    lines = [
        f"## {manifest.name}",
        "",
        f"{manifest.title}; quality `{manifest.quality.value}`.",
        f"{_met(manifest)}",
        f"How to set it up, and what was found out about it: [its page](../../connectors/{manifest.name}/README.md).",
        "",
        "| action | what it does | on | changes | read back as | undone by | rights it needs |",
        "|---|---|---|---|---|---|---|",
        *(_action(manifest.name, name, spec) for name, spec in manifest.actions.items()),
        "",
        f"**What stays open.** {' '.join(manifest.residual.split())}".replace(". ", ".\n").replace(
            ".** ", ".**\n"
        ),
        "",
        *_look_back(manifest),
    ]
    return "\n".join(lines)


def _met(manifest: Manifest) -> str:
    pace = manifest.pace
    first = (
        "\nShutting a login of it goes before everything else, by threads of its own."
        if manifest.directory
        else ""
    )
    return f"At most {pace.at_once} steps are out at it at once, and {pace.steps_per_s:g} a second.{first}"


def _action(connector: str, name: str, spec: ActionSpec) -> str:
    changes = "asks a person" if spec.asks_person else "yes" if spec.changes else "no"
    expects = spec.expects.value if spec.expects else ""
    undo = f"`{spec.undo}`" if spec.undo else ""
    rights = "; ".join(spec.needs)
    return f"| `{connector}.{name}` | {spec.title} | {spec.on.value} | {changes} | {expects} | {undo} | {rights} |"


def _look_back(manifest: Manifest) -> Iterator[str]:
    if not manifest.look_back:
        return
    yield from ("How far back its logs can be read:", "", "| log | days | needs |", "|---|---|---|")
    for log in manifest.look_back:
        yield f"| {log.kind} | {log.days} | {log.gate or 'nothing more'} |"
    yield ""
