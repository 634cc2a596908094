"""`docs/how-to/from-one-process-to-many.md`, line by line, as a newcomer gives it: the page's own commands."""

import getpass
import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, text

from connectors.sdk.fakes.ports import spare_port
from connectors.sdk.registry import discover, fake_class
from service.bootstrap.parts import part
from tests.conftest import ROOT
from tests.integration.nodes.test_two_nodes import seen
from tests.unit.docs import reading

pytestmark = [pytest.mark.postgres, pytest.mark.timeout(300)]

PAGE = "docs/how-to/from-one-process-to-many.md"
LEAVERS = 3
PLAYBOOK = """\
playbook: {kind}
version: 1
summary: The CRM.
steps:
  - {{id: seal, title: Seal, action: snapshot.seal, with: {{connectors: [salesforce], lookback: 3d}}, deadline: 1h}}
  - {{id: crm, needs: [seal], action: salesforce.disable_account, minimum: observed, deadline: 1h, critical: true}}
  - {{id: sessions, needs: [crm], action: salesforce.revoke_sessions, deadline: 1h}}
  - {{id: tokens, needs: [crm], action: salesforce.revoke_tokens, deadline: 1h}}
"""
#: As somebody who may gives it; that the packages come by it is tested in `tests/integration/test_first_start.py`.
SUDO = """\
#!/bin/sh
case "$*" in "python3 -m service postgres") exit 0;; "-u postgres "*) shift 2; PGUSER=postgres exec "$@";; esac
exit 1
"""


def commands_of(section: str) -> list[str]:
    """What a newcomer types, line by line."""
    shown = reading.FENCE.findall(reading.section(PAGE, section))
    return [line[2:] for kind, block in shown if kind == "console" for line in block.splitlines()]


def number(n: int) -> str:
    return f"E-{2000 + n}"


@dataclass
class Newcomer:
    """An empty home, a folder with one process on SQLite, and somebody who types."""

    home: Path
    env: dict[str, str]
    begun: list[subprocess.Popen[bytes]] = field(default_factory=list)

    @property
    def folder(self) -> Path:
        return self.home / "service"

    def types(self, line: str, *, answer: str = "") -> str:
        """A line, and the answer to what is asked then."""
        how = {"cwd": self.folder, "env": self.env, "capture_output": True, "text": True, "input": answer}
        done = subprocess.run(["bash", "-c", line], check=False, **how)
        assert done.returncode == 0, (line, done.stdout, done.stderr)
        return done.stdout

    def begins(self, line: str) -> subprocess.Popen[bytes]:
        """In a terminal of its own, whose words are kept."""
        log = self.folder / f"{len(self.begun)}.log"
        with log.open("wb") as file:
            begun = subprocess.Popen(
                ["bash", "-c", f"exec {line}"], cwd=self.folder, env=self.env, stdout=file, stderr=file
            )
        self.begun.append(begun)
        seen(lambda: b"Exeunt" in log.read_bytes() or begun.poll() is not None)
        assert begun.poll() is None, log.read_text()
        return begun

    def told(self, event: str) -> list[dict[str, Any]]:
        """What the logs of all that were begun say of it."""
        lines = [line for log in self.folder.glob("*.log") for line in log.read_text().splitlines()]
        entries = [json.loads(line) for line in lines if line.startswith("{")]
        return [entry for entry in entries if entry["event"] == event]

    def announces(self, n: int) -> None:
        self.types(f"exeunt run {number(n)} --kind voluntary --yes")


@pytest.fixture
def crm(tmp_path: Path) -> Iterator[Any]:
    with fake_class(discover()["salesforce"])(
        tmp_path / "crm.json", spare_port(), lambda: datetime.now(UTC)
    ) as crm:
        staff = [
            {
                "employee_no": number(n),
                "email": f"p{n}@example.com",
                "username": f"p{n}",
                "password": "pw",
                "display_name": f"P {n}",
                "hired_on": "2020-01-07",
            }
            for n in range(30)
        ]
        crm.seed(staff, activity=[], records={"Account": 3}, retention_days=2)
        yield crm


@pytest.fixture
def postgres(postgres_server: Any) -> Iterator[dict[str, str]]:
    """Where PostgreSQL's own programs find it. What the page makes there is taken away again."""
    server = create_engine(postgres_server.url("postgres"), isolation_level="AUTOCOMMIT")
    initdb = part("postgres").find()
    assert initdb is not None
    yield {
        "PGHOST": "127.0.0.1",
        "PGPORT": str(postgres_server.port),
        "PGUSER": "exeunt",
        "PATH": str(initdb.resolve().parent),
    }
    with server.connect() as admin:
        admin.execute(text("DROP DATABASE IF EXISTS exeunt WITH (FORCE)"))
        admin.execute(text("DROP ROLE IF EXISTS exeunt"))
    server.dispose()


