"""`exeunt sign-in` lets the first person in."""

import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from connectors.sdk.registry import Registry, discover
from service.cli import exeunt
from service.ledger.bound import bind
from service.people.person import Role, RoleGrant
from service.store import Store, utc_now
from service.web.links import OneTimeLinks
from tests.unit.engine.world import person


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder in which `exeunt init` was run, with one auditor and one person without a role."""
    monkeypatch.chdir(tmp_path)
    run("init")
    run("people", "--help")
    assert run("runs").exit_code == 0  # makes the database
    store = Store(f"sqlite:///{tmp_path / 'var' / 'exeunt.db'}")
    ada, nora = person("Ada Lind", "E-5"), person("Nora None", "E-6")
    with store.write() as session:
        session.add_all([ada, nora])
        session.flush()
        session.add(RoleGrant(id=str(uuid.uuid4()), person_id=ada.id, role=Role.AUDITOR, since=utc_now()))
    store.close()
    yield tmp_path
    bind(None)


def run(*words: str) -> Any:
    return CliRunner().invoke(exeunt, words)


def test_a_link_is_printed_that_opens_one_session(folder: Path) -> None:
    said = run("sign-in", "E-5")

    assert said.exit_code == 0
    link = said.stdout.strip()
    assert link.startswith("http://127.0.0.1:8000/sign-in/")
    store = Store(f"sqlite:///{folder / 'var' / 'exeunt.db'}")
    links = OneTimeLinks(store=store)
    token = link.rpartition("/")[2]
    assert [bool(links.redeem(token)), bool(links.redeem(token))] == [True, False]
    store.close()


def test_whom_the_link_is_for_is_said_beside_it(folder: Path) -> None:
    assert "For Ada Lind (auditor) alone: good once, within 10 minutes." in run("sign-in", "E-5").stderr


def test_a_person_without_a_role_gets_no_link(folder: Path) -> None:
    said = run("sign-in", "E-6")

    assert said.exit_code == 2
    assert said.stdout == ""
    assert "exeunt people grant E-6 auditor" in said.stderr


def test_nobody_gets_no_link(folder: Path) -> None:
    said = run("sign-in", "E-99")

    assert said.exit_code == 2
    assert said.stdout == ""


def test_the_shipped_connectors_are_all_on_their_page(office: Any) -> None:
    office.app = office.made(registry=Registry(discover(), {}), demo=office.app.extensions["exeunt"].demo)

    told = office.browser("it").get("/connectors.json").json["connectors"]

    assert {line["name"] for line in told} >= {"ldap", "salesforce", "microsoft_intune", "manual"}
