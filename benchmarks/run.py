"""Two sides do the same work on the same targets, round by round; prints the ratios."""

import argparse
import importlib.util
import json
import statistics
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, fields
from pathlib import Path

from measure import Measured, Work, run_side

Command = Sequence[str]
Rounds = Mapping[str, Sequence[Measured]]

HERE = Path(__file__).parent
EXEUNT_MODULE = "service.demo.bench"

#: What is compared, and how it is called in the table.
FIGURES = {
    "p50_ms": "p50 ms",
    "p95_ms": "p95 ms",
    "wall_s": "wall s",
    "cpu_ms_a_leaver": "CPU ms a leaver",
    "whole_cpu_s": "CPU s, whole process",
    "peak_mb": "peak MB",
    "freeze_ms": "last freeze at the target, ms",
    "laptop_ms": "last lock order at the target, ms",
    "sessions_ms": "last session ended at the target, ms",
    "undone": "left open",
    "doubled": "done twice",
}


def bare_side() -> Command:
    """ldap3, requests and a thread pool."""
    return [sys.executable, str(HERE / "bare_script.py")]


def exeunt_side(*more: str) -> Command | None:
    """Exeunt itself: intent, ledger and read-back included. None until it can be started.

    It takes the same job and prints the same line as `bare_script.py`; README.md describes both.
    """
    try:
        found = importlib.util.find_spec(EXEUNT_MODULE)
    except ModuleNotFoundError:
        found = None
    return [sys.executable, str(HERE / "exeunt_side.py"), *more] if found else None


def compare(sides: Mapping[str, Command], work: Work, *, rounds: int) -> Rounds:
    """Let the sides take turns, so that what else the machine does falls on both."""
    measured: dict[str, list[Measured]] = {name: [] for name in sides}
    for number in range(rounds):
        for name in sides if number % 2 == 0 else reversed(list(sides)):
            print(f"{work.name}: round {number + 1} of {rounds}, {name}", file=sys.stderr, flush=True)
            measured[name].append(run_side(sides[name], work))
    return measured


def medians(measured: Sequence[Measured]) -> dict[str, float]:
    """Each figure's median over the rounds; of what went wrong, the worst."""
    worst: dict[str, Callable[[list[float]], float]] = {"undone": max, "doubled": max}
    return {
        field.name: worst.get(field.name, statistics.median)([getattr(each, field.name) for each in measured])
        for field in fields(Measured)
    }


def ratios(rounds: Rounds, *, of: str, to: str) -> dict[str, float | None]:
    """For each figure the median of the rounds' own ratios: rounds are pairs, the machine changes between them."""
    told: dict[str, float | None] = {}
    for name in FIGURES:
        pairs = zip(rounds[of], rounds[to], strict=True)
        values = [(getattr(one, name), getattr(other, name)) for one, other in pairs]
        told[name] = statistics.median(a / b for a, b in values) if all(b for _, b in values) else None
    return told


def table(work: Work, rounds: Rounds) -> str:
    """The figures of one piece of work: a column for each side, and for each after the first its ratio to it."""
    columns = {name: medians(measured) for name, measured in rounds.items()}
    first, *others = columns
    quotients = {name: ratios(rounds, of=name, to=first) for name in others}
    head = [work.name, *columns, *(f"{name} : {first}" for name in others)]
    lines = [head, ["---"] * len(head)]
    for name, title in FIGURES.items():
        ratio = [_shown(quotients[side][name]) for side in others]
        lines.append([title, *(f"{columns[side][name]:.4g}" for side in columns), *ratio])
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def _shown(ratio: float | None) -> str:
    return "–" if ratio is None else f"{ratio:.2f}"


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--one", type=int, default=20, help="leavers one after the other")
    parser.add_argument("--many", type=int, default=200, help="leavers at once")
    parser.add_argument("--threads", type=int, default=32)
    parser.add_argument("--delay-ms", type=int, default=0, help="what each HTTP answer of the targets takes")
    parser.add_argument("--only", choices=["bare", "exeunt", "known ids"])
    parser.add_argument("--json", type=Path, help="write every figure of every round here")
    return parser.parse_args()


def main() -> int:
    """Measure and print. 1: a side left something open or did something twice; 2: there is no side."""
    asked = arguments()
    known = {"bare": bare_side(), "exeunt": exeunt_side(), "known ids": exeunt_side("--known-ids")}
    sides = {name: side for name, side in known.items() if side and asked.only in {None, name}}
    if known["exeunt"] is None:
        print(f"Exeunt's own side ({EXEUNT_MODULE}) is not there; it is not measured.", file=sys.stderr)
    if not sides:
        return 2
    works = [
        Work(name="one leaver", leavers=asked.one, at_once=False, delay_ms=asked.delay_ms),
        Work(
            name=f"{asked.many} at once",
            leavers=asked.many,
            at_once=True,
            threads=asked.threads,
            delay_ms=asked.delay_ms,
        ),
    ]
    results = {work.name: compare(sides, work, rounds=asked.rounds) for work in works}
    for work in works:
        print(table(work, results[work.name]), end="\n\n")
    if asked.json:
        asked.json.write_text(json.dumps(told(works, results), indent=1), encoding="utf-8")
    every = [each for rounds in results.values() for side in rounds.values() for each in side]
    return int(any(each.undone or each.doubled for each in every))


def told(works: Sequence[Work], results: Mapping[str, Rounds]) -> list[dict[str, object]]:
    """Everything that was measured, for a file."""
    return [
        {
            "work": asdict(work),
            "rounds": {name: [asdict(each) for each in side] for name, side in results[work.name].items()},
            "ratios": {
                name: ratios(results[work.name], of=name, to="bare")
                for name in results[work.name]
                if name != "bare" and "bare" in results[work.name]
            },
        }
        for work in works
    ]


if __name__ == "__main__":
    sys.exit(main())
