"""The night's work: rosters and logs, for every system once a day."""

from tests.plants.plant import Plant

DAMAGED = "tests/unit/snapshot/test_damaged.py"

PLANTS = (
    Plant(
        protects="A damaged day ends no night's collection.",
        file="service/snapshot/collect.py",
        text="        except DAMAGED:\n            self.shelf.set_aside_day(place, day)\n            return DayRead(",
        becomes="        except AssertionError:\n            return DayRead(",
        tests=(f"{DAMAGED}::test_a_damaged_day_stops_no_collection",),
    ),
    Plant(
        protects="A day that cannot be opened is no day on which nothing happened.",
        file="service/snapshot/seal.py",
        text="day not in lost} if lost else told",
        becomes="day} if lost else told",
        tests=(
            f"{DAMAGED}::test_a_leaver_is_judged_by_the_days_that_are_whole",
            f"{DAMAGED}::test_a_day_that_is_gone_is_not_a_day_on_which_nothing_happened",
        ),
    ),
    Plant(
        protects="A day of which a kept log is damaged stays complete no longer.",
        file="service/snapshot/collect.py",
        text="        if lost:\n            self._forget(connector, lost)\n",
        becomes="",
        tests=(
            f"{DAMAGED}::test_a_day_whose_log_is_damaged_as_well_is_a_gap_until_it_is_fetched_anew",
            f"{DAMAGED}::test_a_log_that_is_gone_for_good_ends_no_night",
        ),
    ),
    Plant(
        protects="What was set aside is destroyed with what took its place.",
        file="service/snapshot/custody.py",
        text="    path.with_suffix(ASIDE).unlink(missing_ok=True)\n",
        becomes="",
        tests=(f"{DAMAGED}::test_what_was_set_aside_is_destroyed_with_its_day",),
    ),
    Plant(
        protects="A system that was away when its roster was due has its turn soon again.",
        file="service/scheduler/daily.py",
        text="set(turn).difference(failed)",
        becomes="set(turn)",
        tests=(
            "tests/unit/scheduler/test_daily.py::test_a_system_that_was_away_has_its_turn_soon_again_and_alone",
            (
                "tests/integration/test_the_nights_work.py::"
                "test_a_system_that_comes_up_after_us_is_asked_within_minutes_and_not_the_next_night"
            ),
        ),
    ),
    Plant(
        protects="A roster that could not be read is not taken for one that was.",
        file="service/nights.py",
        text="                failed.append(name)\n",
        becomes="",
        tests=(
            (
                "tests/integration/test_the_nights_work.py::"
                "test_a_system_that_comes_up_after_us_is_asked_within_minutes_and_not_the_next_night"
            ),
        ),
    ),
    Plant(
        protects="A roster or logs that fail for two nights are an alarm.",
        file="service/watching.py",
        text="now=now()), nights.missed]",
        becomes="now=now())]",
        tests=(
            (
                "tests/integration/test_the_nights_work.py::"
                "test_a_roster_and_logs_that_fail_for_two_nights_are_an_alarm_each_until_they_come"
            ),
            "tests/unit/cli/test_check.py::test_an_alarm_that_is_open_is_said_with_what_to_do",
        ),
    ),
    Plant(
        protects="A night that ends well after all is no alarm, nor is one on which nobody worked.",
        file="service/engine/last_times.py",
        text="        row.well_at, row.failed_at = at, None",
        becomes="        row.failed_at = at",
        tests=(
            "tests/unit/engine/test_last_times.py::test_a_success_ends_it",
            "tests/unit/engine/test_last_times.py::test_what_was_not_tried_because_nobody_worked_has_not_failed",
        ),
    ),
    Plant(
        protects="A roster that fails by a fault of ours is told as well.",
        file="service/nights.py",
        text=(
            "            finally:  # whatever it was that went wrong\n"
            "                self._note(ROSTER, name, well=well)"
        ),
        becomes="            self._note(ROSTER, name, well=well)",
        tests=(
            (
                "tests/integration/test_the_nights_work.py::"
                "test_a_roster_that_fails_by_a_fault_of_ours_is_told_too"
            ),
        ),
    ),
    Plant(
        protects="It is written down whenever a connection to Slack stands or does not.",
        file="service/slack/listening.py",
        text="        if self._noted and self._noted[0] == stands and at - self._noted[1] < NOTE_S:",
        becomes="        if self._noted:",
        tests=(
            (
                "tests/integration/slack/test_socket_mode.py::"
                "test_we_begin_though_slack_is_away_and_listen_once_it_is_back"
            ),
        ),
    ),
    Plant(
        protects="The end of an alarm is told beneath it, once.",
        file="service/slack/alarms.py",
        text="        if ts and not self._api.has_line(self._channel, ts, entry.seq):",
        becomes="        if ts:",
        tests=("tests/integration/slack/test_alarms.py::test_an_end_whose_answer_was_lost_is_told_once",),
    ),
    Plant(
        protects="A Slack that nobody hears for a quarter of an hour is an alarm.",
        file="service/slack/alarms.py",
        text="after=DEAF_FOR, now=now)",
        becomes="after=DEAF_FOR * 99, now=now)",
        tests=(
            (
                "tests/integration/slack/test_alarms.py::"
                "test_a_slack_that_is_not_heard_for_long_is_an_alarm_and_its_end_is_told_beneath_it"
            ),
        ),
    ),
)