@pytest.fixture
def newcomer(tmp_path: Path, crm: Any, postgres: dict[str, str]) -> Iterator[Newcomer]:
    home = tmp_path / "home"
    bin_ = home / "bin"
    bin_.mkdir(parents=True)
    for name, said in (("exeunt", f'#!/bin/sh\nexec {sys.executable} -m service.cli "$@"\n'), ("sudo", SUDO)):
        (bin_ / name).write_text(said)
        (bin_ / name).chmod(0o755)
    kept = {name: value for name, value in os.environ.items() if name in ("LANG", "PYTHONPYCACHEPREFIX")}
    path = f"{bin_}:{postgres['PATH']}:{os.environ['PATH']}"
    env = {**kept, **postgres, "PATH": path, "HOME": str(home), "PYTHONPATH": str(ROOT)}
    newcomer = Newcomer(home, env)
    newcomer.folder.mkdir()
    installs(newcomer, crm)
    yield newcomer
    for process in newcomer.begun:
        process.kill()
        process.wait()


def installs(newcomer: Newcomer, crm: Any) -> None:
    """As `install-for-real.md` says, with one target system."""
    folder = newcomer.folder
    newcomer.types("exeunt init")
    told = dict(crm.settings())
    (folder / "secrets").mkdir(mode=0o700)
    (folder / "secrets" / "key").write_text(told.pop("private_key"))
    (folder / "secrets" / "key").chmod(0o600)
    lines = [f"{name} = {json.dumps(value)}" for name, value in told.items()]
    more = [
        f"port = {spare_port()}",
        "[cli]",
        f'users = {{{getpass.getuser()} = "{number(29)}"}}',
        "[connectors.salesforce]",
        'private_key = "file:secrets/key"',
        *lines,
    ]
    toml = folder / "exeunt.toml"
    toml.write_text("\n".join([toml.read_text(), *more, ""]))
    shutil.rmtree(folder / "playbooks")
    (folder / "playbooks").mkdir()
    for kind in ("voluntary", "involuntary", "contractor-end"):
        (folder / "playbooks" / f"{kind}.yaml").write_text(PLAYBOOK.format(kind=kind))
    people = [f"hr-{n},P {n},{number(n)},p{n}@example.com,p{n}" for n in range(30)]
    (folder / "people.csv").write_text(
        "\n".join(["source_id,name,employee_no,work_email,username", *people, ""])
    )
    newcomer.types("exeunt people import people.csv")
    newcomer.types(f"exeunt people grant {number(29)} admin")


def test_a_newcomer_comes_from_one_process_to_two_workers_and_kills_one(
    newcomer: Newcomer, crm: Any, postgres_server: Any
) -> None:
    one = newcomer.begins("exeunt serve")
    newcomer.announces(0)
    until_finished(f"sqlite:///{newcomer.folder}/var/exeunt.db", 1)
    one.terminate()
    one.wait()
    for line in commands_of("1. What PostgreSQL needs"):
        newcomer.types(line.replace("/opt/exeunt", str(ROOT)))
    before, copied, after, again = commands_of("2. Move")
    had = newcomer.types(before)
    added = re.search(r"^\[database\]\nurl = .*$", newcomer.types(copied, answer="y\n"), re.MULTILINE)
    assert added
    assert added[0] in reading.section(PAGE, "2. Move")
    with (newcomer.folder / "exeunt.toml").open("a") as toml:
        toml.write(f"\n{added[0]}\n")
    assert "green" in newcomer.types(after)
    assert newcomer.types(again) == had

    *answering_and_working, listing = commands_of("3. Nodes")
    nodes = {str(begun.pid): begun for begun in map(newcomer.begins, answering_and_working)}
    workers = working(newcomer.types(listing))
    assert len(workers) == 2
    crm.faults.delay_ms = 400
    for n in range(1, LEAVERS):
        newcomer.announces(n)
    killing, *looking = commands_of("4. Kill one")
    assert killing == "kill -9 12345"
    newcomer.types(killing.replace("12345", holding(postgres_server, workers)))
    began = time.monotonic()
    seen(lambda: newcomer.told("engine.took_back"))
    took_s = time.monotonic() - began
    crm.faults.delay_ms = 0
    until_finished(postgres_server.url("exeunt"), LEAVERS)
    living, runs, record = (newcomer.types(line) for line in looking)

    assert took_s <= 15
    assert len(working(living)) == 1
    assert sum(nodes[worker].poll() is not None for worker in workers) == 1
    assert runs.count("green") == LEAVERS
    assert "The ledger holds" in record
    frozen = [effect["target"] for effect in crm.effects if effect["what"] == "UserLogin.IsFrozen"]
    assert len(frozen) == len(set(frozen)) == LEAVERS


def working(listed: str) -> list[str]:
    """The process numbers of the workers among the nodes that are listed."""
    return [number for _, number, does, *_ in map(str.split, listed.splitlines()) if does == "worker"]


def until_finished(url: str, count: int) -> None:
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    finished = text("SELECT count(*) FROM runs WHERE finished_at IS NOT NULL")
    with engine.connect() as session:
        seen(lambda: session.scalar(finished) == count, patience_s=90)
    engine.dispose()


def holding(postgres_server: Any, workers: list[str]) -> str:
    """The process number of a worker that has a step of a target system out."""
    out = text(
        "SELECT n.name FROM nodes n JOIN step_runs s ON s.out_with = n.id"
        " WHERE s.state = 'RUNNING' AND s.step <> 'seal'"
    )
    engine = create_engine(postgres_server.url("exeunt"), isolation_level="AUTOCOMMIT")
    with engine.connect() as session:
        name: str = seen(lambda: session.scalar(out))
    engine.dispose()
    found = name.rsplit(maxsplit=1)[-1]
    assert found in workers
    return found
