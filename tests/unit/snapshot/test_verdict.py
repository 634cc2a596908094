"""What is said of a leaver, and what is never said."""

from contextlib import closing
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.sdk.types import CoverageState
from service.snapshot.activity import Activity, ActivityKind
from service.snapshot.bench import lay_out
from service.snapshot.signals import every
from service.snapshot.verdict import Verdict, blind, judge
from service.snapshot.view import REQUIRED, windows
from tests.unit.snapshot.leaver import END, NOTICE, act, all_seen, at, usual_past, view

GUILTY = [*usual_past(), act(16, 20447, hour=22), act(12, 11200)]


def with_gap(day: date, state: CoverageState = CoverageState.GAP, kind: str = "ReportExport") -> Any:
    seen = all_seen(END + timedelta(days=20))
    seen[day] = {**seen[day], kind: state}
    return seen


def test_a_leaver_who_took_the_customers_is_probable() -> None:
    judged = judge(view(GUILTY))

    assert judged.verdict is Verdict.PROBABLE
    assert judged.sentence.startswith(
        "Probable. Mike Dalton took 31,647 records in 2 exports, the largest 68 % of all 30,000, "
        "6 and 2 days before notice, "
    )
    assert "times the most in a day before (46)" in judged.sentence


def test_a_quiet_leaver_is_no_sign_in_the_sources_read() -> None:
    judged = judge(view(usual_past()))

    assert judged.verdict is Verdict.NO_SIGN
    assert judged.sentence.startswith("No sign in the sources read. Mike Dalton exported")


def test_days_are_compared_with_days_and_not_with_single_exports() -> None:
    judged = judge(view([act(60, 60), act(60, 40, hour=11), act(16, 300), act(16, 100, hour=11)]))

    assert "took 300 records in 1 export" in judged.sentence
    assert ", 4 times the most in a day before (100)." in judged.sentence


def test_small_exports_that_together_are_unusual_are_told() -> None:
    judged = judge(view([act(60, 100), *(act(16, 80, hour=hour) for hour in range(8, 13))]))

    assert "took 400 records in 5 exports" in judged.sentence
    assert ", 4 times the most in a day before (100)." in judged.sentence


def test_of_several_unusual_days_the_largest_is_compared() -> None:
    judged = judge(view([act(60, 100), act(16, 300), act(12, 200)]))

    assert ", on the largest day 3 times the most in a day before (100)." in judged.sentence


def test_one_export_is_said_in_the_singular() -> None:
    judged = judge(view([act(20, 30), *(act(days) for days in range(60, 120, 7))]))

    assert "exported once, at most 30 records in a day; the most in a day before: 40." in judged.sentence


def test_one_record_is_said_in_the_singular() -> None:
    judged = judge(view([act(20, 1)], total_records=None))

    assert "took 1 record in 1 export, 10 days before notice." in judged.sentence


def test_a_little_more_than_usual_is_not_said_to_be_one_times_as_much() -> None:
    judged = judge(view([act(60, 100), act(20, 104)]))

    assert "more than the most in a day before (100)" in judged.sentence
    assert "1 times" not in judged.sentence


def test_an_export_nobody_counted_is_not_said_to_be_of_no_records() -> None:
    judged = judge(view([*usual_past(), act(16, None)]))

    assert "the log does not say of how many records" in judged.sentence
    assert next(d for d in judged.days if d.day == at(16).date()).records is None


def test_a_count_that_is_partly_known_is_at_least() -> None:
    judged = judge(view([*GUILTY, act(12, None)]))

    assert "took at least 31,647 records" in judged.sentence


def test_a_share_is_never_rounded_to_nothing() -> None:
    judged = judge(view([*usual_past(), act(16, 70)]))

    assert "less than 1 % of all 30,000" in judged.sentence


def test_many_days_are_told_as_a_span() -> None:
    judged = judge(view([*usual_past(), *(act(days, 900) for days in range(12, 30))]))

    assert "between 19 and 2 days before notice" in judged.sentence


def test_a_day_after_notice_is_told_by_its_date() -> None:
    judged = judge(view([*usual_past(), act(3, 20000)]))

    assert "on 27 Feb (notice: 20 Feb)" in judged.sentence


@pytest.mark.parametrize("last", range(1, 14))
def test_no_sign_is_never_said_while_one_of_the_last_days_is_unknown(last: int) -> None:
    day = view().windows.review_to - timedelta(days=last)

    judged = judge(view(usual_past(), coverage=with_gap(day, CoverageState.PENDING)))

    assert judged.verdict is Verdict.CANNOT_SAY


def test_one_old_gap_among_many_days_is_said_and_does_not_blind() -> None:
    judged = judge(view(usual_past(), coverage=with_gap(date(2026, 2, 1))))

    assert judged.verdict is Verdict.NO_SIGN
    assert judged.coverage == "54 of 55 days under review were seen; unknown: 1 gap (01 Feb)."


def test_without_any_log_nothing_can_be_said_and_nothing_is_claimed() -> None:
    judged = judge(view(coverage={}))

    assert judged.verdict is Verdict.CANNOT_SAY
    assert judged.sentence == "Cannot say. None of the 55 days under review could be seen."
    assert {day.records for day in judged.days} == {None}


@pytest.mark.parametrize("zone", ["UTC", "America/Vancouver"])
@pytest.mark.parametrize("activities", [(), GUILTY])
def test_of_no_log_is_told_what_is_told_of_a_log_of_other_days(activities: list[Activity], zone: str) -> None:
    of_long_ago = {date(2020, 1, 1): dict.fromkeys(REQUIRED, CoverageState.COMPLETE)}

    assert judge(view(activities, zone=zone, coverage={})) == judge(
        view(activities, zone=zone, coverage=of_long_ago)
    )


