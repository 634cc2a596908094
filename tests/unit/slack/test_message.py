"""The message, drawn from facts alone."""

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from service.demo.fake_slack_limits import wrong
from service.engine.facts import ConfirmationFact, InterventionFact, UndoFact
from service.engine.states import Colour, StepState, WaitsFor
from service.playbook.model import Grade
from service.slack.look import Look
from service.slack.message import checklist, digest
from tests.unit.slack import facts as f

LOOK = Look(base_url="https://exeunt.example.com/", it_mention="<!subteam^SIT>", findings=True)


def drawn(run: Any = None, **look: Any) -> dict[str, Any]:
    return checklist(run or f.run(), now=f.NOW, look=replace(LOOK, **look))


def kinds(message: dict[str, Any]) -> list[str]:
    return [block["type"] for block in message["blocks"]]


def buttons(message: dict[str, Any]) -> list[dict[str, Any]]:
    return [b["accessory"] for b in message["blocks"] if "value" in b.get("accessory", {})]


def text(message: dict[str, Any]) -> str:
    return json.dumps(message["blocks"], ensure_ascii=False)


def test_the_drawn_run_has_the_blocks_of_the_picture() -> None:
    assert kinds(drawn()) == [
        *("header", "context", "section", "section", "divider"),
        *("section", "section", "section"),
        *("container", "context", "actions", "context"),
    ]


def test_what_failed_stands_first_then_what_is_due_first() -> None:
    ids = [block.get("block_id") for block in drawn()["blocks"] if "accessory" in block]

    assert ids == [None, "i-wipe-phone-3", "i-sales-mailbox-3", "i-return-laptop-3"]


def test_each_button_says_what_happens() -> None:
    assert [b["text"]["text"] for b in buttons(drawn())] == ["Resolve…", "Confirm…", "Take it"]


def test_one_button_is_the_most_urgent() -> None:
    assert [b.get("style") for b in buttons(drawn())] == ["primary", None, None]


def test_a_button_carries_run_step_and_the_revision_that_was_seen() -> None:
    first = buttons(drawn())[0]

    assert json.loads(first["value"]) == {"r": f.run().run_id, "s": "step-wipe-phone", "v": 3}


def test_the_notification_says_how_it_stands() -> None:
    assert drawn()["text"] == (
        "Offboarding Mike Dalton: 8 of 12 closed, 1 failed, 2 need a person, 1 comes later"
    )


def test_the_notification_of_a_dismissal_names_nobody() -> None:
    message = drawn(f.run(kind="involuntary"))

    assert "Mike" not in message["text"]
    assert message["text"].startswith("Offboarding R-2041:")


def test_a_closed_run_has_five_blocks_and_nothing_to_confirm() -> None:
    message = drawn(f.closed())

    assert kinds(message) == ["header", "context", "section", "section", "actions"]
    assert buttons(message) == []
    assert "Closed: 12 of 12" in text(message)


def test_the_finding_is_not_shown_where_the_channel_may_not_see_it() -> None:
    message = drawn(findings=False)

    assert "18,204" not in text(message)
    assert "There is a finding about data" in text(message)


def test_no_finding_is_hinted_at_where_there_is_none() -> None:
    message = drawn(f.run(finding=f.finding(verdict="no sign", sentence="No sign.")), findings=False)

    assert "finding" not in text(message)


def test_what_could_not_be_seen_stands_beside_the_verdict() -> None:
    finding = f.finding(coverage="31 of 35 days under review were seen; unknown: 4 pending.")

    assert "unknown: 4 pending" in text(drawn(f.run(finding=finding)))


def test_access_is_said_to_have_ended_only_once_it_was_read_back() -> None:
    assert "access ended" in text(drawn())
    assert "access was to end" in text(drawn(f.run(last_verified_at=None)))


def test_access_that_ends_later_is_not_said_to_have_ended() -> None:
    coming = f.run(effective_at=f.NOW + timedelta(hours=1), last_verified_at=None)

    assert "access ends <!date^" in text(drawn(coming))


def test_a_time_in_another_year_shows_the_year() -> None:
    assert "{date_short_pretty} {time}|06 Mar 17:00 UTC>" in text(drawn())
    a_year_on = checklist(f.run(), now=f.NOW + timedelta(days=365), look=LOOK)
    assert "access ended <!date^1772816400^{date_short} {time}|06 Mar 2026 17:00 UTC>" in text(a_year_on)


