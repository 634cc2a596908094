"""Many leave at once: one message for all of them, and beneath it whoever needs somebody."""

from datetime import timedelta
from typing import Any

import pytest

from service.demo.fake_slack import CHANNEL
from service.demo.fake_slack_limits import wrong
from service.departures.batch import Batch, Origin, open_batch
from service.departures.departure import Departure
from service.departures.kind import DepartureKind
from service.engine.undo import UndoWish
from service.slack.alarms import behind_since
from service.slack.batch_message import STEP_IN
from service.slack.batches import EVERY_S
from service.store import Store
from tests.integration.slack.test_clicking import impatient, more
from tests.unit.engine.world import PLAYBOOK, departure, person
from tests.unit.slack.office import IVAN, MIKE, ROBOT

pytestmark = pytest.mark.usefixtures("three_are_many")

NOBODY_NEEDED = PLAYBOOK.partition("  - id: sessions")[0]
#: Who leaves with Mike.
OTHERS = ("Nora Ek", "Olga Ray", "Pete Low")


def many(office: Any, *, count: int = 3, **how: Any) -> None:
    """Mike and so many others leave as one batch."""
    world = office.world
    with world.store.write() as session:
        made = open_batch(session, Origin.FILE, "wave.csv", now=world.clock(), by="source:hr")
        session.query(Departure).one().batch_id = made.id
        for name, value in how.items():
            setattr(session.query(Departure).one(), name, value)
        accounts = []
        for n, name in enumerate(OTHERS[:count]):
            other = person(name, f"E-4{n}")
            session.add(other)
            session.flush()
            made_of = {"batch_id": made.id, "notice_date": world.clock().date(), **how}
            session.add(departure(other.id, world.clock(), id=f"d-4{n}", source_id=f"ev-4{n}", **made_of))
            accounts.append({"employee_no": f"E-4{n}", "email": other.work_email, "username": other.username})
    world.fake.seed(accounts)
    office.publish(1)  # Slack is switched on before they leave


def heads(office: Any) -> list[dict[str, Any]]:
    return [m for m in office.slack.state["messages"] if not m["thread_ts"]]


def beneath(office: Any) -> list[dict[str, Any]]:
    return [m for m in office.slack.state["messages"] if m["thread_ts"]]


def checklists(office: Any) -> list[dict[str, Any]]:
    return [m for m in beneath(office) if m["metadata"]["event_type"] == "exeunt_run"]


def test_a_batch_of_which_nobody_is_needed_has_one_message_and_nothing_beneath_it(office: Any) -> None:
    many(office)

    office.begin(playbook=NOBODY_NEEDED)

    (message,) = heads(office)
    assert message["text"] == "Batch B-1: 4 of 4 closed"
    assert "4 of 4: every login shut and read back" in str(message["blocks"])
    assert "wave.csv" not in str(message), "what a file is called may give a layoff away"
    assert beneath(office) == []
    with office.world.store.read() as session:
        assert behind_since(session) is None


def test_whoever_needs_somebody_stands_beneath_it_and_people_are_called_once(office: Any) -> None:
    many(office)

    office.begin()

    (message,) = heads(office)
    assert message["text"] == "Batch B-1: 0 of 4 closed, 4 need somebody"
    assert {m["thread_ts"] for m in beneath(office)} == {message["ts"]}
    assert sorted(m["text"] for m in checklists(office)) == [
        f"Offboarding {name}: 2 of 3 closed, 1 needs a person" for name in ("Mike Dalton", *OTHERS)
    ]
    calling = [m for m in beneath(office) if "<!subteam^SIT>" in str(m)]
    assert [m["text"].partition(" runs")[0] for m in calling] == ["<!subteam^SIT> 4"]


def test_what_happens_then_is_a_line_that_says_of_whom(office: Any) -> None:
    many(office)
    office.begin()

    office.confirm("mailbox")
    office.publish()

    (line,) = [m["text"] for m in beneath(office) if "confirmed *Shared mailbox*" in m["text"]]
    number = office.world.facts().number
    assert line.startswith(f"<https://exeunt.example.com/runs/{number}|{number}>: ")
    assert heads(office)[0]["text"] == "Batch B-1: 1 of 4 closed, 3 need somebody"


