"""1,000 leavers at once on targets that answer at once, one leaver on slow ones, and where the CPU goes.

Run: python benchmarks/bench_leavers.py [--leavers 1000] [--rounds 1]
The sides are those of `run.py`, and so are the table and its ratios; README.md says how it is measured.
"""

import argparse
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from measure import Measured, Work, run_side
from run import bare_side, compare, exeunt_side, medians, table

HERE = Path(__file__).parent

#: What is to be reached: figure, most (or least, where larger is better), and of which work.
LEAST_A_SECOND, MOST_CPU_MS, MOST_PEAK_MB = 50.0, 20.0, 150.0
MOST_MS_LOOKED_UP, MOST_MS_KNOWN = 290.0, 100.0
#: So many leave one after the other before the one whose time counts: a service runs for weeks, and not for one.
BEFORE = 4


def main() -> int:
    """Measure and print. 1: a side left something open or did something twice. No time fails it."""
    asked = arguments()
    known = exeunt_side("--known-ids")
    looked_up = exeunt_side()
    if known is None or looked_up is None:
        print("Exeunt's own side is not there.", file=sys.stderr)
        return 2
    sides = {"bare": bare_side(), "looked up": looked_up, "known ids": known}
    along = {**sides, "read along": exeunt_side("--known-ids", "--read-along") or ()}
    first = Work(name="one leaver, 100 ms a call, first of a process", leavers=1, at_once=False, delay_ms=100)
    one = Work(name=f"the same, after {BEFORE} others", leavers=BEFORE + 1, at_once=False, delay_ms=100)
    many = Work(name=f"{asked.leavers} at once, 0 ms", leavers=asked.leavers, at_once=True)
    rounds = {
        first.name: compare(along, first, rounds=max(3, asked.rounds)),
        one.name: compare(along, one, rounds=max(3, asked.rounds)),
        many.name: compare(sides, many, rounds=asked.rounds),
    }
    for work in (first, one, many):
        print(table(work, rounds[work.name]), end="\n\n")
    print(reached(rounds[one.name], rounds[many.name], leavers=asked.leavers), end="\n\n")
    breakdown(asked.part)
    every = [each for sides in rounds.values() for side in sides.values() for each in side]
    return int(any(each.undone or each.doubled for each in every))


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--leavers", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--part", type=int, default=100, help="leavers of the breakdown")
    return parser.parse_args()


def reached(
    one: Mapping[str, Sequence[Measured]], many: Mapping[str, Sequence[Measured]], *, leavers: int
) -> str:
    """Each promise beside what was seen; the better of the two ways where a promise names none."""
    at_once = [medians(many[side]) for side in ("looked up", "known ids")]
    looked_up, known, along = (medians(one[side]) for side in ("looked up", "known ids", "read along"))
    lines = [
        ("leavers/s", f">= {LEAST_A_SECOND:g}", max(leavers / each["wall_s"] for each in at_once)),
        ("CPU ms a leaver", f"<= {MOST_CPU_MS:g}", min(each["cpu_ms_a_leaver"] for each in at_once)),
        ("peak MB", f"<= {MOST_PEAK_MB:g}", max(each["peak_mb"] for each in at_once)),
        ("freeze at 100 ms, looked up, ms", f"<= {MOST_MS_LOOKED_UP:g}", looked_up["freeze_ms"]),
        ("lock order at 100 ms, looked up, ms", f"<= {MOST_MS_LOOKED_UP:g}", looked_up["laptop_ms"]),
        ("freeze at 100 ms, known ids, ms", f"<= {MOST_MS_KNOWN:g}", known["freeze_ms"]),
        ("the same with engine.read_along, ms", f"<= {MOST_MS_KNOWN:g}", along["freeze_ms"]),
        ("lock order at 100 ms, known ids, ms", f"<= {MOST_MS_KNOWN:g}", known["laptop_ms"]),
    ]
    rows = [f"| {name} | {wanted} | {seen:.4g} |" for name, wanted, seen in lines]
    return "\n".join(["| figure | to reach | seen |", "| --- | --- | --- |", *rows])


def breakdown(leavers: int) -> None:
    """Print the layers' own CPU, looked up and known."""
    for name in ("", "--known-ids"):
        print(f"CPU by layer, {leavers} at once, {'known ids' if name else 'looked up'}:", flush=True)
        command = [sys.executable, str(HERE / "breakdown.py"), *([name] if name else [])]
        work = Work(name="breakdown", leavers=leavers, at_once=True)
        run_side(command, work)


if __name__ == "__main__":
    sys.exit(main())