def test_what_was_found_counts_although_a_log_is_missing() -> None:
    judged = judge(view(GUILTY, coverage=with_gap(date(2026, 2, 28))))

    assert judged.verdict is Verdict.PROBABLE


def test_a_past_that_was_not_seen_makes_nobody_unusual() -> None:
    now = END + timedelta(days=20)
    seen = {day: kinds for day, kinds in all_seen(now).items() if day >= date(2026, 1, 21)}

    judged = judge(view([act(days, 300) for days in range(3, 30, 3)], coverage=seen))

    assert judged.verdict is Verdict.CANNOT_SAY
    assert "The time before was not seen" in judged.sentence


def test_a_tenth_of_all_records_at_once_needs_a_look_whatever_the_past() -> None:
    now = END + timedelta(days=20)
    seen = {day: kinds for day, kinds in all_seen(now).items() if day >= date(2026, 1, 21)}

    judged = judge(view([act(16, 20447)], coverage=seen))

    assert judged.verdict is Verdict.POSSIBLE


def test_a_sign_in_after_the_end_is_an_incident() -> None:
    late = act(0, kind=ActivityKind.LOGIN, at=END + timedelta(hours=3))

    judged = judge(view([*usual_past(), late]))

    assert judged.verdict is Verdict.INCIDENT
    assert "1 activity after access had to be gone" in judged.sentence


@pytest.mark.parametrize("kind", [ActivityKind.LOGIN_FAILED, ActivityKind.BLOCKED], ids=str)
def test_a_refused_attempt_after_the_end_proves_that_the_cut_held(kind: ActivityKind) -> None:
    judged = judge(view([*usual_past(), act(0, kind=kind, at=END + timedelta(hours=3))]))

    assert judged.verdict is Verdict.NO_SIGN


def test_what_worked_until_the_verified_cut_was_a_late_cut_and_no_way_in() -> None:
    page = act(0, None, kind=ActivityKind.RECORD_VIEW, at=END + timedelta(seconds=2))

    judged = judge(view([*usual_past(), page], cut_at=END + timedelta(seconds=4)))

    assert judged.verdict is Verdict.NO_SIGN


@pytest.mark.parametrize(
    ("zone", "missing"),
    [("America/Vancouver", date(2026, 3, 3)), ("Asia/Tokyo", date(2026, 3, 1)), ("UTC", date(2026, 3, 2))],
)
def test_a_day_of_the_leavers_needs_every_utc_day_it_reaches_into(zone: str, missing: date) -> None:
    looked_at = view(usual_past(), zone=zone, coverage=with_gap(missing))

    assert looked_at.unseen(date(2026, 3, 2)) == "gap"


def test_an_evening_export_belongs_to_the_day_it_was_where_the_leaver_works() -> None:
    evening = act(0, 5000, at=at(10, 3))

    judged = judge(view([*usual_past(), evening], zone="America/Vancouver"))

    assert next(day.day for day in judged.days if day.records == 5000) == (at(10) - timedelta(days=1)).date()


def test_what_has_not_happened_yet_is_not_missing() -> None:
    now = END + timedelta(days=1)
    looked_at = view(now=now, coverage=all_seen(now), zone="America/Vancouver")

    assert looked_at.unseen(looked_at.windows.review_to) == ""


def test_nobody_may_look_says_so_and_shows_nothing() -> None:
    judged = blind(view(GUILTY), "No notice of monitoring is on file, so nothing was looked at.")

    assert judged.verdict is Verdict.CANNOT_SAY
    assert {day.records for day in judged.days} == {None}


def test_the_review_never_reaches_further_back_than_allowed() -> None:
    spans = windows(notice=NOTICE, effective_at=END, now=END, zone="UTC", lookback_days=7, baseline_days=90)

    assert spans.review_from == END.date() - timedelta(days=7)


states = st.sampled_from([*CoverageState, CoverageState.COMPLETE, CoverageState.COMPLETE])
rows = st.one_of(st.none(), st.integers(0, 50_000))


@settings(max_examples=60, deadline=None)
@given(
    acts=st.lists(st.tuples(st.integers(-16, 110), rows, st.sampled_from(list(ActivityKind))), max_size=12),
    holes=st.dictionaries(st.integers(0, 150), states, max_size=20),
    zone=st.sampled_from(["UTC", "America/Vancouver", "Asia/Tokyo", "Europe/Stockholm"]),
)
def test_no_leaver_is_ever_called_clean_and_no_sign_needs_every_last_day(
    acts: list[tuple[int, int | None, ActivityKind]], holes: dict[int, CoverageState], zone: str
) -> None:
    now = END + timedelta(days=20)
    seen = all_seen(now)
    for back, state in holes.items():
        seen[(now - timedelta(days=back)).date()] = dict.fromkeys(REQUIRED, state)
    done: list[Activity] = [act(days, n, kind=kind) for days, n, kind in acts]
    looked_at = view(done, coverage=seen, zone=zone)

    judged = judge(looked_at)

    assert "clean" not in judged.sentence.lower()
    assert judged.sentence.startswith(("Incident", "Probable", "Possible", "No sign", "Cannot say"))
    assert "  " not in judged.sentence
    if judged.verdict is Verdict.NO_SIGN:
        assert not any(looked_at.unseen(day) for day in looked_at.review[-14:])


def test_over_no_activity_every_signal_is_silent_so_that_none_needs_to_be_asked() -> None:
    with closing(lay_out(view([]))) as bench:
        assert [signal.ID for signal in every() if signal.look(bench) is not None] == []
