"""A small company for tests of crashes: target systems, an HR system and Slack that remember on disk, and people.

It can be opened in any process, again and again, on the same ports: what was changed and posted is still known.
"""

import getpass
import json
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import select

from connectors.sdk.fakes.ports import spare_port
from connectors.sdk.fakes.server import HttpFake
from connectors.sdk.registry import discover, fake_class
from service.demo.fake_slack import TOKEN, FakeSlack
from service.ledger.keys import Keys
from service.people.person import Identity, IdentityKind, Person, Role, RoleGrant
from service.people.signature import STANDARD_WEBHOOKS, sign, text_key, webhook_key
from service.settings import Settings, SourceSection, load
from service.store import Store, utc_now
from tests.unit.intake.bamboo import API_KEY, FakeBamboo

CHAOS = Path(__file__).parents[2] / "chaos"

BASE = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
NATIVE, BAMBOO = "whsec_cm90YXRlZC1zZWNyZXQtb2YtMjQtYnl0ZXM=", "bhr-secret"
TEAM, IVAN, HANNA, ANN = "TDEMO", "E-2", "E-3", "E-77"
#: Another HR system's record of Ivan: the same human, by the address.
IVAN_TOO = "E-2B"
SLACK_SECRET = "a signing secret of nobody"
DAYS = 3
#: Hired when the others leave; devices are given to them, and to nobody of the roster.
NEWCOMER = "E-9000"
CHECK_IN_S = 0.0
#: Of the directory, besides the one of everybody; each has some of them.
GROUPS = ("sales", "vpn", "reports")

PLAYBOOK = """\
playbook: leaver
version: 1
summary: A company in trouble.
steps:
  - {id: seal, title: Seal, action: snapshot.seal, with: {connectors: [salesforce], lookback: 3d}, deadline: 1h}
  - {id: shut, action: chaos.disable_account, needs: [seal], minimum: observed, deadline: 1h, critical: true}
  - {id: sessions, action: chaos.revoke_sessions, needs: [shut], minimum: observed, deadline: 1h}
  - {id: crm, action: salesforce.disable_account, needs: [seal], minimum: observed, deadline: 1h, critical: true}
  - {id: crm-sessions, action: salesforce.revoke_sessions, needs: [crm], deadline: 1h}
  - {id: crm-tokens, action: salesforce.revoke_tokens, needs: [crm], deadline: 1h}
  - id: mailbox
    title: Shared mailbox
    action: manual.confirm
    minimum: attested
    deadline: 1h
    owner: it
    instructions: Change the password.
examples:
  - name: everything
    kind: voluntary
    plan: [seal, shut, sessions, crm, crm-sessions, crm-tokens, mailbox]
"""
MORE = """\
  - {id: laptop, action: microsoft_intune.lock_device, needs: [shut], minimum: observed, deadline: 1h}
  - {id: login, action: ldap.disable_account, needs: [seal], minimum: observed, deadline: 1h, critical: true}
  - {id: groups, action: ldap.remove_entitlements, needs: [login], minimum: observed, deadline: 1h}
examples:"""


@dataclass(slots=True)
class TestClock:
    """The company's time: it runs as real time does, from a day in 2026, and can be moved on for good."""

    __test__ = False
    file: Path
    began: float
    skipped: float = 0.0

    @classmethod
    def open(cls, folder: Path) -> "TestClock":
        file = folder / "clock.json"
        if not file.exists():
            file.write_text(json.dumps([utc_now().timestamp(), 0.0]), encoding="utf-8")
        return cls(file, *json.loads(file.read_text(encoding="utf-8")))

    def __call__(self) -> datetime:
        return BASE + timedelta(seconds=utc_now().timestamp() - self.began + self.skipped)

    def skip(self, **by: float) -> None:
        self.skipped += timedelta(**by).total_seconds()
        draft = self.file.with_suffix(".new")
        draft.write_text(json.dumps([self.began, self.skipped]), encoding="utf-8")
        draft.replace(self.file)


