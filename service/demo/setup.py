"""Setting the service up in the made-up company: configuration, keys, people. Once; a restart finds it all."""

import json
import secrets
import uuid
from base64 import b64encode
from collections.abc import Mapping
from pathlib import Path

from sqlalchemy import select

from connectors.sdk.registry import discover
from service.demo.world import ZONE, Figure, World
from service.ledger.keys import Keys
from service.people.person import Identity, IdentityKind, Person, Role, RoleGrant
from service.settings import Settings, load
from service.store import Store, utc_now

SOURCE = "hr"
TEAM = "TDEMO"


def kept_secret(file: Path) -> str:
    """A signing secret made once, readable by its owner alone."""
    if not file.exists():
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        file.touch(mode=0o600)
        file.write_text(f"whsec_{b64encode(secrets.token_bytes(32)).decode()}", encoding="utf-8")
    return file.read_text(encoding="utf-8")


def configuration(
    folder: Path,
    systems: Mapping[str, dict[str, str]],
    *,
    slack: Mapping[str, str],
    port: int,
    playbooks: Path,
) -> Settings:
    """The configuration an administrator would write, secrets as files."""
    kept_secret(folder / "secrets" / "hr")
    return load(
        service={"data_dir": folder, "port": port, "base_url": f"http://127.0.0.1:{port}"},
        slack=dict(slack),
        playbooks={"folder": playbooks, "voluntary": "leaver", "contractor_end": "leaver"},
        sources={SOURCE: {"secrets": (f"file:{folder / 'secrets' / 'hr'}",), "timezone": ZONE}},
        connectors={name: _as_files(folder, name, given) for name, given in systems.items()},
        snapshot={"notice_on_file": True, "lookback_days": 35, "baseline_days": 55},
        engine={"read_back_after_s": 60.0},
        drill={"systems": tuple(name for name in ("ldap", "salesforce") if name in systems)},
    )


def make_keys(folder: Path) -> None:
    """The two keys, the first time."""
    if not (folder / "keys").exists():
        Keys.create(folder / "keys", name="demonstration")


def hire(store: Store, world: World) -> None:
    """Put the people in, with their roles and how the demonstration knows them. People already there stay."""
    with store.write() as session:
        if session.scalar(select(Person.id).limit(1)) is not None:
            return
        ids = {figure.number: str(uuid.uuid4()) for figure in world.people}
        session.add_all(_person(figure, ids[figure.number]) for figure in world.people)
        session.flush()
        for figure in world.people:
            if figure.manager:
                session.get_one(Person, ids[figure.number]).manager_id = ids[figure.manager]
            session.add_all(_standing(figure, ids[figure.number]))


def slack_user(figure: Figure) -> str:
    """A person's Slack user id."""
    return f"U{figure.number.removeprefix('E-')}"


def _person(figure: Figure, person_id: str) -> Person:
    return Person(
        id=person_id,
        subject=uuid.uuid4().hex,
        source=SOURCE,
        source_id=figure.number.replace("E-", "hr-"),
        employee_no=figure.number,
        work_email=figure.email,
        username=figure.username,
        display_name=figure.name,
        title=figure.title,
        department=figure.department,
        timezone=ZONE,
        hired_on=figure.hired_on,
    )


def _standing(figure: Figure, person_id: str) -> list[Identity | RoleGrant]:
    standing: list[Identity | RoleGrant] = [
        Identity(
            id=str(uuid.uuid4()),
            person_id=person_id,
            kind=IdentityKind.SLACK,
            value=f"{TEAM}/{slack_user(figure)}",
        )
    ]
    standing.extend(
        RoleGrant(id=str(uuid.uuid4()), person_id=person_id, role=Role(role), since=utc_now())
        for role in figure.roles
    )
    return standing


def _as_files(folder: Path, connector: str, given: Mapping[str, str]) -> dict[str, str]:
    """Secret settings become files of mode 600 and are referred to."""
    specs = discover()[connector].settings
    written = {}
    for key, value in given.items():
        if not specs[key].secret:
            written[key] = value
            continue
        file = folder / "secrets" / f"{connector}.{key}"
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        file.touch(mode=0o600)
        file.write_text(value, encoding="utf-8")
        written[key] = f"file:{file}"
    return written


def remembered(file: Path, **fresh: str | int) -> dict[str, str | int]:
    """What the first start decided; later starts keep to it."""
    if file.exists():
        return dict(json.loads(file.read_text(encoding="utf-8")))
    file.parent.mkdir(parents=True, exist_ok=True)
    part = file.with_suffix(".part")
    part.write_text(json.dumps(fresh), encoding="utf-8")
    part.replace(file)
    return fresh