def test_a_batch_of_a_few_is_told_of_one_by_one(office: Any) -> None:
    many(office, count=2)

    office.begin()

    assert [m["metadata"]["event_type"] for m in heads(office)] == ["exeunt_run"] * 3


def test_what_stands_by_itself_already_stays_there(office: Any, store: Store) -> None:
    many(office, count=2)
    office.begin()
    with store.write() as session:
        later = person("Rosa Mann", "E-60")
        session.add(later)
        session.flush()
        batch = session.query(Batch).one().id
        at = office.world.clock() + timedelta(days=3)
        session.add(departure(later.id, at, id="d-60", source_id="ev-60", batch_id=batch))

    office.confirm("mailbox")
    office.publish()

    assert len([m for m in heads(office) if m["metadata"]["event_type"] == "exeunt_run"]) == 3
    assert checklists(office) == []


@pytest.mark.parametrize("call", ["first", "second"])
def test_a_lost_answer_makes_no_second_message_and_no_second_call(office: Any, call: str) -> None:
    many(office)
    office.world.begin()
    if call == "second":
        office.publish(1)
    office.slack.faults.lose_answer_after_write = {r"/api/chat\.postMessage": 1}

    office.world.drain()
    for _ in range(4):
        office.publisher = office.new_publisher()  # and then the process was gone
        office.publish()

    assert len(heads(office)) == 1
    assert len(checklists(office)) == 4
    assert len([m for m in beneath(office) if "<!subteam^SIT>" in m["text"]]) == 1


def test_where_somebody_of_the_batch_reads_another_channel_takes_it(office: Any) -> None:
    office.slack.state["channels"][CHANNEL]["members"].append(MIKE)
    office.slack.state["channels"]["CFALLBACK"] = {"name": "quiet", "members": []}
    many(office)

    office.begin()

    assert {m["channel"] for m in office.slack.state["messages"]} == {"CFALLBACK"}
    assert len(heads(office)) == 1


def test_where_there_is_no_such_channel_each_is_told_of_where_they_do_not_read(office: Any) -> None:
    office.slack.state["channels"][CHANNEL]["members"].append(MIKE)
    office.slack.state["channels"]["CFALLBACK"] = {"name": "quiet", "members": [MIKE]}
    many(office)

    office.begin()

    assert sorted(m["text"].partition(":")[0] for m in heads(office)) == [f"Offboarding {n}" for n in OTHERS]


def test_whoever_joins_the_channel_later_reads_no_further(office: Any) -> None:
    many(office)
    office.begin()
    before = heads(office)[0]["text"]
    office.slack.state["channels"][CHANNEL]["members"].append(MIKE)

    office.confirm("mailbox")
    office.publish()

    assert heads(office)[0]["text"] == before


def test_nobody_learns_of_a_layoff_before_its_time(office: Any) -> None:
    soon = office.world.clock() + timedelta(hours=1)
    many(office, kind=DepartureKind.LAYOFF)
    office.world.begin()
    with office.world.store.write() as session:
        for each in session.query(Departure):
            each.effective_at = soon
    office.publish()
    early = list(office.slack.state["messages"])

    office.world.clock.turn(hours=1)
    office.publish()

    assert (early, len(heads(office))) == ([], 1)


def test_what_is_sealed_is_not_counted(office: Any) -> None:
    many(office)
    office.world.begin(playbook=NOBODY_NEEDED)
    office.world.drain()
    with office.world.store.write() as session:
        session.get_one(Departure, "d-41").sealed = True

    office.publish()

    assert heads(office)[0]["text"] == "Batch B-1: 3 of 3 closed"


def test_a_stopped_batch_says_so_and_why(office: Any) -> None:
    many(office)
    office.begin()

    with office.world.store.write() as session:
        batch = session.query(Batch).one()
        batch.stopped_at, batch.stopped_because = office.world.clock(), "The wrong list."
    office.publish()

    assert "Stopped" in str(heads(office)[0]["blocks"])
    assert "The wrong list." in str(heads(office)[0]["blocks"])