@dataclass
class Company:
    """The systems, running."""

    folder: Path
    chaos: Any
    crm: Any
    hr: FakeBamboo
    slack: FakeSlack
    intune: Any = None
    directory: Any = None
    numbers: tuple[str, ...] = field(default_factory=tuple)

    @property
    def fakes(self) -> Mapping[str, HttpFake]:
        devices = {"intune": self.intune} if self.intune is not None else {}
        return {"chaos": self.chaos, "crm": self.crm, "slack": self.slack, **devices}


def found(folder: Path, *, leavers: int, database: str = "", manned: bool = False) -> Path:
    """Write down everything a company is before anybody opens it: ports, keys, secrets, configuration.

    Args:
        manned: People decide at its doors: some are protected, and of some an account was shut before us.
    """
    folder.mkdir(parents=True, exist_ok=True)
    Keys.create(folder / "keys", name="faults")
    (folder / "playbooks").mkdir()
    text = (
        PLAYBOOK.replace("examples:", MORE).replace("mailbox]", "mailbox, laptop, login, groups]")
        if manned
        else PLAYBOOK
    )
    (folder / "playbooks" / "leaver.yaml").write_text(text, encoding="utf-8")
    for name, secret in (("hr", NATIVE), ("bamboo", BAMBOO), ("bamboo.key", API_KEY), ("slack.token", TOKEN)):
        _secret(folder, name, secret)
    _secret(folder, "slack.signing", SLACK_SECRET)
    ports = {name: spare_port() for name in ("chaos", "crm", "hr", "slack", "intune", "ldap", "service")}
    told = {"ports": ports, "leavers": leavers, "database": database, "manned": manned}
    (folder / "company.json").write_text(json.dumps(told), encoding="utf-8")
    return folder


def numbers(count: int) -> tuple[str, ...]:
    return tuple(f"E-{1000 + n}" for n in range(count))


def is_protected(number: str) -> bool:
    """Whom nobody lets go without two persons, in a company that is manned."""
    return int(number[2:]) % 5 == 1


def shut_before(number: str, step: str) -> bool:
    """Whether what a step shuts was shut before us, in a company that is manned."""
    return int(number[2:]) % 5 == {"shut": 2, "crm": 3}.get(step)


def serial_of(number: str) -> str:
    """The device somebody was given first."""
    return f"C{number}"


def told_of(folder: Path) -> dict[str, Any]:
    told: dict[str, Any] = json.loads((folder / "company.json").read_text(encoding="utf-8"))
    return told


@contextmanager
def opened(folder: Path, now: Callable[[], datetime] | None = None) -> Iterator[Company]:
    """Start every system as it was left; the first time with people in it."""
    told = told_of(folder)
    ports, now = told["ports"], now or TestClock.open(folder)
    staff = [seed(number, manned=told["manned"]) for number in (*numbers(told["leavers"]), ANN)]
    chaos_class = fake_class(discover(CHAOS)["chaos"])
    crm_class = fake_class(discover()["salesforce"])
    with ExitStack() as stack:
        files = {name: folder / f"{name}.json" for name in ports}
        fresh = {name for name, file in files.items() if not file.exists()}
        enter = stack.enter_context
        company = Company(
            folder,
            enter(chaos_class(files["chaos"], ports["chaos"], now)),
            enter(crm_class(files["crm"], ports["crm"], now)),
            enter(FakeBamboo(files["hr"], ports["hr"], now)),
            enter(FakeSlack(files["slack"], ports["slack"])),
            numbers=numbers(told["leavers"]),
        )
        if told["manned"]:
            intune_class = fake_class(discover()["microsoft_intune"])
            company.intune = enter(intune_class(files["intune"], ports["intune"], now))
            company.intune.seed([*staff, seed(NEWCOMER)])
            ldap_class = fake_class(discover()["ldap"])
            company.directory = enter(ldap_class(files["ldap"], ports["ldap"], now))
            if "ldap" in fresh:
                company.directory.seed(staff)
        if "chaos" in fresh:
            company.chaos.seed([{**each, "active": not each["shut"]} for each in staff])
            company.chaos.save()
        if "crm" in fresh:
            company.crm.seed(staff, activity=_activity(), records={"Account": 300}, retention_days=DAYS + 2)
        if "hr" in fresh:
            company.hr.hire("77", workEmail=email_of(ANN), employeeNumber=ANN)
            company.hr.save()
        if "slack" in fresh:
            company.slack.seed([{"id": "U2", "name": "ivan"}], members=["U2"])
        if not (folder / "connectors.json").exists():
            crm = {**company.crm.settings(), "event_log_days": str(DAYS)}
            more = {"microsoft_intune": company.intune, "ldap": company.directory} if told["manned"] else {}
            told_more = {name: fake.settings() for name, fake in more.items()}
            connect(folder, chaos=company.chaos.settings(), salesforce=crm, **told_more)
        yield company


