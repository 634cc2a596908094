"""The benchmark counts work only as far as the targets themselves say it was done."""

import importlib.util
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


@pytest.fixture(scope="module")
def measure() -> ModuleType:
    return _loaded("measure")


@pytest.fixture(scope="module")
def run(measure: ModuleType) -> ModuleType:
    return _loaded("run")


def _loaded(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, BENCHMARKS / f"{name}.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("at_once", [False, True])
def test_the_bare_script_revokes_everything_once(measure: ModuleType, run: ModuleType, at_once: bool) -> None:
    work = measure.Work(name="two", leavers=2, at_once=at_once, threads=4)

    measured = measure.run_side(run.bare_side(), work)

    assert (measured.undone, measured.doubled) == (0, 0)
    assert measured.p50_ms > 0
    assert measured.cpu_ms_a_leaver > 0


def test_exeunt_revokes_everything_once_and_says_when(measure: ModuleType, run: ModuleType) -> None:
    work = measure.Work(name="two", leavers=2, at_once=True, threads=4)

    measured = measure.run_side(run.exeunt_side("--known-ids"), work)

    assert (measured.undone, measured.doubled) == (0, 0)
    assert measured.p50_ms > 0


@pytest.mark.parametrize("side", ["bare", "exeunt"])
def test_over_tls_the_same_work_is_done(measure: ModuleType, run: ModuleType, side: str) -> None:
    command = run.bare_side() if side == "bare" else run.exeunt_side("--known-ids")

    measured = measure.run_side(
        command, measure.Work(name="two", leavers=2, at_once=True, threads=4, tls=True)
    )

    assert (measured.undone, measured.doubled) == (0, 0)


@pytest.mark.postgres
def test_two_workers_revoke_everything_once() -> None:
    command = [sys.executable, BENCHMARKS / "bench_nodes.py", "--leavers", "2"]

    said = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True).stdout

    assert "| left open, done twice | 0, 0 | 0, 0 |" in said


def test_a_side_that_does_nothing_is_not_fast(measure: ModuleType) -> None:
    idle = [sys.executable, "-c", 'print(\'{"seconds": [0.1, 0.1], "wall_s": 0.1, "cpu_s": 0.1}\')']

    measured = measure.run_side(idle, measure.Work(name="two", leavers=2, at_once=True))

    assert measured.undone == 2 * 8


def test_a_side_that_breaks_down_is_no_figure(measure: ModuleType) -> None:
    with pytest.raises(measure.SideFailed):
        measure.run_side(
            [sys.executable, "-c", "raise SystemExit(3)"], measure.Work(name="one", leavers=1, at_once=True)
        )


def test_an_order_given_twice_is_counted(measure: ModuleType) -> None:
    changes = {"microsoft_intune": {"remoteLock": {"changes": 3, "things": 2}}}

    assert measure.judged(changes, leavers=0) == (0, 1)


def test_the_ratio_is_the_median_of_the_rounds_own_ratios(measure: ModuleType, run: ModuleType) -> None:
    def side(*walls: float) -> list[object]:
        rest = dict.fromkeys(run.FIGURES, 1.0)
        return [measure.Measured(**{**rest, "wall_s": wall}) for wall in walls]

    told = run.ratios({"bare": side(1, 10, 2), "exeunt": side(3, 20, 2)}, of="exeunt", to="bare")

    assert told["wall_s"] == 2
