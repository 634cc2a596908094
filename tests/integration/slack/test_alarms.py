"""What is stuck is told in Slack, to those who can help, once."""

import time
from datetime import timedelta
from typing import Any

from sqlalchemy import update
from structlog.testing import capture_logs

from service.demo.fake_slack import CHANNEL
from service.engine.alarms import Alarms, open_alarms
from service.engine.found_stuck import Stuck, StuckKind
from service.engine.last_times import note
from service.engine.stuck import Watch
from service.engine.tables import StepRun
from service.ledger.entry import append
from service.ledger.event import Event
from service.ledger.readers import position
from service.slack.alarms import READER, REFUSED, AlarmTeller, behind_since, deaf, refused, stands
from service.slack.publisher import LOOK_S
from tests.unit.slack.office import IVAN, Office


def look(office: Office, watch: Watch | None = None) -> None:
    world = office.world
    alarms = Alarms(store=world.store, watch=watch or Watch(), now=world.clock)
    alarms.look()
    alarms.look()


def teller(office: Office, *, channel: str = CHANNEL) -> AlarmTeller:
    scribe: Any = office.publisher._scribe
    return AlarmTeller(
        office.world.desk, scribe._api, look=scribe._look, channel=channel, ticking=office.ticks
    )


def rounds(office: Office, telling: AlarmTeller, *, seconds: float) -> int:
    """As the publisher's thread does; gives how many alarms were told."""
    told = 0
    for _ in range(round(seconds / LOOK_S)):
        told += telling.step()
        office.ticks.seconds += LOOK_S
    return told


def told(office: Office) -> list[str]:
    messages = office.slack.state["messages"]
    return [m["text"].replace("\u2060", "") for m in messages if _mark(m) == "exeunt_alarm"]


def _mark(message: Any) -> str:
    return str((message["metadata"] or {}).get("event_type"))


def test_a_departure_that_does_not_begin_is_told_to_it_once(office: Office) -> None:
    office.world.clock.turn(minutes=3)
    for _ in range(3):
        look(office)
        teller(office).step()

    (text,) = told(office)
    assert text.startswith("<!subteam^SIT> :rotating_light: A departure was due at 2026-03-02 12:00:00 UTC")
    assert "Mike" not in text


def test_a_lost_answer_makes_no_second_alarm(office: Office) -> None:
    office.world.clock.turn(minutes=3)
    look(office)
    office.slack.faults.lose_answers = 1
    teller(office).step()

    teller(office).step()

    assert len(told(office)) == 1


def test_what_moves_again_before_it_was_told_calls_nobody(office: Office) -> None:
    office.world.clock.turn(minutes=3)
    look(office)
    office.world.begin()
    look(office)

    teller(office).step()

    assert told(office) == []
    with office.world.store.read() as session:
        assert position(session, READER) >= 0


def test_an_alarm_waits_for_slack(office: Office) -> None:
    office.world.clock.turn(minutes=3)
    look(office)
    office.slack_goes_away()
    away = teller(office).step()
    office.slack.start()

    assert (away, teller(office).step(), len(told(office))) == (0, 1, 1)


def test_a_slack_that_is_away_is_asked_ever_more_rarely_and_told_soon_after_its_return(
    office: Office,
) -> None:
    office.world.clock.turn(minutes=3)
    look(office)
    telling = teller(office)
    office.slack.faults.status_once = {("POST", r"/api/.*"): [(503, {})] * 10_000}
    before = len(office.slack.requests)
    rounds(office, telling, seconds=600)
    asked = len(office.slack.requests) - before

    office.slack.faults.status_once = {}
    in_time = rounds(office, telling, seconds=60)

    assert asked <= 30
    assert (in_time, len(told(office))) == (1, 1)


def test_a_slack_that_refuses_is_asked_ever_more_rarely_and_nothing_is_lost(office: Office) -> None:
    office.world.clock.turn(minutes=3)
    look(office)
    refused = teller(office, channel="CNOWHERE")
    before = len(office.slack.requests)
    rounds(office, refused, seconds=600)

    assert 5 <= len(office.slack.requests) - before <= 30
    assert teller(office).step() == 1


def test_an_alarm_waits_as_long_as_slack_asks_and_is_told_then(office: Office) -> None:
    office.world.clock.turn(minutes=3)
    look(office)
    telling = teller(office)
    office.slack.faults.limit_once = 1

    with capture_logs() as lines:
        rounds(office, telling, seconds=0.9)
    time.sleep(1.05)  # the door to Slack counts real seconds
    in_time = rounds(office, telling, seconds=0.6)

    assert [line["again_in_s"] for line in lines if line["event"] == "slack.alarm_not_told"] == [1]
    assert in_time == 1


def watching(office: Office) -> Watch:
    return Watch(more=[lambda session: deaf(session, now=office.world.clock())])


def replies(office: Office) -> list[str]:
    """What stands beneath the alarms."""
    alarms = {m["ts"] for m in office.slack.state["messages"] if _mark(m) == "exeunt_alarm"}
    return [m["text"] for m in office.slack.state["messages"] if m["thread_ts"] in alarms]