def configured(folder: Path, **more: Any) -> Settings:
    """The configuration of the company's service."""
    told = told_of(folder)
    ports, secrets = told["ports"], folder / "secrets"
    given: dict[str, Any] = {
        "service": {"data_dir": folder, "port": ports["service"]},
        "database": {"url": told["database"]},
        "playbooks": {
            "folder": folder / "playbooks",
            **dict.fromkeys(("voluntary", "involuntary", "contractor_end", "layoff"), "leaver"),
        },
        "snapshot": {"notice_on_file": True, "lookback_days": 1, "baseline_days": 1},
        # a storm is a mass: what the guardrails hold is tested where they are
        "guardrails": {
            **dict.fromkeys(("hour_people", "day_people"), 10_000),
            "team_reports": 1000,
            **dict.fromkeys(("whole_teams", "first_time"), False),
            "protected_people": tuple(filter(is_protected, numbers(told["leavers"])))
            if told["manned"]
            else (),
        },
        "cli": {"users": {getpass.getuser(): IVAN} if told["manned"] else {}},
        "engine": {"read_back_after_s": 0.2, "threads": 4},
        "sources": {
            "hr": {"secrets": (f"file:{secrets / 'hr'}",), "timezone": "UTC"},
            "bamboo": {
                "format": "bamboohr",
                "secrets": (f"file:{secrets / 'bamboo'}",),
                "timezone": "UTC",
                "api_url": f"http://127.0.0.1:{ports['hr']}",
                "api_key": f"file:{secrets / 'bamboo.key'}",
            },
        },
        "connectors": json.loads((folder / "connectors.json").read_text(encoding="utf-8")),
        "slack": {
            "mode": "http",
            "base_url": f"http://127.0.0.1:{ports['slack']}/api/",
            "team_id": TEAM,
            "app_id": "ADEMO",
            "channel": "COFFBOARD",
            "it_group": "SIT",
            "bot_token": f"file:{secrets / 'slack.token'}",
            "signing_secret": f"file:{secrets / 'slack.signing'}",
        },
    }
    return load(**{**given, **more})


def connect(folder: Path, **systems: Mapping[str, str]) -> None:
    """Write down what further connectors must be told, secrets as files."""
    file = folder / "connectors.json"
    known = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
    manifests = discover(CHAOS)
    for name, told in systems.items():
        known[name] = {
            key: _secret(folder, f"{name}.{key}", value) if manifests[name].settings[key].secret else value
            for key, value in told.items()
        }
    file.write_text(json.dumps(known), encoding="utf-8")


def hire(store: Store, folder: Path) -> None:
    """Put the people in, the first time."""
    with store.write() as session:
        if session.scalar(select(Person.id).limit(1)) is not None:
            return
        told = told_of(folder)
        leavers = numbers(told["leavers"])
        rows = [_person(number) for number in (*leavers, ANN, HANNA, IVAN)]
        hanna, ivan = rows[-2].id, rows[-1].id
        grants = [(ivan, Role.IT), (ivan, Role.APPROVER), (hanna, Role.APPROVER)]
        if told["manned"]:  # one leaver approves, and a second record of Ivan's does
            rows.append(_person(IVAN_TOO, work_email=email_of(IVAN)))
            grants += [(rows[-1].id, Role.APPROVER), (rows[0].id, Role.APPROVER)]
            grants += [(hanna, Role.HR), (ivan, Role.HR)]
        session.add_all(rows)
        session.flush()
        session.add_all(
            RoleGrant(id=str(uuid.uuid4()), person_id=who, role=role, since=BASE) for who, role in grants
        )
        session.add(
            Identity(id=str(uuid.uuid4()), person_id=ivan, kind=IdentityKind.SLACK, value=f"{TEAM}/U2")
        )