def test_done_is_called_read_back_only_where_it_was() -> None:
    first, *others = f.steps()
    attested = replace(first, grade=Grade.ATTESTED, minimum=Grade.ATTESTED)

    assert "8 done and read back" in text(drawn())
    assert "8 done, 7 of them read back" in text(drawn(f.run(steps=(attested, *others))))


def test_what_was_waived_or_cancelled_is_not_called_done() -> None:
    first, second, *others = f.steps()
    waived = replace(first, grade=Grade.WAIVED, colour=Colour.AMBER)
    cancelled = replace(second, state=StepState.CANCELLED, colour=Colour.AMBER)

    assert "6 done and read back, 1 waived, 1 not done" in text(
        drawn(f.run(steps=(waived, cancelled, *others)))
    )


def test_the_last_check_is_of_what_was_read_back() -> None:
    first, *others = f.steps()
    said = replace(first, grade=Grade.ATTESTED, verified_at=f.END + timedelta(hours=5))

    assert "last check <!date^1772816404^{time_secs}" in text(drawn(f.run(steps=(said, *others))))


def test_a_closed_run_says_how_each_step_is_known() -> None:
    said = ConfirmationFact(by="Ivan Petrov", at=f.NOW, what="done", note="", door="slack")
    first, second, third, fourth, *others = f.closed().steps
    steps = (
        replace(first, grade=Grade.OBSERVED, confirmations=(said,)),
        replace(second, grade=Grade.ATTESTED, confirmations=(said,)),
        replace(third, grade=Grade.ABSENT),
        replace(fourth, grade=Grade.WAIVED, confirmations=(said,)),
        *(replace(step, grade=Grade.OBSERVED) for step in others),
    )

    assert (
        "*Closed: 12 of 12*, 9 read back, 1 confirmed by a person, 1 without an account, 1 waived"
    ) in text(drawn(f.closed(steps=steps)))


def test_a_held_run_says_so_right_below_the_counts() -> None:
    held = "HR withdrew <this> departure. Steps that have not begun are held."

    message = drawn(f.run(held=held, state="held"))

    assert message["blocks"][3]["text"]["text"] == (
        ":warning: HR withdrew &lt;this&gt; departure. Steps that have not begun are held."
    )
    assert ":warning:" in text(drawn(f.closed(held=held)))


def test_what_waits_for_another_step_is_not_said_to_be_under_way() -> None:
    blocked = replace(
        f.steps()[-1], state=StepState.BLOCKED, release_after=None, title="Mail: take the licence"
    )

    said = text(drawn(f.run(steps=(*f.steps()[:-1], blocked))))

    assert "Waits for another step: Mail: take the licence" in said
    assert "Under way" not in said


def test_what_could_not_be_seen_is_said_once() -> None:
    why = "The account in the systems that keep logs is not known."
    unknown = replace(f.finding(), verdict="cannot say", sentence=f"Cannot say. {why}", coverage=why)

    assert text(drawn(f.run(finding=unknown))).count(why) == 1


@pytest.mark.parametrize(("finished_at", "what"), [(None, "Being taken back"), (f.NOW, "Taken back")])
def test_a_run_that_is_taken_back_says_by_whom_why_and_what_stays(finished_at: Any, what: str) -> None:
    undo = UndoFact(
        by="Ivan Petrov",
        at=f.NOW,
        because="mistake",
        note="HR had the <wrong> person.",
        door="web",
        finished_at=finished_at,
        lost=(("CRM: end open sessions", "The person signs in anew."),),
    )

    message = drawn(f.run(undo=undo, finished_at=finished_at))

    said = next(b["text"]["text"] for b in message["blocks"] if "taken back*" in str(b).lower())
    assert said.startswith(
        f":leftwards_arrow_with_hook: *{what}* (mistake) by *Ivan Petrov*\n> HR had the &lt;wrong"
    )
    assert "\nNot brought back: CRM: end open sessions (The person signs in anew)" in said
    assert wrong(message["blocks"]) == []


def test_what_is_held_is_not_said_to_be_under_way() -> None:
    ready = f.step("later", "Later", state=StepState.READY, ended_at=None, verified_at=None)

    held, going = (drawn(f.run(steps=(ready,), state=state)) for state in ("held", "revoking"))

    assert ("1 held" in text(held), "nder way" in text(held)) == (True, False)
    assert "1 under way" in text(going)


