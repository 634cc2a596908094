"""`exeunt playbook`: judge playbooks without running them."""

from pathlib import Path

import rich_click as click

from service.cli._open import stop

PATHS = click.argument("paths", nargs=-1, type=click.Path(path_type=Path))


@click.group()
def command() -> None:
    """Lint playbooks, print their schema, run their examples."""


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
