"""Access ends when HR meant it to, on the leaver's own clocks, and nothing due is skipped."""

from tests.plants.plant import Plant

TIMES = "service/departures/times.py"
UNIT = "tests/unit/departures/test_times.py"
DAYS = "tests/unit/departures/test_days_after.py"
CLOCK = "tests/unit/engine/test_clock.py"
LATE = "tests/unit/engine/test_lateness.py"
ANNOUNCE = "tests/unit/departures/test_announce.py"
SAID_LATE = "tests/unit/departures/test_said_late.py"
ZONES = "tests/unit/departures/test_zones.py"
PHASES = "tests/unit/engine/test_phases.py"

PLANTS = (
    Plant(
        protects="HR is not called late by an hour of our own rule.",
        file="service/departures/lateness.py",
        text="    return times.instant(times.civil(departure.civil_at), departure.zone).instant",
        becomes="    return departure.effective_at",
        tests=(
            (
                "tests/unit/engine/test_lateness.py::"
                "test_who_is_brought_forward_to_an_hour_that_is_past_was_told_late_only_when_the_day_was_over"
            ),
        ),
    ),
    Plant(
        protects="What the Friday rule brings forward to an hour that is past is explained as such.",
        file="service/departures/reasoning.py",
        text="HOUR_IS_PAST if moved_back else late_or_far(",
        becomes="late_or_far(",
        tests=(
            (
                "tests/unit/departures/test_days_after.py::"
                "test_a_last_day_is_called_late_when_it_is_over_and_not_when_the_friday_rules_hour_is"
            ),
        ),
    ),
    Plant(
        protects="A clock that is set every night keeps no night's work from its turn.",
        file="service/scheduler/ticker.py",
        text="            left = min(max(0.0, self._begun[name] + seconds - running()), seconds)\n",
        becomes="            left = seconds\n",
        tests=(
            (
                "tests/unit/scheduler/test_ticker.py::"
                "test_a_clock_that_is_set_again_and_again_keeps_no_job_from_its_turn"
            ),
        ),
    ),
    Plant(
        protects="A job that was being planned the moment the clock was set back does not stand still for hours.",
        file="service/scheduler/ticker.py",
        text="            if jumped or self.stray():",
        becomes="            if jumped:",
        tests=(
            (
                "tests/unit/scheduler/test_ticker.py::"
                "test_a_job_that_was_being_planned_when_the_clock_was_set_back_ticks_all_the_same"
            ),
        ),
    ),
    Plant(
        protects="Where HR names no zone, the leaver's own counts before the one set for the source.",
        file="service/departures/announce.py",
        text="    event = zones.read_for(event, person.timezone)\n",
        becomes="",
        tests=(f"{ZONES}::test_the_rosters_comes_before_the_sources_and_the_page_says_so",),
    ),
    Plant(
        protects="A zone nobody named is flagged.",
        file=TIMES,
        text="    if zone_source is not ZoneSource.NOBODY:\n",
        becomes="    if zone_source is not None:\n",
        tests=(f"{ZONES}::test_a_zone_nobody_named_is_flagged",),
    ),
    Plant(
        protects="A zone learnt after the cut is no news.",
        file="service/departures/zones.py",
        text=" or (event.zone_source in NOT_HRS and source in NOT_HRS)",
        becomes="",
        tests=(f"{ZONES}::test_a_zone_learnt_after_the_cut_is_no_news",),
    ),
    Plant(
        protects="Whose zone nobody has said is not written down as working in UTC.",
        file="service/people/person.py",
        text='timezone: Mapped[str] = mapped_column(String(64), default="")',
        becomes='timezone: Mapped[str] = mapped_column(String(64), default="UTC")',
        tests=(f"{ZONES}::test_a_zone_nobody_named_is_flagged",),
    ),
    Plant(
        protects="A last day lasts to its end.",
        file=TIMES,
        text="datetime.combine(meant + timedelta(days=1), datetime.min.time())",
        becomes="datetime.combine(meant, datetime.min.time())",
        tests=(f"{UNIT}::test_a_last_day_ends_with_the_first_instant_of_a_later_date",),
    ),
    Plant(
        protects="A last day whose midnight the clocks jump over ends with the jump.",
        file=TIMES,
        text="        moment = _start_of_gap(moment, after - before, place)",
        becomes="        pass",
        tests=(f"{UNIT}::test_a_last_day_ends_with_the_first_instant_of_a_later_date",),
    ),
    Plant(
        protects="Of a time that comes twice the first counts, and one that never comes is moved forward.",
        file=TIMES,
        text="    moment = (wall - before).replace(tzinfo=UTC)",
        becomes="    moment = (wall - after).replace(tzinfo=UTC)",
        tests=(f"{UNIT}::test_a_civil_time_stands_for_this_instant",),
    ),
    Plant(
        protects="Who leaves at once in an hour that comes for the second time does not leave in the first.",
        file=TIMES,
        text="    return moment.astimezone(zone(zone_name)).replace(tzinfo=None, microsecond=0)\n",
        becomes="    return moment.astimezone(zone(zone_name)).replace(tzinfo=None, microsecond=0, fold=0)\n",
        tests=(f"{UNIT}::test_at_once_is_when_it_was_said_also_in_an_hour_that_comes_for_the_second_time",),
    ),
    Plant(
        protects="What was said at once in the second of two hours is worked out anew as that.",
        file="service/departures/announce.py",
        text='times.kept(departure.civil_at, departure.interpretation.get("adjustment", ""))',
        becomes="times.civil(departure.civil_at)",
        tests=(f"{ANNOUNCE}::test_at_once_in_an_hour_that_comes_twice_was_told_in_time_and_stays_as_it_is",),
    ),
    Plant(
        protects="A zone that does not exist is refused.",
        file=TIMES,
        text="    if name not in zone_names():",
        becomes='    if name not in zone_names() and "/" not in name:',
        tests=(f"{UNIT}::test_a_zone_that_does_not_exist_is_refused",),
    ),
    Plant(
        protects="Zone data of the machine are never read.",
        file=TIMES,
        text="        return zoneinfo.ZoneInfo.from_file(file, key=name)",
        becomes="        return zoneinfo.ZoneInfo(name)",
        tests=(f"{UNIT}::test_zone_data_of_the_machine_are_never_read",),
    ),
    Plant(
        protects="Zone data older than sixty days are warned about.",
        file=TIMES,
        text="    if age <= STALE_AFTER:",
        becomes="    if age <= 100 * STALE_AFTER:",
        tests=(f"{UNIT}::test_zone_data_that_are_older_than_sixty_days_are_warned_about",),
    ),
    Plant(
        protects="Days later it is the same time of day, though a day had 23 or 25 hours.",
        file=TIMES,
        text="    days, rest = divmod(after, timedelta(days=1))",
        becomes="    days, rest = 0, after",
        tests=(f"{DAYS}::test_days_later_it_is_the_same_time_on_the_wall_clock",),
    ),
    Plant(
        protects="The Friday rule never moves a time that HR named.",
        file="service/departures/friday.py",
        text="if self.does is AtWeeksEnd.BRING_FORWARD and found.rule is Rule.END_OF_THE_DAY:",
        becomes="if self.does is AtWeeksEnd.BRING_FORWARD:",
        tests=(f"{DAYS}::test_the_friday_rule_moves_only_a_last_day_without_a_time",),
    ),
    Plant(
        protects="A departure at a week's end is flagged.",
        file="service/departures/friday.py",
        text="        return replace(found, warnings=(*found.warnings, said))",
        becomes="        return found",
        tests=(f"{DAYS}::test_a_departure_at_a_weeks_end_is_flagged",),
    ),
    Plant(
        protects="Leaving at once cannot be put off by a clock that is ahead.",
        file="service/departures/event.py",
        text="begun = min(self.occurred_at, now)",
        becomes="begun = self.occurred_at",
        tests=(
            "tests/unit/intake/test_native.py::test_leaving_at_once_cannot_be_put_off_by_a_clock_that_is_ahead",
        ),
    ),
    Plant(
        protects="A departure that was told too late is flagged.",
        file="service/departures/lateness.py",
        text="    late = announced_at - effective_at",
        becomes="    late = effective_at - effective_at",
        tests=(f"{LATE}::test_a_departure_told_too_late_begins_at_once_and_says_so",),
    ),
    Plant(
        protects="A run that begins after a downtime says how late it is.",
        file="service/departures/lateness.py",
        text="    late = began_at - max(effective_at, announced_at)",
        becomes="    late = effective_at - max(effective_at, announced_at)",
        tests=(f"{LATE}::test_a_run_that_begins_after_a_downtime_says_how_late_it_is",),
    ),
    Plant(
        protects="A date long past is held as a slip in the year.",
        file="service/departures/holding.py",
        text="    if ends < now - LONG_PAST:",
        becomes="    if ends < now - 99 * LONG_PAST:",
        tests=(f"{ANNOUNCE}::test_a_slip_in_the_year_is_held",),
    ),
    Plant(
        protects="People are told the last day that holds now.",
        file="service/playbook/references.py",
        text='{days})(?![\\w-])", now["departure.last_day"], text)',
        becomes='{days})(?![\\w-])", "", text) and text',
        tests=(
            "tests/unit/engine/test_phases.py::test_what_people_are_told_names_the_last_day_that_holds_now",
        ),
    ),
    Plant(
        protects="A date years ahead is held as a slip in the year.",
        file="service/departures/holding.py",
        text="    if ends > now + FAR_AHEAD:",
        becomes="    if ends > now + 99 * FAR_AHEAD:",
        tests=(f"{ANNOUNCE}::test_a_slip_forward_is_held_as_it_would_leave_access_open",),
    ),
    Plant(
        protects="A slip in the year shuts nobody out who works out their notice.",
        file="service/departures/late.py",
        text="or _slip(session, departure, meant, now=now):",
        becomes="or None:",
        tests=(
            "tests/unit/engine/test_slips_in_the_notice.py::test_a_slip_in_the_year_is_held_and_the_end_stays",
        ),
    ),
    Plant(
        protects="Old news that arrives late changes nothing.",
        file="service/departures/in_turn.py",
        text='    return same_count and is_older(event.source_version or "", departure.source_version)',
        becomes="    return False",
        tests=(f"{SAID_LATE}::test_old_news_that_arrives_late_changes_nothing",),
    ),
    Plant(
        protects="The instant is worked out anew when the zone data have changed.",
        file="service/departures/announce.py",
        text="    if departure.effective_at == when.instant:",
        becomes="    if True:",
        tests=(f"{ANNOUNCE}::test_zone_data_that_changed_move_the_instant_and_the_engine_says_so",),
    ),
    Plant(
        protects="A clock set forward begins nothing early.",
        file="service/engine/clock.py",
        text="        return now - max(ahead, NONE)",
        becomes="        return now",
        tests=(f"{CLOCK}::test_a_clock_set_forward_begins_nothing_early",),
    ),
    Plant(
        protects="The engine's time never runs back.",
        file="service/engine/clock.py",
        text="        return now - ahead\n",
        becomes="        return now\n",
        tests=(f"{CLOCK}::test_the_engines_time_never_runs_back_and_nothing_begins_before_it",),
    ),
    Plant(
        protects="A clock that is set while it is looked at is not taken for the time.",
        file="service/engine/clock.py",
        text="            if abs(ahead - before) <= EVEN:\n",
        becomes="            if True:\n",
        tests=(f"{CLOCK}::test_a_clock_that_is_set_while_it_is_looked_at_is_not_taken_for_the_time",),
    ),
    Plant(
        protects="Jumps of the clock are recorded.",
        file="service/engine/clock.py",
        text="            append(session, event, actor=ENGINE, body=body, at=now)\n",
        becomes="",
        tests=(f"{CLOCK}::test_jumps_and_what_became_of_them_are_recorded",),
    ),
    Plant(
        protects="Access is cut at its end and not a second before.",
        file="service/engine/timing.py",
        text="    return max(times.later(base, departure.zone, after), now)",
        becomes="    return now",
        tests=(f"{PHASES}::test_the_end_cuts_and_not_a_second_before",),
    ),
    Plant(
        protects="What was shut is read again after an hour, a day, a week and a month.",
        file="service/engine/aftercare.py",
        text="timedelta(hours=1), timedelta(hours=24), timedelta(days=7), timedelta(days=30)",
        becomes="timedelta(hours=1), timedelta(hours=24)",
        tests=(f"{PHASES}::test_what_was_shut_is_read_again_after_an_hour_a_day_a_week_and_a_month",),
    ),
    Plant(
        protects="A clock set forward is believed only after it ran evenly for a quarter of an hour.",
        file="service/engine/clock.py",
        text="if self._ahead > NONE and at - self._even_since >= SETTLES_AFTER.total_seconds():",
        becomes="if self._ahead > NONE:",
        tests=(
            (
                "tests/unit/engine/test_clock.py::"
                "test_a_clock_set_forward_is_believed_after_it_ran_evenly_for_a_quarter_of_an_hour"
            ),
        ),
    ),
    Plant(
        protects="A clock that jumps again has not run evenly.",
        file="service/engine/clock.py",
        text="        self._even_since, self._quiet = at, False",
        becomes="        self._quiet = False",
        tests=("tests/unit/engine/test_clock.py::test_a_clock_that_jumps_again_has_not_run_evenly",),
    ),
    Plant(
        protects="Small corrections of the clock are taken over as they come.",
        file="service/engine/clock.py",
        text="            elif self._ahead == NONE:\n",
        becomes="            elif False:\n",
        tests=("tests/unit/engine/test_clock.py::test_small_corrections_are_taken_over_however_many",),
    ),
    Plant(
        protects="New zone data time the steps of open runs anew.",
        file="service/engine/timing.py",
        text="        departure.timed_from = departure.timed_from or departure.effective_at\n",
        becomes="",
        tests=("tests/unit/engine/test_phases.py::test_new_zone_data_time_the_steps_of_open_runs_anew",),
    ),
    Plant(
        protects="Looks that a downtime swallowed are made up for by one.",
        file="service/engine/aftercare.py",
        text="for after in LOOKS if step.ended_at + after > now)",
        becomes="for after in LOOKS)",
        tests=(
            ("tests/unit/engine/test_phases.py::test_looks_that_a_downtime_swallowed_are_made_up_for_by_one"),
        ),
    ),
    Plant(
        protects="What people are told names the time that holds now.",
        file="service/engine/retiming.py",
        text="    _tell_anew(steps, departure, was)\n",
        becomes="",
        tests=("tests/unit/engine/test_phases.py::test_what_people_are_told_names_the_time_that_holds_now",),
    ),
    Plant(
        protects="A year of which no zone data tell is refused.",
        file="service/departures/times.py",
        text="    if not _FIRST_YEAR <= value.year <= _LAST_YEAR:",
        becomes="    if False:",
        tests=("tests/unit/departures/test_times.py::test_a_time_that_does_not_exist_is_refused",),
    ),
    Plant(
        protects="When a date moves, what is days after it moves along.",
        file="service/engine/retiming.py",
        text="release_of(departure, step.phase, timedelta(seconds=step.after_s), now=now)",
        becomes="release_of(departure, step.phase, timedelta(0), now=now)",
        tests=(
            (
                "tests/unit/engine/test_phases.py::"
                "test_a_date_that_moves_moves_what_has_not_begun_and_leaves_the_notice_alone"
            ),
        ),
    ),
    Plant(
        protects="By a changed playbook it is worked out anew when each run begins.",
        file="service/engine/timing.py",
        text="or_(Departure.begins_at.is_(None), *others))",
        becomes="Departure.begins_at.is_(None))",
        tests=(
            (
                "tests/unit/engine/test_phases.py::"
                "test_a_changed_playbook_is_looked_at_anew_and_an_unchanged_one_once"
            ),
        ),
    ),
    Plant(
        protects="The record of a run names the zone data it was timed by.",
        file="service/engine/beginning.py",
        text='        "tzdata": TZDATA_VERSION,\n    }\n    return Draft(',
        becomes='        "tzdata": "",\n    }\n    return Draft(',
        tests=(
            "tests/unit/engine/test_lateness.py::test_the_zone_data_and_the_reasoning_stand_with_the_run",
        ),
    ),
    Plant(
        protects="What fell due while the machine slept is done when it wakes.",
        file="service/scheduler/ticker.py",
        text="            self._scheduler.modify_job(name, trigger=trigger, next_run_time=first)\n",
        becomes="            self._scheduler.reschedule_job(name, trigger=trigger)\n",
        tests=(
            (
                "tests/unit/scheduler/test_ticker.py::"
                "test_what_fell_due_while_the_machine_slept_is_done_when_it_wakes"
            ),
        ),
    ),
)
