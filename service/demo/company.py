"""The made-up company's systems on loopback: directory, CRM, devices. Their state lies on disk."""

import importlib
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from connectors.sdk.registry import discover, fake_class
from service.demo.world import Leaning, World
from service.sections import DrillSection

#: How long the CRM of the story keeps its logs: the collector came late, the story is ninety days long.
CRM_KEEPS_DAYS = 130


@dataclass(frozen=True, slots=True, kw_only=True)
class Company:
    """The systems, started. `directory_is` says in words which directory answers."""

    directory: Any
    crm: Any
    devices: Any
    directory_is: str

    def settings(self) -> Mapping[str, dict[str, str]]:
        """What each connector must be told, secrets included."""
        return {
            "ldap": dict(self.directory.settings()),
            "salesforce": {**self.crm.settings(), "event_log_days": str(CRM_KEEPS_DAYS)},
            "microsoft_intune": dict(self.devices.settings()),
        }

    def stop(self) -> None:
        """Shut everything down in good order."""
        for system in (self.directory, self.crm, self.devices):
            system.stop()


def drill_account() -> dict[str, Any]:
    """The made-up leaver of the drill: an account in directory and CRM that is nobody's."""
    section = DrillSection()
    return {
        "employee_no": section.employee_no,
        "email": section.email,
        "username": section.username,
        "password": secrets.token_urlsafe(),
        "display_name": "Drill Account",
        "title": "Test account",
        "department": "None",
        "manager_employee_no": None,
        "hired_on": "2020-01-01",
        "groups": [],
    }


def open_company(folder: Path, world: World, *, now: Callable[[], datetime], real_directory: bool) -> Company:
    """Start the systems; the first time, fill them from the world."""
    folder.mkdir(parents=True, exist_ok=True)
    manifests = discover()
    crm_file, devices_file = folder / "crm.json", folder / "devices.json"
    crm_is_new, devices_are_new = not crm_file.exists(), not devices_file.exists()
    crm = fake_class(manifests["salesforce"])(crm_file, now=now).start()
    devices = fake_class(manifests["microsoft_intune"])(devices_file, now=now).start()
    seeds = [person.seed() for person in world.people] + [drill_account()]
    if crm_is_new:
        crm.seed(
            [seed for seed, person in zip(seeds, world.people, strict=False) if person.books] + seeds[-1:],
            activity=world.activity(),
            event_monitoring=world.leaning is not Leaning.BLIND,
            records=dict(world.records),
            retention_days=CRM_KEEPS_DAYS,
        )
    if devices_are_new:
        devices.seed(seeds)
    directory, said = _directory(folder, seeds, real=real_directory)
    return Company(directory=directory, crm=crm, devices=devices, directory_is=said)


def _directory(folder: Path, seeds: list[dict[str, Any]], *, real: bool) -> tuple[Any, str]:
    """A real OpenLDAP where one is installed, else the connector's own fake server."""
    server = importlib.import_module("connectors.ldap.slapd").RealSlapd
    if real and server.available():
        slapd = server(folder / "slapd")
        if not slapd.seeded:
            slapd.seed(seeds)
        return slapd.start(), "a real OpenLDAP (slapd)"
    file = folder / "directory.json"
    is_new = not file.exists()
    fake = fake_class(discover()["ldap"])(file).start()
    if is_new:
        fake.seed(seeds)
    return fake, "the connector's own fake directory, because slapd is not installed here"
