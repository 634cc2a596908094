"""What the commands say of a directory: which protected name fits nobody, and whose account is unclear."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from connectors.ldap.fake import FakeLdap
from connectors.sdk.types import Account, AccountStatus
from service.app import create_service
from service.departures.questions import find
from service.engine.last_times import note
from service.people.person import Person
from service.settings import load
from service.watching import alarms_of
from tests.unit.cli.test_commands import Shell, empty, exeunt  # noqa: F401  the folder, and the people in it

SECRET = "bind_password"


@pytest.fixture
def checked(exeunt: Shell) -> Iterator[Shell]:  # noqa: F811
    """A directory with a break-glass account is set up."""
    with FakeLdap() as directory:
        directory.seed(
            [
                {
                    "employee_no": "E-90",
                    "username": "breakglass",
                    "display_name": "Glass",
                    "email": "b@example.com",
                }
            ]
        )
        settings = directory.settings()
        secret = exeunt.folder / "password"
        secret.write_text(settings.pop(SECRET))
        secret.chmod(0o600)
        file = exeunt.folder / "exeunt.toml"
        lines = "\n".join(f"{key} = {json.dumps(value)}" for key, value in settings.items())
        file.write_text(f'{file.read_text()}\n[connectors.ldap]\n{lines}\n{SECRET} = "file:password"\n')
        yield exeunt


def protect(shell: Shell, **lists: list[str]) -> None:
    file = shell.folder / "exeunt.toml"
    lines = "\n".join(f"{name} = {json.dumps(listed)}" for name, listed in lists.items())
    file.write_text(f"{file.read_text()}\n[guardrails]\n{lines}\n")


def test_names_that_fit_are_fine(checked: Shell) -> None:
    dn = "uid=breakglass,ou=people,dc=example,dc=com"
    protect(
        checked,
        protected_accounts=["ldap:breakglass", f"ldap:{dn}"],
        protected_people=["e-1"],
        executives=["E-2"],
    )

    said = checked("check")

    assert said.code == 0, said.out
    assert "protected" not in said.out


@pytest.mark.parametrize(
    ("listed", "fix"),
    [
        ({"protected_accounts": ["ldap:break"]}, "perhaps ldap:uid=breakglass,ou=people,dc=example,dc=com"),
        ({"protected_accounts": ["ldap:fireaxe"]}, "write its id, its label or its user name"),
        ({"protected_accounts": ["ladp:breakglass"]}, "write its id, its label or its user name"),
        ({"protected_people": ["E-1", "E-77"]}, "write the number as HR does"),
        ({"executives": ["E-77"]}, "write the number as HR does"),
    ],
)
def test_a_name_that_fits_nobody_is_said_with_what_to_write(
    checked: Shell, listed: dict[str, list[str]], fix: str
) -> None:
    protect(checked, **listed)

    said = checked("check")

    (setting, names), *_ = listed.items()
    assert said.code == 4
    assert f"FAIL {setting:<18} {names[-1]}: " in said.out
    assert fix in said.out


def test_what_is_unclear_is_listed_with_what_tells_the_candidates_apart(checked: Shell) -> None:
    assert checked("people", "questions").out == "Nothing is unclear.\n"
    service = create_service(load())
    glass = Account(
        connector="ldap",
        id="5f1d",
        label="uid=breakglass",
        status=AccountStatus.ACTIVE,
        identifiers={"username": "breakglass", "email": ""},
        created_at=datetime(2024, 5, 1, tzinfo=UTC),
    )
    with service.store.write() as session:
        hanna = session.scalars(select(Person.id).where(Person.employee_no == "E-1")).one()
        find(session, hanna, "ldap", "Perhaps.", (glass,), at=service.now())
    service.close()

    said = checked("people", "questions").out

    assert "5f1d  uid=breakglass\n        username breakglass, active, made 2024-05-01\n" in said
    assert "exeunt people link PERSON SYSTEM ACCOUNT" in said


def test_an_alarm_that_is_open_is_said_with_what_to_do(checked: Shell) -> None:
    protect(checked, protected_accounts=["ldap:breakglass"])
    fine = checked("check")
    service = create_service(load())
    with service.store.write("test") as session:
        note(session, "roster:ldap", well=False, at=service.now() - timedelta(hours=51))
    alarms = alarms_of(service.store, service.engine, service.settings, service.nights, now=service.now)
    alarms.look()
    alarms.look()
    service.close()

    said = checked("check")

    assert (fine.code, said.code) == (0, 4)
    assert "FAIL alarm              The roster of ldap has not been read since the first try at" in said.out
    assert "fix: It is tried again by itself; exeunt check says what is wrong" in said.out
