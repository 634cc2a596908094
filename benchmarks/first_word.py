"""How long the command line thinks before it speaks, and how much it installs.

Run: python benchmarks/first_word.py [--rounds 7]
CPU seconds of whole processes as the kernel counts them, the median of several; the first of each is thrown
away, as it compiles.
"""

import argparse
import os
import re
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).parent.parent
EXEUNT = (sys.executable, "-m", "service.cli")

#: What is typed, and what it may cost in CPU seconds; `None` where nothing is promised.
TYPED: dict[tuple[str, ...], float | None] = {("--help",): 0.35, ("--version",): None, ("runs",): None}
MOST_DISTRIBUTIONS = 50


def main() -> int:
    ask = argparse.ArgumentParser(description=__doc__)
    ask.add_argument("--rounds", type=int, default=7)
    rounds = ask.parse_args().rounds
    with tempfile.TemporaryDirectory(prefix="bench-first-word-") as folder:
        cpu_s(["init"], Path(folder))
        kept = [say(words, most, cpu_median(words, Path(folder), rounds)) for words, most in TYPED.items()]
    installed = distributions(ROOT / "requirements" / "base.txt")
    print(f"base distributions: {installed} (at most {MOST_DISTRIBUTIONS})")
    return int(not (all(kept) and installed <= MOST_DISTRIBUTIONS))


def say(words: Sequence[str], most: float | None, seconds: float) -> bool:
    """Print one figure; whether it keeps its promise."""
    print(f"exeunt {' '.join(words)}: {seconds:.2f} CPU s" + (f" (at most {most})" if most else ""))
    return most is None or seconds <= most


def cpu_median(words: Sequence[str], folder: Path, rounds: int) -> float:
    """The median over the rounds, after one that does not count."""
    cpu_s(words, folder)
    return statistics.median(cpu_s(words, folder) for _ in range(rounds))


def cpu_s(words: Sequence[str], folder: Path) -> float:
    """User and system time of one command."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    process = subprocess.Popen(
        [*EXEUNT, *words], cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    assert process.stdout
    said = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.stdout.close()
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"exeunt {' '.join(words)} ended with {process.returncode}:\n{said.decode()}")
    return usage.ru_utime + usage.ru_stime


def distributions(file: Path) -> int:
    """How many distributions a requirements file pins."""
    return len(re.findall(r"^[A-Za-z0-9_.-]+(\[[^\]]*\])?==", file.read_text(encoding="utf-8"), re.MULTILINE))


if __name__ == "__main__":
    sys.exit(main())