def message(change: str, number: str, **data: Any) -> dict[str, Any]:
    """A native webhook's body: somebody leaves at once, or at `access_off_at`."""
    person = {
        "source_id": number,
        "employee_no": number,
        "work_email": email_of(number),
        "name": name_of(number),
    }
    return {
        "type": f"employment.termination.{change}",
        "data": {"person": person, "kind": "voluntary", "timezone": "UTC", **data},
    }


def signed(body: Mapping[str, Any], message_id: str) -> tuple[dict[str, str], bytes]:
    """Headers and bytes as HR sends them now."""
    raw, stamp = json.dumps(body, sort_keys=True).encode(), str(int(utc_now().timestamp()))
    signature = sign(STANDARD_WEBHOOKS, webhook_key(NATIVE), body=raw, timestamp=stamp, message_id=message_id)
    return {
        "Content-Type": "application/json",
        "webhook-id": message_id,
        "webhook-timestamp": stamp,
        "webhook-signature": signature,
    }, raw


def hint(employee: str) -> tuple[dict[str, str], bytes]:
    """BambooHR's hint that somebody's record changed; always the same bytes."""
    from service.intake.sources import bamboohr

    data = {"companyId": "12345", "employeeId": employee, "changedFields": ["status"]}
    body = {"type": "employee.updated", "timestamp": "2026-03-02T12:00:00Z", "data": data}
    raw, stamp = json.dumps(body).encode(), utc_now().strftime("%Y-%m-%dT%H:%M:%S+0000")
    recipe = bamboohr.recipe(SourceSection())
    return {
        "Content-Type": "application/json",
        "X-BambooHR-Timestamp": stamp,
        "X-BambooHR-Signature": sign(recipe, text_key(BAMBOO), body=raw, timestamp=stamp),
    }, raw


def _activity() -> list[dict[str, Any]]:
    return [
        {"ts": BASE - timedelta(days=n, hours=2), "employee_no": number, "kind": "login"}
        for n in range(1, DAYS)
        for number in numbers(2)
    ]


def seed(number: str, *, manned: bool = False) -> dict[str, Any]:
    user = email_of(number).partition("@")[0]
    return {
        "shut": manned and shut_before(number, "shut"),
        "frozen": manned and shut_before(number, "crm"),
        "employee_no": number,
        "email": email_of(number),
        "username": user,
        "password": "pw",
        "display_name": name_of(number),
        "hired_on": "2020-01-07",
        "groups": [*GROUPS[:2]] if int(number[2:]) % 2 else [*GROUPS[1:]],
        "devices": [{"serial": serial_of(number), "check_in_after_s": CHECK_IN_S}],
    }


def _person(number: str, **other: str) -> Person:
    bamboo = number in (ANN, IVAN_TOO)
    known: dict[str, Any] = {"work_email": email_of(number), **other}
    return Person(
        id=str(uuid.uuid5(uuid.NAMESPACE_OID, number)),
        subject=uuid.uuid5(uuid.NAMESPACE_URL, number).hex,
        source="bamboo" if bamboo else "hr",
        source_id="77" if number == ANN else number,
        employee_no=number,
        **known,
        username=email_of(number).partition("@")[0],
        display_name=name_of(number),
        hired_on=date(2020, 1, 7),
    )


def email_of(number: str) -> str:
    return f"{number.lower().replace('-', '')}@example.com"


def name_of(number: str) -> str:
    return "Ann Lee" if number == ANN else f"Leaver {number}"


def _secret(folder: Path, name: str, value: str) -> str:
    file = folder / "secrets" / name
    file.parent.mkdir(mode=0o700, exist_ok=True)
    file.touch(mode=0o600)
    file.write_text(value, encoding="utf-8")
    return f"file:{file}"