def test_a_failure_is_not_counted_as_shut_or_closed(office: Any) -> None:
    many(office)
    office.world.fake.faults.lie = {"account.active"}

    office.begin(playbook=NOBODY_NEEDED)

    said = str(heads(office)[0]["blocks"])
    assert heads(office)[0]["text"] == "Batch B-1: 0 of 4 closed, 4 need somebody"
    assert ":unlock: 0 of 4: every login shut and read back" in said
    assert "in 4 of them something failed" in said


def test_a_batch_is_counted_now_and_then_and_not_at_every_look(office: Any) -> None:
    many(office)
    office.begin()
    edits = office.calls("chat.update")
    office.confirm("mailbox")

    office.publisher.step()
    office.ticks.seconds += EVERY_S / 2
    office.publisher.step()
    too_soon = [m["text"] for m in heads(office)]
    office.ticks.seconds += EVERY_S
    office.publisher.step()

    assert too_soon == ["Batch B-1: 0 of 4 closed, 4 need somebody"]
    assert heads(office)[0]["text"] == "Batch B-1: 1 of 4 closed, 3 need somebody"
    assert office.calls("chat.update") == edits + 2  # of the run, and of the batch


def test_what_is_taken_back_is_neither_shut_nor_closed(office: Any) -> None:
    many(office)
    office.begin(playbook=NOBODY_NEEDED)

    office.world.desk.undo(
        UndoWish(
            run_id=office.world.run_id,
            person_id=office.world.people["ivan"],
            door="web",
            note="They are not leaving after all.",
        )
    )
    office.world.drain()
    office.publish()

    assert heads(office)[0]["text"] == "Batch B-1: 3 of 4 closed, 1 taken back"
    said = str(heads(office)[0]["blocks"])
    assert "3 of 3: every login shut and read back" in said
    assert "1 taken back, or on the way back" in said


def step_in(office: Any, user: str = IVAN) -> Any:
    (message,) = heads(office)
    (button,) = [e for e in message["blocks"][-1]["elements"] if e["action_id"] == STEP_IN]
    return impatient(office).click(message["ts"], button, user=user)


def test_all_of_it_is_paused_from_its_message(office: Any) -> None:
    many(office)
    office.begin()

    shown = step_in(office)
    values = {
        "step": {"v": {"type": "static_select", "selected_option": {"value": "**"}}},
        "verb": {"v": {"type": "radio_buttons", "selected_option": {"value": "pause"}}},
        "reason": {"v": {"type": "plain_text_input", "value": ""}},
    }
    sent = office.screen.submit(shown.view, user=IVAN, values=values)

    assert "All runs of batch B-1 that have begun: 4" in str(shown.view)
    assert wrong(shown.view["blocks"], form=True) == []
    assert sent.text == "pause: 4 of 4 runs of B-1."


def test_who_may_not_decide_here_opens_no_form_of_a_batch(office: Any) -> None:
    many(office)
    office.begin()

    shown = step_in(office, user=ROBOT)

    assert shown.view is None
    assert shown.text.endswith("Nothing was changed.")


def test_what_is_said_to_whoever_clicks_in_a_thread_is_said_there(office: Any) -> None:
    many(office)
    office.begin()
    one = next(m for m in checklists(office) if "Mike" in m["text"])

    impatient(office).click(one["ts"], more("who", office), user=IVAN)

    assert office.screen.whispers(IVAN)[-1]["thread_ts"] == heads(office)[0]["ts"]


def test_before_their_time_nobody_is_said_to_be_open_or_shut(office: Any) -> None:
    many(office)
    office.world.begin(playbook=NOBODY_NEEDED)
    with office.world.store.write() as session:
        for each in session.query(Departure):
            each.effective_at = office.world.clock() + timedelta(days=3)
    office.publish()

    said = str(heads(office)[0]["blocks"])
    assert "Nobody's time has come" in said
    assert "shut" not in said
