"""Serve a folder that `bench_start.py` has prepared, until its input is closed."""

import sys
from pathlib import Path

from service.app import Running, create_service
from service.demo.setup import configuration


def main(folder: Path, port: int) -> None:
    place = folder / "exeunt"
    settings = configuration(place, {}, slack={}, port=port, playbooks=place / "playbooks")
    section = settings.playbooks.model_copy(
        update=dict.fromkeys(("voluntary", "involuntary", "contractor_end"), "benchmark")
    )
    running = Running.begin(create_service(settings.model_copy(update={"playbooks": section})))
    sys.stdin.read()
    running.end()


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
