"""What HR changes of a run that has begun is told in its thread: from what to what, by whom, and what goes by it."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from service.engine.facts import RunFacts
from service.engine.states import StepState
from service.ledger.event import Event
from service.playbook.model import Phase
from service.slack.look import Look
from service.slack.message import checklist
from service.slack.thread import Happened, line
from tests.unit.slack import facts as f

LOOK = Look(base_url="https://exeunt.example.com/", it_mention="<!subteam^SIT>", findings=True)
STOCKHOLM = {"civil_at": "2026-03-06T18:00", "zone": "Europe/Stockholm", "kind": "voluntary"}
AT = "<!date^1772816400^{date_short_pretty} {time}|06 Mar 17:00 UTC>"
OTHER = "It was judged and sealed with notice on 2 Mar 2026; HR says 4 Mar 2026 now."


def told(facts: RunFacts | None = None, **body: Any) -> str:
    happened = Happened(
        seq=9,
        event=Event.DEPARTURE_CHANGED,
        step="",
        at=f.NOW,
        by="*hr* (HR system)",
        body=body,
    )
    return line(happened, facts or f.run(), now=f.NOW, look=LOOK)


def follows(facts: RunFacts | None = None, **now: Any) -> str:
    """The line of a followed change: what HR says now beside what it said."""
    return told(facts, **{**STOCKHOLM, "effective_at": f.END.isoformat(), "was": STOCKHOLM, **now})


def test_a_moved_end_is_told_with_both_times_and_who_said_so() -> None:
    assert follows(civil_at="2026-03-05T18:00") == (
        ":calendar: *hr* (HR system) moves the end: *2026-03-06 18:00* → *2026-03-05 18:00 Europe/Stockholm* "
        f"({AT}). 1 step that has not begun goes by it."
    )


def test_a_time_is_told_to_the_minute_and_a_last_day_as_a_day() -> None:
    assert "*2026-03-06 18:00* → *2026-03-05 17:30 Europe/Stockholm*" in follows(
        civil_at="2026-03-05T17:30:00"
    )
    assert "→ *2026-03-05 Europe/Stockholm*" in follows(civil_at="2026-03-05")


def test_another_zone_stands_beside_each_time() -> None:
    assert "*2026-03-06 18:00 Europe/Stockholm* → *2026-03-06 18:00 America/Denver*" in follows(
        zone="America/Denver"
    )


def test_another_kind_is_told_and_what_it_brings_forward() -> None:
    assert follows(kind="involuntary") == (
        ":calendar: *hr* (HR system) says *involuntary* now, no longer *voluntary*. "
        "1 step that has not begun goes by it; what was for days after the end begins with the end."
    )


def test_what_cannot_be_undone_is_not_said_to_come_earlier() -> None:
    wipe = f.step("wipe", "Wipe", state=StepState.READY, phase=Phase.DESTRUCTIVE, started_at=None)

    said = follows(f.run(steps=(*f.steps(), wipe)), civil_at="2026-03-05T18:00")

    assert said.endswith(
        "2 steps that have not begun go by it; what cannot be undone comes no earlier than planned."
    )


def test_where_every_step_has_begun_nothing_is_said_to_follow() -> None:
    assert follows(f.closed(), civil_at="2026-03-05T18:00").endswith("No step is left to go by it.")


def test_an_end_that_stays_is_not_said_to_move() -> None:
    assert follows(civil_at="2026-03-07T09:00", stays=True) == (
        ":calendar: *hr* (HR system) names another end, *2026-03-07 09:00 Europe/Stockholm*. "
        "It is past too: the end stays at *2026-03-06 18:00*."
    )


def test_what_hr_says_as_at_first_and_what_goes_on_by_it_is_told() -> None:
    assert follows(goes_on=True) == (
        ":calendar: *hr* (HR system) says once more that access ends *2026-03-06 18:00 Europe/Stockholm* "
        f"({AT}). What was held for it goes on."
    )


def test_an_end_that_moved_with_the_zone_data_is_told() -> None:
    earlier = (f.END - timedelta(hours=1)).isoformat()

    assert told(**{"because": "zone data", "from": earlier, "to": f.END.isoformat()}).startswith(
        f":calendar: New zone data: the end HR named is at {AT}, and not at <!date^1772812800^"
    )


def test_what_hr_says_while_a_run_is_taken_back_is_told() -> None:
    said = "HR says now: access ends 2026-04-01 in UTC."

    assert told(f.run(hr_says=said), restoring=True) == f":calendar: {said}"


def test_another_day_of_notice_is_told_and_that_the_snapshot_was_judged_by_the_old_one() -> None:
    said = told(f.run(other_notice=OTHER), notice_was="2026-03-02", notice="2026-03-04")

    assert said == (
        ":calendar: *hr* (HR system) gives another day of notice: *2026-03-02* → *2026-03-04*. "
        f"The snapshot: {OTHER}"
    )


def test_another_day_of_notice_says_what_is_counted_from_it() -> None:
    remind = f.step("remind", "Remind", state=StepState.READY, phase=Phase.NOTICE, started_at=None)
    ahead = f.run(steps=(*f.steps(), remind), effective_at=f.NOW + timedelta(days=3))

    said = told(ahead, notice_was="2026-03-02", notice="2026-03-04")

    assert said.endswith("*2026-03-04*. 1 step that has not begun goes by it.")


def test_a_held_change_is_told_once() -> None:
    held = f.run(held="Held: an executive.")

    assert "Held" not in follows(held, civil_at="2026-03-05T18:00")


def test_the_message_says_that_its_snapshot_was_judged_by_another_day_of_notice() -> None:
    facts = replace(f.run(finding=f.finding(notice=date(2026, 3, 2))), other_notice=OTHER)

    assert f"_{OTHER}_" in str(checklist(facts, now=f.NOW, look=LOOK))
    assert OTHER not in str(checklist(facts, now=f.NOW, look=replace(LOOK, findings=False)))
