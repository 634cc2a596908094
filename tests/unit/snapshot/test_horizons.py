"""What the signals over spans of days count, and beside what."""

import subprocess
import sys

from service.snapshot.activity import Activity
from service.snapshot.bench import lay_out
from service.snapshot.signals import Finding, many_exports, records_leaving
from tests.architecture.sources import ROOT
from tests.unit.snapshot.leaver import act, view


def found(*acts: Activity) -> dict[str, Finding]:
    """What each of the two signals says, by its id."""
    bench = lay_out(view(list(acts)))
    said = [signal.look(bench) for signal in (many_exports, records_leaving)]
    bench.close()
    return {finding.signal: finding for finding in said if finding}


def test_many_exports_of_nothing_much_are_many_exports_and_few_records() -> None:
    drip = found(*(act(days, 1) for days in range(10, 25)))

    assert drip["F3"].said == "15 exports within 30 days; the most within 30 days before was 0."
    assert drip["F3"].evidence > drip["F2"].evidence


def test_one_export_of_everything_is_many_records_and_one_export() -> None:
    all_at_once = found(act(10, 30_000))

    assert all_at_once["F2"].said.startswith("30,000 records left within ")
    assert all_at_once["F2"].evidence > all_at_once["F3"].evidence


def test_what_was_as_much_before_is_no_finding() -> None:
    assert found(*(act(days, 500) for days in (10, 11, 100, 101))) == {}


def test_the_review_is_compared_with_as_many_days_before_it() -> None:
    more = found(*(act(days, 500) for days in (10, 11, 12, 13, 100, 101)))

    assert more["F3"].said == "4 exports within 30 days; the most within 30 days before was 2."


def test_leavers_who_are_judged_at_the_same_time_do_not_see_each_other() -> None:
    one, other = lay_out(view([act(10, 100), act(11, 100)])), lay_out(view([act(10, 7)]))

    rows = "SELECT sum(rows) FROM activity"
    assert [bench.ask(rows) for bench in (one, other)] == [[(200,)], [(7,)]]
    one.close()
    assert other.ask(rows) == [(7,)]
    other.close()


def test_nothing_of_a_leaver_stays_on_the_bench() -> None:
    lay_out(view([act(10, 100)])).close()

    bench = lay_out(view([act(10, 7)]))
    assert bench.ask("SELECT count(*) FROM duckdb_tables()") == [(1,)]
    bench.close()


def test_a_process_that_judged_somebody_ends_without_a_word() -> None:
    code = (
        "from service.snapshot.bench import warm; from service.collecting import keep_what_is_loaded; "
        "keep_what_is_loaded(); warm()"
    )

    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True)

    assert ended.stdout + ended.stderr == ""
