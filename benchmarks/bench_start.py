"""From `exeunt serve` to the first accepted webhook, and what an idle service holds.

Run: python benchmarks/bench_start.py [--rounds 5] [--postgresql]
The schema is in place: a first start made it, as it did for whoever restarts a service.
"""

import argparse
import http.client
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from http import HTTPStatus
from pathlib import Path
from typing import Any, NamedTuple

from postgres import postgres

from connectors.sdk.fakes.ports import spare_port
from service.app import create_service
from service.demo.bench import hire, settings_of, signed
from service.demo.setup import SOURCE
from service.settings import DatabaseSection, Settings

ROOT = Path(__file__).parent.parent
MOST_START_S, MOST_IDLE_MB = 2.0, 80.0
IDLES_S = 10.0
PATIENCE_S = 60.0
#: What an administrator writes.
CONFIGURATION = """
[service]
data_dir = "{settings.service.data_dir}"
port = {port}
base_url = "http://127.0.0.1:{port}"
[database]
url = "{settings.database.url}"
[playbooks]
folder = "{settings.playbooks.folder}"
voluntary = "{settings.playbooks.voluntary}"
involuntary = "{settings.playbooks.involuntary}"
contractor_end = "{settings.playbooks.contractor_end}"
[sources.hr]
secrets = ["{settings.sources[hr].secrets[0]}"]
timezone = "{settings.sources[hr].timezone}"
"""


class Started(NamedTuple):
    """One start. CPU is that of the whole process until the webhook was answered."""

    seconds: float
    cpu_s: float
    rss_mb: float
    pss_mb: float
    idle_cpu_percent: float


def main() -> int:
    ask = argparse.ArgumentParser(description=__doc__)
    ask.add_argument("--rounds", type=int, default=5)
    ask.add_argument("--postgresql", action="store_true", help="on a PostgreSQL of its own instead of SQLite")
    asked = ask.parse_args()
    with prepared(asked.rounds, postgresql=asked.postgresql) as (settings, people):
        measured = [start(settings, signed(settings, leaves_later(each))) for each in people]
    for name, unit, most in (
        ("seconds", "s to the first accepted webhook", f"(at most {MOST_START_S:g})"),
        ("cpu_s", "CPU s until then", ""),
        ("rss_mb", f"MB resident after {IDLES_S:g} s idle", f"(at most {MOST_IDLE_MB:g})"),
        ("pss_mb", "MB of them its own share", ""),
        ("idle_cpu_percent", "% CPU while idle", ""),
    ):
        seen = [getattr(each, name) for each in measured]
        print(f"{statistics.median(seen):8.2f} {unit} {most} [{min(seen):.2f} to {max(seen):.2f}]")
    return 0


@contextmanager
def prepared(count: int, *, postgresql: bool) -> Iterator[tuple[Settings, list[dict[str, Any]]]]:
    """A service that was there before, and so many people who may leave."""
    with tempfile.TemporaryDirectory(prefix="bench-start-") as folder:
        settings = settings_of({"folder": folder, "settings": {}, "threads": 8})
        people = [person(number) for number in range(count)]
        with postgres() if postgresql else nullcontext("") as url:
            settings = settings.model_copy(update={"database": DatabaseSection(url=url)})
            service = create_service(settings)
            hire(service.store, people)
            service.close()
            yield settings, people


def start(settings: Settings, message: tuple[dict[str, str], bytes]) -> Started:
    """Start a service, send the webhook until it is taken, and look at the process when it idles."""
    port = spare_port()
    folder = settings.service.data_dir
    (folder / "exeunt.toml").write_text(CONFIGURATION.format(settings=settings, port=port), encoding="utf-8")
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "service.cli", "serve"]
    began = time.monotonic()
    with subprocess.Popen(
        command, cwd=folder, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        taken = accepted(port, message, began) - began
        cpu = cpu_of(process.pid)
        time.sleep(IDLES_S)
        idle = (cpu_of(process.pid) - cpu) / IDLES_S * 100
        memory = memory_of(process.pid)
        process.terminate()
        process.wait(timeout=PATIENCE_S)
    return Started(taken, cpu, memory["Rss"], memory["Pss"], idle)


def accepted(port: int, message: tuple[dict[str, str], bytes], began: float) -> float:
    """When the webhook was answered with 202. Raises `TimeoutError`."""
    headers, body = message
    while time.monotonic() < began + PATIENCE_S:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE_S)
        try:
            connection.request("POST", f"/hooks/{SOURCE}", body=body, headers=headers)
            status = connection.getresponse().status
        except ConnectionError:
            time.sleep(0.01)
            continue
        finally:
            connection.close()
        if status == HTTPStatus.ACCEPTED:
            return time.monotonic()
        raise RuntimeError(f"the webhook was answered with {status}")
    raise TimeoutError(f"no webhook was accepted in {PATIENCE_S:g} s")


def cpu_of(process: int) -> float:
    """User and system seconds so far."""
    fields = Path(f"/proc/{process}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def memory_of(process: int) -> dict[str, float]:
    """`Rss` and `Pss` in MB."""
    lines = Path(f"/proc/{process}/smaps_rollup").read_text(encoding="ascii").splitlines()
    told = {name: rest for name, _, rest in (line.partition(":") for line in lines)}
    return {name: int(told[name].split()[0]) / 1024 for name in ("Rss", "Pss")}


def person(number: int) -> dict[str, Any]:
    name = f"E-{number:05d}"
    known = {"employee_no": name, "email": f"{name}@example.com", "username": name, "hired_on": "2024-01-01"}
    return {**known, "display_name": f"Leaver {number}", "department": "Sales"}


def leaves_later(leaver: Mapping[str, Any]) -> dict[str, Any]:
    """HR's message that somebody leaves on a day long after this benchmark."""
    known = {"source_id": leaver["employee_no"], "name": leaver["display_name"]}
    data = {"person": known, "kind": "voluntary", "timezone": "Europe/Berlin", "last_day": "2099-12-31"}
    return json.loads(json.dumps({"type": "employment.termination.scheduled", "data": data}))


if __name__ == "__main__":
    sys.exit(main())