def test_a_slack_that_is_not_heard_for_long_is_an_alarm_and_its_end_is_told_beneath_it(
    office: Office,
) -> None:
    stands(office.world.desk, connected=True)
    office.world.clock.turn(minutes=14)
    stands(office.world.desk, connected=False)
    look(office, watching(office))
    telling = teller(office)
    telling.step()
    early = told(office)
    office.world.clock.turn(minutes=2)
    for _ in range(3):
        look(office, watching(office))
        telling.step()
    lost, before = told(office), replies(office)
    stands(office.world.desk, connected=True)
    for _ in range(3):
        look(office, watching(office))
        telling.step()

    alarm = [text for text in lost if "Slack was last heard at 2026-03-02 12:00:00 UTC" in text]
    assert [text for text in early if "heard" in text] == []
    assert len(alarm) == 1
    assert before == []
    assert replies(office) == [":white_check_mark: Over since 2026-03-02 12:16:00 UTC."]


def refusable(office: Office, *, stuck: bool) -> Watch:
    """An alarm that Slack does not take, and one that it does."""
    at = office.world.clock() - timedelta(minutes=5)
    words = {"a": "Nobody reads this.", "b": "The roster of the CRM is old."}
    found = [
        Stuck(kind=StuckKind.NIGHT, key=key, said=said, fix="Look.", since=at)
        for key, said in words.items()
        if stuck
    ]
    return Watch(more=[lambda _: iter(found), refused])


def test_an_alarm_whose_content_slack_refuses_holds_back_no_other_and_is_told_of(office: Office) -> None:
    office.slack.refuses = {"Nobody reads this.": "msg_too_long"}
    look(office, refusable(office, stuck=True))
    telling = teller(office)

    telling.step()
    first = told(office)
    look(office, refusable(office, stuck=True))
    telling.step()
    told_of = told(office)[len(first) :]
    look(office, refusable(office, stuck=False))
    rounds(office, telling, seconds=5)

    assert [text.partition(": ")[2] for text in first] == ["The roster of the CRM is old. Look."]
    assert [
        "stands nowhere in Slack, which does not take what it says (msg_too_long)." in t for t in told_of
    ] == [True]
    assert len(told(office)) == 2
    with office.world.store.read() as session:
        assert open_alarms(session) == []


def test_of_an_alarm_that_tells_of_a_refused_one_nothing_more_is_told(office: Office) -> None:
    at = office.world.clock()
    with office.world.store.write() as session:
        alarm = {"kind": "slack", "alarm": f"{REFUSED}7", "said": "", "fix": ""}
        seq = append(session, Event.ALARM_RAISED, actor="system:engine", body=alarm, at=at)
        note(session, f"{REFUSED}{seq}:invalid_blocks", well=False, at=at)

    with office.world.store.read() as session:
        assert list(refused(session)) == []


def test_another_node_that_hears_slack_is_enough(office: Office) -> None:
    stands(office.world.desk, connected=False)
    office.world.clock.turn(minutes=30)
    stands(office.world.desk, connected=True)
    office.world.clock.turn(minutes=1)
    stands(office.world.desk, connected=False)

    with office.world.store.read() as session:
        assert list(deaf(session, now=office.world.clock())) == []


def test_an_end_whose_answer_was_lost_is_told_once(office: Office) -> None:
    stands(office.world.desk, connected=False)
    office.world.clock.turn(minutes=16)
    telling = teller(office)
    look(office, watching(office))
    telling.step()
    stands(office.world.desk, connected=True)
    look(office, watching(office))
    office.slack.faults.lose_answers = 1
    telling.step()

    rounds(office, telling, seconds=5)

    assert len(replies(office)) == 1


def test_an_end_of_what_was_never_told_is_not_told(office: Office) -> None:
    stands(office.world.desk, connected=False)
    office.world.clock.turn(minutes=16)
    look(office, watching(office))
    stands(office.world.desk, connected=True)
    look(office, watching(office))

    teller(office).step()

    assert (replies(office), [text for text in told(office) if "listened" in text]) == ([], [])


def test_an_alarm_of_a_run_is_told_in_its_thread_with_a_call(office: Office) -> None:
    office.begin()
    with office.world.store.write() as session:
        session.execute(update(StepRun).where(StepRun.step == "mailbox").values(waits_for=None))
    look(office)
    office.publish()
    look(office)
    office.publish()

    lines = [line for line in office.threads() if ":rotating_light:" in line]
    assert len(lines) == 1
    assert lines[0].startswith(
        "<!subteam^SIT> :rotating_light: R-1: the step mailbox waits and nobody is asked."
    )


def test_slack_lies_behind_from_the_first_entry_it_was_not_told_of(office: Office) -> None:
    with office.world.store.read() as session:
        before = behind_since(session)
    office.slack_goes_away()
    office.world.begin()
    began = office.world.clock()
    office.publisher.step()
    with office.world.store.read() as session:
        away = behind_since(session)
    office.slack.start()
    office.publish()
    with office.world.store.read() as session:
        caught_up = behind_since(session)

    assert (before, away, caught_up) == (None, began, None)


def test_who_took_what_is_past_its_deadline_is_called_again_with_the_group_once(office: Office) -> None:
    """In the thread of the run, where those who were asked read."""
    office.begin()
    office.take("mailbox")
    office.publish()
    office.world.clock.turn(days=9)

    for _ in range(3):
        look(office)
        office.publish()

    (line,) = [said for said in office.threads() if "was to be done by" in said]
    assert f"<!subteam^SIT> <@{IVAN}> :rotating_light: R-1: the step mailbox was to be done by" in line
