"""What a page shows of thousands, and how it looks on a phone."""

from tests.plants.plant import Plant

PLANTS = (
    Plant(
        protects="No word of a mark in a list is broken on a phone.",
        file="service/web/static/exeunt.css",
        text=".list td .badge { overflow-wrap: break-word; }",
        becomes="",
        tests=("tests/e2e/web/test_in_a_browser.py::test_on_a_phone_no_word_of_a_mark_in_a_list_is_broken",),
    ),
    Plant(
        protects="Of thousands of departures to come a page shows some.",
        file="service/web/departures.py",
        text="    shown = waiting[start : start + PAGE]",
        becomes="    shown = waiting[start:]",
        tests=(
            (
                "tests/unit/web/test_lists.py::"
                "test_of_many_departures_to_come_a_page_shows_some_and_says_how_many_there_are"
            ),
        ),
    ),
    Plant(
        protects="What waits for a person stands first in the report of a large batch.",
        file="service/web/undo.py",
        text="shown=sorted(runs, key=lambda each: place[each.number])[:MOST_RUNS]",
        becomes="shown=runs[:MOST_RUNS]",
        tests=(
            (
                "tests/unit/web/test_batches.py::"
                "test_of_a_large_batch_the_report_shows_some_runs_and_counts_the_rest"
            ),
        ),
    ),
)
