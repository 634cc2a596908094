"""A small ledger with fixed keys and fixed moments, so that every byte of it is known beforehand."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import text

from service.ledger.bound import bind
from service.ledger.checkpoint import sign_checkpoint
from service.ledger.entry import append
from service.ledger.event import Event
from service.ledger.keys import Keys
from service.store import Store

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
MIKE = "3f9a1c"


def fixed_keys(seed: int = 0, name: str = "exeunt.local/test") -> Keys:
    return Keys(
        signing=Ed25519PrivateKey.from_private_bytes(bytes([seed]) * 32), kek=bytes([seed]) * 32, name=name
    )


@contextmanager
def bound_keys() -> Iterator[Keys]:
    """The fixed keys, bound as the service binds them."""
    made = fixed_keys()
    bind(made)
    yield made
    bind(None)


def record(session, n: int = 0, event: Event = Event.STEP_DONE, **more: object) -> int:
    members = {
        "actor": "system:engine",
        "subject": MIKE,
        "departure": "d-1",
        "run": "r-1",
        "step": f"step-{n}",
    }
    return append(session, event, **{**members, "body": {"n": n}, **more}, at=NOON + timedelta(seconds=n))


def fill(store: Store, count: int, start: int = 0) -> None:
    with store.write() as session:
        for n in range(start, start + count):
            record(session, n)


def sign(store: Store, keys: Keys, at: datetime = NOON) -> str:
    with store.write() as session:
        return sign_checkpoint(session, keys, at)


def as_the_owner(store: Store, *statements: str, **values: object) -> None:
    """What somebody who owns the database can do: take the seat belt off, then anything."""
    tables = ("ledger", "ledger_head", "checkpoints", "subject_keys")
    with store.engine.begin() as connection:
        if store.is_sqlite:
            triggers = connection.execute(
                text("SELECT name FROM sqlite_master WHERE type = 'trigger'")
            ).scalars()
            off = [f"DROP TRIGGER {name}" for name in triggers]
        else:
            off = [f"ALTER TABLE {table} DISABLE TRIGGER ALL" for table in tables]
        for statement in off:
            connection.execute(text(statement))
        for statement in statements:
            connection.execute(text(statement), values)


def audit(folder: Path, *more: object, script: str = "auditor.py") -> tuple[bool, str]:
    """The auditor's script alone: another process, isolated, and nothing of ours on its path."""
    done = subprocess.run(
        [sys.executable, "-I", folder / script, folder, *map(str, more)],
        capture_output=True,
        text=True,
        check=False,
        cwd=folder,
    )
    return _verdict(done.returncode, done.stdout + done.stderr)


#: Runs one script after another, each from its file and as `__main__`, and answers with status and words.
OFFICE = """
import contextlib, io, json, runpy, sys, traceback
for line in sys.stdin:
    sys.argv, status, said = json.loads(line), 0, io.StringIO()
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
        try:
            runpy.run_path(sys.argv[0], run_name="__main__")
        except SystemExit as left:
            status = left.code if isinstance(left.code, int) else 1
            print(left)
        except BaseException:
            status = 2
            traceback.print_exc()
    print(json.dumps([status, said.getvalue()]), flush=True)
"""


class Office:
    """An auditor with many folders: as isolated as `audit`, and the process is started once."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-c", OFFICE], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def audit(self, folder: Path, *more: object, script: str = "auditor.py") -> tuple[bool, str]:
        asked, answers = self._process.stdin, self._process.stdout
        assert asked is not None
        assert answers is not None
        asked.write(json.dumps([str(folder / script), str(folder), *map(str, more)]) + "\n")
        asked.flush()
        return _verdict(*json.loads(answers.readline()))

    def close(self) -> None:
        self._process.communicate()


def _verdict(status: int, said: str) -> tuple[bool, str]:
    assert status in (0, 1)
    assert "Traceback" not in said
    assert len(said.splitlines()) == 1
    return status == 0, said