def test_times_in_sentences_are_the_readers_own() -> None:
    shown = text(drawn(f.closed()))

    assert "62 s after <!date^1772816400^{time_secs}|06 Mar 17:00:00 UTC>." in shown
    assert " 17:00:00 UTC." not in shown


def test_a_confirmation_that_proved_false_stands_beside_the_item() -> None:
    said = ConfirmationFact(
        by="Ivan Petrov",
        at=f.NOW,
        what="done",
        note="",
        door="slack",
        read_back="checked: the system says otherwise, 17:20:00 UTC",
    )
    step = f.step(
        "lock",
        "Laptop: lock",
        state=StepState.FAILED,
        waits_for=WaitsFor.PERSON,
        colour=Colour.RED,
        confirmations=(said,),
    )

    shown = text(drawn(f.run(steps=(step,))))
    assert "*Ivan Petrov* confirmed, checked: the system says otherwise, <!date^1772817600^" in shown


def test_an_overdue_item_says_so() -> None:
    late = f.person_step("late", "Late", due=f.NOW - timedelta(minutes=1))

    assert "*overdue since" in text(drawn(f.run(steps=(late,))))


def test_a_waived_step_says_who_waived_it() -> None:
    said = ConfirmationFact(
        by="Ivan Petrov", at=f.NOW, what="does-not-apply", note="Never had it.", door="web", waiver=True
    )
    waived = f.person_step(
        "waived", "Alarm code", state=StepState.DONE, grade=Grade.WAIVED, confirmations=(said,)
    )

    assert "does not apply, says *Ivan Petrov*" in text(drawn(f.run(steps=(waived,))))


def test_without_the_folding_block_the_count_is_in_plain_words() -> None:
    message = drawn(fold=False)

    assert "container" not in kinds(message)
    assert "*8 done and read back* · last check" in text(message)


@pytest.mark.parametrize("open_items", [1, 12, 30, 31, 200])
def test_a_long_run_stays_within_slacks_limits(open_items: int) -> None:
    steps = (*(f.person_step(f"s{n}", "t" * 200, why="<" * 900) for n in range(open_items)), *f.steps())

    message = drawn(f.run(steps=steps, leaver="N" * 300, title="T" * 200))

    assert wrong(message["blocks"]) == []
    assert len(message["text"]) <= 4_000
    if open_items > 30:
        assert f"and {open_items - 27} more" in text(message)


def test_many_done_steps_stay_within_slacks_limits() -> None:
    steps = tuple(f.step(f"s{n}", "&" * 200, residual=("<" * 300,)) for n in range(300))

    assert wrong(drawn(f.run(steps=steps))["blocks"]) == []


def test_a_run_of_twelve_steps_has_at_most_fifteen_blocks() -> None:
    assert len(drawn()["blocks"]) <= 15


def test_the_same_facts_draw_the_same_message() -> None:
    assert digest(drawn()) == digest(checklist(f.run(), now=f.NOW + timedelta(seconds=9), look=LOOK))


def test_trying_again_is_offered_only_where_the_machine_has_tried() -> None:
    untried = tuple(replace(step, attempts=()) for step in f.steps())

    assert "Try failed steps again" in text(drawn())
    assert "Try failed steps again" not in text(drawn(f.run(steps=untried)))


def test_whose_it_may_be_is_named_to_nobody_in_the_channel() -> None:
    run = f.run()
    steps = tuple(replace(step, why="It is unclear. Candidates: ann@example.com.") for step in run.steps)

    said = text(drawn(replace(run, steps=steps)))

    assert "It is unclear." in said
    assert "ann@example.com" not in said


def test_a_cancelled_run_says_who_cancelled_it_and_why() -> None:
    made = InterventionFact(by="Ivan", at=f.NOW, verb="cancel", step="", reason="Not <him>.", door="web")
    open_, closed = f.run(cancelled=True, interventions=(made,)), f.run(finished_at=f.NOW)

    for run in (open_, replace(closed, cancelled=True, interventions=(made,))):
        assert "Cancelled by Ivan: nothing more of it is begun." in text(drawn(run))
        assert "Not &lt;him&gt;." in text(drawn(run))
    assert "Cancelled by" not in text(drawn(f.run(interventions=(made,))))
