"""The picture of records leaving per day."""

import re
from dataclasses import replace
from datetime import UTC, date, datetime

from service.engine.facts import DayFact
from service.web.chart import BASE, TOP, Chart, draw
from tests.unit.web.office import days, finding

END = datetime(2026, 3, 2, 17, 0, tzinfo=UTC)


def drawn(*facts: DayFact, usual_max: int | None = 310, zone: str = "UTC") -> Chart:
    chart = draw(finding(days=facts, usual_max=usual_max), effective_at=END, zone_name=zone)
    assert chart
    return chart


def day(n: int, records: int | None, *, review: bool = False) -> DayFact:
    return DayFact(
        day=date(2026, 3, n), records=records, in_review=review, why_unknown="" if records else "no log"
    )


def tops(path: str) -> list[int]:
    return [int(y) for y in re.findall(r"M\d+ \d+V(\d+)", path)]


def test_a_day_with_ten_times_as_much_stands_a_fixed_step_higher() -> None:
    one, ten, hundred, thousand = tops(drawn(*(day(n, 10**n) for n in range(1, 5)), usual_max=None).usual)

    steps = [one - ten, ten - hundred, hundred - thousand]
    assert max(steps) - min(steps) <= 1


def test_a_day_with_nothing_has_no_bar_and_a_day_unseen_is_hatched_over_its_height() -> None:
    chart = drawn(day(1, 5), day(2, 0), day(3, None), day(4, None))

    assert len(tops(chart.usual)) == 1
    assert chart.unknown.count("M") == 1
    assert f" {TOP}h" in chart.unknown
    assert f"v{BASE - TOP}h" in chart.unknown


def test_days_in_review_are_drawn_apart() -> None:
    chart = drawn(day(1, 5), day(2, 5000, review=True))

    assert (len(tops(chart.usual)), len(tops(chart.review))) == (1, 1)
    assert tops(chart.review)[0] < tops(chart.usual)[0]


def test_no_bar_leaves_the_picture() -> None:
    chart = drawn(*(day(n, 10 ** (n % 8)) for n in range(1, 29)))

    assert len(tops(chart.usual)) == 28
    assert all(TOP <= y < BASE for y in tops(chart.usual))


def test_the_end_stands_where_it_was_on_the_leavers_own_clock() -> None:
    stockholm, utc = (
        drawn(*(day(n, 1) for n in range(1, 5)), zone=zone) for zone in ("Europe/Stockholm", "UTC")
    )

    assert stockholm.ended_x is not None
    assert utc.ended_x is not None
    assert stockholm.ended_x > utc.ended_x


def test_an_end_outside_the_days_shown_is_not_drawn() -> None:
    assert drawn(*(day(n, 1) for n in range(10, 15))).ended_x is None


def test_the_description_says_what_the_picture_shows() -> None:
    said = drawn(*days()).described

    assert "90 days from 3 Dec 2025 to 2 Mar 2026." in said
    assert "16,100 records on 28 Feb" in said
    assert "Own usual maximum before the review: 310." in said
    assert "The log of 2 days was not collected: unknown, not zero." in said


def test_the_table_holds_every_day_and_joins_equal_ones() -> None:
    chart = drawn(*days())

    covered = sum((row.last - row.first).days + 1 for row in chart.rows)
    assert covered == 90
    assert len(chart.rows) < 70
    assert [row.note for row in chart.rows if row.records is None] == ["log not collected"]


def test_without_days_there_is_no_picture() -> None:
    assert draw(replace(finding(), days=()), effective_at=END, zone_name="UTC") is None
