"""`exeunt playbook`: judge playbooks without running them."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import rich_click as click

from service.cli._open import FAILED, WRONG_USE, stop

if TYPE_CHECKING:
    from service.playbook.catalogue import Actions
    from service.playbook.load import Loaded

PATHS = click.argument("paths", nargs=-1, type=click.Path(path_type=Path))


@click.group()
def command() -> None:
    """Lint playbooks, compare their versions, print their schema, run their examples."""


@command.command()
@PATHS
def lint(paths: tuple[Path, ...]) -> None:
    """Say every slip and unsafe order in playbooks, with its place and the fix."""
    from connectors.sdk.registry import discover
    from service.playbook.catalogue import Manifests
    from service.playbook.report import lint_text

    text, code = lint_text(paths or (Path("playbooks"),), Manifests(discover()))
    click.echo(text)
    raise SystemExit(code)


@command.command()
@PATHS
def test(paths: tuple[Path, ...]) -> None:
    """Run the examples inside playbooks."""
    from connectors.sdk.registry import discover
    from service.playbook.catalogue import Manifests
    from service.playbook.report import test_text

    text, code = test_text(paths or (Path("playbooks"),), Manifests(discover()))
    click.echo(text)
    raise SystemExit(code)


@command.command()
@click.option("-o", "--output", type=click.Path(path_type=Path), help="Write it there instead.")
def schema(output: Path | None) -> None:
    """Print the JSON Schema that editors complete playbooks with."""
    from connectors.sdk.registry import discover
    from service.playbook.catalogue import Manifests
    from service.playbook.schema import schema_text

    text = schema_text(Manifests(discover()))
    if output is None:
        click.echo(text, nl=False)
        return
    try:
        output.write_text(text, encoding="utf-8")
    except OSError as error:
        stop(f"{output} cannot be written ({error.strerror}).")


@command.command()
@click.argument("old", type=click.Path(path_type=Path))
@click.argument("new", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.option(
    "--fail-on-weaker", is_flag=True, help="Leave with 1 where something protects less than before."
)
def diff(*, old: Path, new: Path, as_json: bool, fail_on_weaker: bool) -> None:
    """Say what NEW does differently from OLD, step by step, and what protects less than before."""
    from connectors.sdk.registry import discover
    from service.playbook.catalogue import Manifests
    from service.playbook.compare import compare
    from service.playbook.report import diff_json, diff_text

    actions = Manifests(discover())
    found = compare(_read(old, actions), _read(new, actions), actions)
    click.echo(json.dumps(diff_json(found), ensure_ascii=False) if as_json else diff_text(found))
    if fail_on_weaker and found.weaker:
        raise SystemExit(FAILED)


def _read(path: Path, actions: "Actions") -> "Loaded":
    """A file to compare; unsafe order may be what the comparison is for."""
    from service.playbook.load import read
    from service.playbook.problem import PlaybookError

    try:
        return read(path, actions, lint=False)
    except PlaybookError as error:
        stop(str(error), WRONG_USE)
