"""Run one side on targets of its own and say what it took and whether the work was really done."""

import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Changes = Mapping[
    str, Mapping[str, Mapping[str, Any]]
]  # by system and kind: changes, things, last (epoch, s)

HERE = Path(__file__).parent
ROOT = HERE.parent


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """What both sides are asked to do.

    Attributes:
        at_once: All leavers at the same moment, or one after the other.
        delay_ms: What each HTTP answer of the targets takes.
        tls: The targets speak HTTPS; the directory speaks TLS always.
    """

    name: str
    leavers: int
    at_once: bool
    threads: int = 32
    delay_ms: int = 0
    tls: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """One side's figures for one round. CPU is the side's own; the targets' is in another process.

    `freeze_ms`, `laptop_ms` and `sessions_ms` go from the last leaver's start to the last such change as the target
    itself noted it; they mean something where one leaves after the other.
    """

    p50_ms: float
    p95_ms: float
    wall_s: float
    cpu_ms_a_leaver: float
    whole_cpu_s: float
    peak_mb: float
    freeze_ms: float
    laptop_ms: float
    sessions_ms: float
    undone: int
    doubled: int


class SideFailed(Exception):  # noqa: N818  the word is the error
    """A side ended badly, or said nothing that can be read."""


class Targets:
    """A running `targets.py`."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self.ready: dict[str, Any] = self._hear()

    def changes(self) -> Changes:
        """What was changed so far, by system and kind."""
        assert self._process.stdin
        self._process.stdin.write("\n")
        self._process.stdin.flush()
        return self._hear()

    def _hear(self) -> dict[str, Any]:
        assert self._process.stdout
        line = self._process.stdout.readline()
        if not line:
            raise SideFailed("the targets did not start")
        said: dict[str, Any] = json.loads(line)
        return said


@contextmanager
def targets(work: Work) -> Iterator[Targets]:
    """Fresh targets with nothing revoked yet."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        command = [sys.executable, str(HERE / "targets.py"), folder, str(work.leavers), str(work.delay_ms)]
        command += ["--tls"] * work.tls
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        with subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
        ) as process:
            yield Targets(process)
            process.communicate(timeout=30)  # closing its input ends it


def run_side(command: Sequence[str], work: Work) -> Measured:
    """Give one side its job and watch it. The job and its answer are described in README.md."""
    with targets(work) as systems, tempfile.TemporaryDirectory(prefix="bench-job-") as folder:
        job = Path(folder) / "job.json"
        job.write_text(
            json.dumps(
                {
                    "settings": systems.ready["settings"],
                    "leavers": systems.ready["leavers"],
                    "at_once": work.at_once,
                    "threads": work.threads,
                    "folder": folder,
                }
            ),
            encoding="utf-8",
        )
        answer, usage = _watched([*command, str(job)])
        changes = systems.changes()
    return _measured(answer, usage, work=work, changes=changes)


def _watched(command: Sequence[str]) -> tuple[dict[str, Any], resource.struct_rusage]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    process = subprocess.Popen(list(command), stdout=subprocess.PIPE, text=True, env=environment)
    assert process.stdout
    lines = process.stdout.read().splitlines()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    process.stdout.close()
    if process.returncode or not lines:
        raise SideFailed(f"{' '.join(command[:3])} ended with {process.returncode}")
    return json.loads(lines[-1]), usage


def _measured(
    answer: Mapping[str, Any], usage: resource.struct_rusage, *, work: Work, changes: Changes
) -> Measured:
    seconds = sorted(answer["seconds"])
    began = answer.get("began", 0.0)
    undone, doubled = judged(changes, leavers=work.leavers)
    return Measured(
        p50_ms=statistics.median(seconds) * 1000,
        p95_ms=seconds[min(len(seconds) - 1, int(len(seconds) * 0.95))] * 1000,
        wall_s=answer["wall_s"],
        cpu_ms_a_leaver=answer["cpu_s"] * 1000 / work.leavers,
        whole_cpu_s=usage.ru_utime + usage.ru_stime,
        peak_mb=usage.ru_maxrss / 1024,
        freeze_ms=_last(changes, "salesforce", "IsFrozen", began),
        laptop_ms=_last(changes, "microsoft_intune", "remoteLock", began),
        sessions_ms=_last(changes, "salesforce", "AuthSession", began),
        undone=undone,
        doubled=doubled,
    )


def _last(changes: Changes, system: str, word: str, began: float) -> float:
    """Milliseconds from the side's start to the last change of a kind; 0 where nobody noted either."""
    last = max((kind["last"] for what, kind in changes.get(system, {}).items() if word in what), default=0.0)
    return (last - began) * 1000 if began and last else 0.0


#: What must be different for each leaver when the work is done: words of the targets' records, and how often.
A_LEAVER = {
    "ldap": {"pwdAccountLockedTime": 1, "member": 3},
    "salesforce": {"IsFrozen": 1, "AuthSession": 2},
    "microsoft_intune": {"remoteLock": 1},
}


def judged(changes: Changes, *, leavers: int) -> tuple[int, int]:
    """By the targets' own records: what was not done, and what was done a second time to the same thing."""
    undone = doubled = 0
    for system, wanted in A_LEAVER.items():
        for word, times in wanted.items():
            kinds = [kind for what, kind in changes.get(system, {}).items() if word in what]
            undone += max(0, times * leavers - sum(kind["things"] for kind in kinds))
            doubled += sum(kind["changes"] - kind["things"] for kind in kinds)
    return undone, doubled
