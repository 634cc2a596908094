"""`exeunt playbook`: judge playbooks without running them."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import rich_click as click

from service.cli._open import FAILED, OK, WAITS, WRONG_USE, opened, run_number, stop

if TYPE_CHECKING:
    from service.playbook.approval import Change
    from service.playbook.catalogue import Actions
    from service.playbook.compare import Comparison
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
@click.argument("new", type=click.Path(path_type=Path), required=False)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.option(
    "--fail-on-weaker", is_flag=True, help="Leave with 1 where something protects less than before."
)
def diff(*, old: Path, new: Path | None, as_json: bool, fail_on_weaker: bool) -> None:
    """Say what NEW does differently from OLD, step by step, and what protects less than before.

    With a playbook's name alone: what its file does differently from the version that is in use.
    """
    from connectors.sdk.registry import discover
    from service.playbook.catalogue import Manifests
    from service.playbook.compare import compare
    from service.playbook.report import diff_json, diff_text

    if new is None:
        found = _change_of(str(old))
    else:
        actions = Manifests(discover())
        found = compare(_read(old, actions), _read(new, actions), actions)
    click.echo(json.dumps(diff_json(found), ensure_ascii=False) if as_json else diff_text(found))
    if fail_on_weaker and found.weaker:
        raise SystemExit(FAILED)


@command.command()
@click.argument("what")
def show(what: str) -> None:
    """Print the exact text of a version on record: a run's (R-7), or the one a kind of departure begins with."""
    from service.departures.kind import DepartureKind
    from service.playbook.versions import in_use, text_of

    with opened() as service, service.store.read() as session:
        number = run_number(what)
        if number is not None:
            run_id = service.desk.run_of_number(number)
            facts = service.desk.facts(run_id) if run_id else None
            digest = facts.playbook_digest if facts else ""
        else:
            digest = in_use(session).get(DepartureKind(what), "") if what in set(DepartureKind) else ""
        text = text_of(session, digest)
    if text is None:
        stop(f"No playbook version is on record for {what}. Give a run, or a kind of departure.", WRONG_USE)
    click.echo(text.decode("utf-8"), nl=False)


@command.command()
@click.argument("name")
def approve(name: str) -> None:
    """Show what waits to be approved in the playbook NAME, and where two persons do that."""
    from service.playbook.report import diff_text

    change, found, url = _waiting(name)
    click.echo(diff_text(found) if found else f"{name} was not in use before: read the whole file.")
    click.echo(
        f"{len(change.approved_by)} of 2 persons have approved it. A command line is nobody in person: two people "
        f"with the role approver or admin sign in at {url}/playbooks and approve it there."
    )
    raise SystemExit(WAITS)


def _change_of(name: str) -> "Comparison":
    _, found, _ = _waiting(name)
    if found is None:
        stop(
            f"{name} was not in use before, so there is nothing to compare it with. Give two files.",
            WRONG_USE,
        )
    return found


def _waiting(name: str) -> "tuple[Change, Comparison | None, str]":
    """The change of a playbook that waits, compared with what is in use. No change stops the command."""
    with opened() as service, service.store.read() as session:
        changes = [change for change in service.approvals.waiting(session) if change.name == name]
        names = sorted({one.playbook.playbook for one in service.approvals.offered.values()})
        if name not in names:
            stop(f"No playbook in use is called {name}. There are {', '.join(names)}.", WRONG_USE)
        if not changes:
            stop(f"No change of {name} waits: what lies in the folder is what new runs begin with.", OK)
        compared = service.approvals.comparison(session, changes[0], service.registry)
        return changes[0], compared, service.settings.service.base_url


def _read(path: Path, actions: "Actions") -> "Loaded":
    """A file to compare; unsafe order may be what the comparison is for."""
    from service.playbook.load import read
    from service.playbook.problem import PlaybookError

    try:
        return read(path, actions, lint=False)
    except PlaybookError as error:
        stop(str(error), WRONG_USE)
