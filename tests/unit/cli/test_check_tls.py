"""What `exeunt check` says of a certificate that does not hold, before anybody leaves."""

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from connectors.ldap.certificate import Certificate
from connectors.ldap.fake import FakeLdap
from connectors.microsoft_intune.fake import FakeIntune
from connectors.salesforce.fake import FakeSalesforce
from connectors.sdk.registry import discover
from tests.unit.cli.test_commands import Shell, empty, exeunt  # noqa: F401  the folder, and the people in it
from tests.unit.sdk.private_ca import DAY, PrivateCa, server_side

HOST = "127.0.0.1"
ADA = {
    "employee_no": "E-9",
    "username": "ada",
    "display_name": "Ada Lind",
    "email": "ada@example.com",
    "hired_on": "2024-01-01",
}
Systems = dict[str, Any]


@pytest.fixture
def ca(tmp_path: Path) -> PrivateCa:
    return PrivateCa(tmp_path / "authority")


@pytest.fixture
def systems(tmp_path: Path) -> Iterator[Callable[[Certificate], Systems]]:
    """Start every system with a certificate."""
    with ExitStack() as stack:

        def start(shown: Certificate) -> Systems:
            folder = tmp_path / "state.tls"
            folder.mkdir()
            for file in (shown.ca, shown.certificate, shown.key):
                (folder / file.name).write_bytes(file.read_bytes())
            crm, devices = FakeSalesforce(), FakeIntune()
            crm.tls = devices.tls = server_side(shown)
            opened = {
                "ldap": FakeLdap(tmp_path / "state.json"),
                "salesforce": crm,
                "microsoft_intune": devices,
            }
            for system in opened.values():
                stack.enter_context(system)
                system.seed([ADA])
            return opened

        yield start


def configure(shell: Shell, systems: Systems, ca_file: Path) -> None:
    """Write down what an administrator would."""
    file, manifests = shell.folder / "exeunt.toml", discover()
    lines = [file.read_text()]
    for name, system in systems.items():
        lines.append(f"[connectors.{name}]")
        for key, value in {**system.settings(), "ca_file": str(ca_file)}.items():
            if manifests[name].settings[key].secret:
                secret = shell.folder / f"{name}.{key}"
                secret.write_text(value)
                secret.chmod(0o600)
                value = f"file:{secret}"  # noqa: PLW2901  the reference takes the secret's place
            lines.append(f"{key} = {json.dumps(value)}")
    file.write_text("\n".join(lines))


def test_a_private_authority_that_is_named_is_trusted_by_every_connector(
    exeunt: Shell,  # noqa: F811
    ca: PrivateCa,
    systems: Callable[[Certificate], Systems],
) -> None:
    configure(exeunt, systems(ca.issue(HOST)), ca.ca_file)

    said = exeunt("check")

    assert "TLS" not in said.out
    assert "certificate" not in said.out
    for name in ("ldap", "salesforce", "microsoft_intune"):
        assert f"ok   {name}" in said.out


@pytest.mark.parametrize(
    ("shown", "what"),
    [
        (lambda ca: ca.issue(HOST, since=-9 * DAY, until=-DAY), "has expired"),
        (lambda ca: ca.issue("elsewhere.example.com"), "for another name"),
        (lambda ca: PrivateCa(ca.folder / "x", "Another").issue(HOST), "an authority that is not trusted"),
    ],
)
def test_a_certificate_that_does_not_hold_is_one_line_a_system_and_nobody_hears_a_secret(
    exeunt: Shell,  # noqa: F811
    ca: PrivateCa,
    systems: Callable[[Certificate], Systems],
    shown: Callable[[PrivateCa], Certificate],
    what: str,
) -> None:
    opened = systems(shown(ca))
    configure(exeunt, opened, ca.ca_file)

    said = exeunt("check")

    told = [line for line in said.out.splitlines() if "shows a certificate" in line]
    assert said.code == 4
    assert [line.split()[:2] for line in told] == [["FAIL", name] for name in sorted(opened)]
    assert all(what in line and f"at {HOST}:" in line for line in told)
    assert opened["salesforce"].requests == opened["microsoft_intune"].requests == opened["ldap"].binds == []
