"""Three departures from their webhooks to their end, in a process that may be told to die on the way.

Mike's and Ann's run to the destroyed snapshot; Zoe's is held, released, and taken back.

Played again after a crash it does only what is left, as the service's own ticks would.
"""

import multiprocessing
import os
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import ColumnElement, select, true
from sqlalchemy.exc import OperationalError

from service import app
from service.app import Service, create_service, sign_due
from service.departures.departure import Departure
from service.departures.kind import DepartureState
from service.engine.decisions import Decision, NotDecided
from service.engine.deliverer import Role
from service.engine.doorbell import Doorbell
from service.engine.interventions import Verb, Wish
from service.engine.states import ENDED, OUT, StepState, WaitsFor
from service.engine.tables import Run, StepRun
from service.intake.tables import PendingLookUp
from service.ledger.checkpoint import newest
from service.ledger.entry import LedgerEntry
from service.ledger.event import Event
from service.ledger.readers import position
from service.ledger.sink import FileSink
from service.people.person import Person
from service.slack import SlackRoom, alarms, batches, create_slack, homes, publisher, scribe
from service.slack.tables import SlackBatch, SlackMessage
from service.store import failpoints, utc_now
from service.watching import alarms_of
from tests.integration.faults import company
from tests.integration.faults.acts import MIKE, ZOE, People
from tests.integration.faults.company import ANN, CHAOS, IVAN, TestClock

PATIENCE_S, DAY_S = 60.0, 86_400.0
LEAVERS = 3
#: Everything is imported once, in a process without threads, and forked from there.
FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload(
    [
        *("alembic.command", "alembic.context", "duckdb", "mako.template", "slack_bolt"),
        *(
            "sqlalchemy.dialects.sqlite",
            "sqlalchemy.dialects.postgresql.psycopg",
            "connectors.salesforce.connector",
        ),
        __name__,
    ]
)


def played(folder: Path, kill_at: str = "", *, role: Role = Role.SERVE) -> int:
    """Play in a process of its own; gives its exit status, -9 where it was killed."""
    process = FORKS.Process(target=_play, args=(folder, kill_at, role))
    process.start()
    process.join(PATIENCE_S * 2)
    if process.exitcode is None:
        process.kill()
        process.join()
        raise TimeoutError(
            f"It did not come to an end: {(folder / 'log').read_text(encoding='utf-8')[-3000:]}"
        )
    return process.exitcode


def _play(folder: Path, kill_at: str, role: Role) -> None:
    log = os.open(folder / "log", os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    os.dup2(log, 1)
    os.dup2(log, 2)
    signal.alarm(int(PATIENCE_S * 1.5))
    os.environ["EXEUNT_KILL_AT"] = kill_at
    scribe.RUN_EVERY_S, scribe.POSTS, scribe.EDITS = 0.0, 1_000, 1_000  # type: ignore[misc]  # nobody watches
    homes.FEW, batches.EVERY_S = 0, 0.0  # type: ignore[misc]  # Zoe's is a large batch
    publisher.COUNTED_REST_S = publisher.HOMELESS_REST_S = 0.0  # type: ignore[misc]
    clock = TestClock.open(folder)
    if not kill_at:
        app.arm_fail_point = lambda: _watch(folder)
    two_an_hour = {"hour_people": 2, "hour_percent": 0.0, "whole_teams": False, "first_time": False}
    settings = company.configured(folder, guardrails=two_an_hour)
    service = create_service(settings, now=clock, extra_connectors=(CHAOS,), role=role)
    company.hire(service.store, folder)
    slack = create_slack(
        service.desk, service.settings.slack, base_url="http://127.0.0.1:1", real_now=utc_now
    )
    Play(service, slack, clock, folder).to_the_end()


def _watch(folder: Path) -> None:
    """Write down every point that is passed."""

    class Watch:
        def passed(self, name: str) -> None:
            if name not in seen:
                seen.add(name)
                with (folder / "passed").open("a", encoding="utf-8") as file:
                    file.write(f"{name}\n")

    seen: set[str] = set()
    failpoints._armed = Watch()  # type: ignore[assignment]


class Play:
    """The story, scene by scene."""

    def __init__(self, service: Service, slack: SlackRoom, clock: TestClock, folder: Path) -> None:
        self.service, self.slack, self.clock, self.folder = service, slack, clock, folder
        self.people = People(service)
        self.alarms = alarms_of(
            service.store, service.engine, service.settings, service.nights, now=service.now
        )
        self.sink = FileSink(folder / "checkpoints")

    def to_the_end(self) -> None:
        if self.clock.skipped < DAY_S:  # else it is the last scene, more than a year later
            self.service.nights.learn_rosters()
            self.service.nights.collect()
        self._announce()
        self._stand_still()
        self.people.say_whose_account_it_is()
        self.people.stop_everything_for_a_while()
        self.people.look_and_drill()
        self.people.change_the_playbook()
        if self.service.role is Role.WORKER:
            Doorbell(self.service.store, name="a node that answers").ring()  # as a node that answers does
        else:
            self._refuse_a_commit_once()
        self.service.start()
        self._until(self._two_wait_for_people)
        self._sent("hr", *company.signed(company.message("immediate", ZOE), "msg-zoe"))
        self.people.let_zoe_go()
        self._until(self._three_wait_for_people)
        self._until(self._batch_is_told)
        self.people.take_zoe_back()
        self._decide()
        self._until(self._is_over)
        self.clock.skip(days=400)
        self.service.nights.destroy_due()
        if self.service.role is Role.WORKER:
            self._until(self._all_is_back)  # a node leaves what it has not begun to the others
        self.slack.stop()
        self.service.close()

    def _announce(self) -> None:
        """Mike by a webhook; Ann by a hint, whose look-up fails the first time."""
        self._sent("hr", *company.signed(company.message("immediate", MIKE), "msg-mike"))
        self._sent("bamboo", *company.hint("77"))
        self._until(self._all_announced, self._look_up)

    def _stand_still(self) -> None:
        """Nobody begins what is due for a while, so that an alarm is raised and told."""
        with self.service.store.read() as session:
            if session.scalar(select(Run.id).limit(1)):
                return
        self.clock.skip(minutes=5)
        self._until(self._alarm_told, self._watch_and_tell)

    def _watch_and_tell(self) -> None:
        self.alarms.look()
        self.slack.publisher.step()

    def _alarm_told(self) -> bool:
        with self.service.store.read() as session:
            return position(session, alarms.READER) >= 0

    def _look_up(self) -> None:
        if not self.service.intake.look_up_due():
            self.clock.skip(seconds=10)

    def _sent(self, source: str, headers: dict[str, str], raw: bytes) -> None:
        answer = self.service.intake.receive(source, headers, raw)
        assert answer.status in (200, 202), answer

    def _all_announced(self) -> bool:
        with self.service.store.read() as session:
            pending = session.scalars(select(PendingLookUp)).all()
            return len(session.scalars(select(Departure.id)).all()) >= 2 and not pending

    def _refuse_a_commit_once(self) -> None:
        """The first commit with what came back fails, so that each result is recorded alone."""
        engine: Any = self.service.engine
        turn, refusals = engine._turn, [OperationalError("COMMIT", {}, Exception("as ordered"))]

        def refused_once(finished: list[Any], **how: Any) -> Any:
            if finished and refusals:
                raise refusals.pop()
            return turn(finished, **how)

        engine._turn = refused_once

    def _two_wait_for_people(self) -> bool:
        """Both runs have done all they can, or were confirmed before we died; Zoe's batch may be stopped."""
        return self._wait_for_people(2, Departure.batch_id.is_(None))

    def _three_wait_for_people(self) -> bool:
        """Zoe's as well, or it was taken back before we died."""
        return self._wait_for_people(LEAVERS, true())

    def _batch_is_told(self) -> bool:
        """Zoe's run stands beneath the message of her batch, which has called people."""
        with self.service.store.read() as session:
            called = session.scalar(select(SlackBatch.batch_id).where(SlackBatch.called_at.is_not(None)))
            beneath = session.scalar(
                select(SlackMessage.run_id).where(SlackMessage.thread_ts != "", SlackMessage.ts != "")
            )
        return called is not None and beneath is not None

    def _wait_for_people(self, count: int, whose: ColumnElement[bool]) -> bool:
        soon = self.service.now() + timedelta(minutes=1)  # looks of after-care lie further ahead
        with self.service.store.read() as session:
            runs = session.scalars(
                select(Run.id).join(Departure, Departure.id == Run.departure_id).where(whose)
            )
            known = set(runs)
            steps = session.scalars(select(StepRun).where(StepRun.run_id.in_(known))).all()
        open_ = [
            s for s in steps if s.state not in ENDED or s.checking or (s.check_at and s.check_at <= soon)
        ]
        return len(known) >= count and all(s.waits_for is WaitsFor.PERSON for s in open_)

    def _decide(self) -> None:
        """The leaver is refused; Ivan pauses, resumes and confirms."""
        with self.service.store.read() as session:
            waiting = session.scalars(select(StepRun).where(StepRun.state == StepState.WAITING)).all()
            people = {p.employee_no: p.id for p in session.scalars(select(Person))}
        for step in waiting:
            for who in (MIKE, ANN, IVAN):
                self._intervene(step.run_id, people[str(who)])
                self._confirm(step, people[str(who)])

    def _intervene(self, run_id: str, person_id: str) -> None:
        for verb in (Verb.PAUSE, Verb.RESUME):
            with suppress(NotDecided):
                self.service.desk.intervene(Wish(verb=verb, run_id=run_id, person_id=person_id, door="web"))

    def _confirm(self, step: StepRun, person_id: str) -> None:
        with self.service.store.read() as session:
            revision = session.get_one(StepRun, step.id).revision
        decision = Decision(
            step_run_id=step.id,
            revision=revision,
            person_id=person_id,
            door="web",
            note="I changed the password.",
        )
        with suppress(NotDecided):
            self.service.desk.confirm(decision)

    def _is_over(self) -> bool:
        """Everything is closed, or taken back, told in Slack and signed."""
        ends = LedgerEntry.event == Event.RUN_FINISHED  # an undo is signed with the next of them, or hourly
        with self.service.store.read() as session:
            departures = session.scalars(select(Departure.state)).all()
            rows = session.scalars(select(SlackMessage)).all()
            finished = session.scalars(select(LedgerEntry.seq).where(ends)).all()
            signed = newest(session)
            unread = LedgerEntry.seq > position(session, publisher.READER), LedgerEntry.run_id != ""
            behind = session.scalar(select(LedgerEntry.seq).where(*unread).limit(1))
        told = [r for r in rows if r.ts and r.told_seq >= r.seen_seq and r.shown_seq >= r.seen_seq]
        return (
            set(departures) == {DepartureState.CLOSED, DepartureState.WITHDRAWN}
            and behind is None
            and len(told) == LEAVERS
            and signed is not None
            and signed.size > max(finished)
        )

    def _all_is_back(self) -> bool:
        """No step is out, and no reading is due."""
        now = self.service.now()
        with self.service.store.read() as session:
            steps = session.scalars(select(StepRun)).all()
        return not any(s.state in OUT or s.checking or (s.check_at and s.check_at <= now) for s in steps)

    def _until(self, holds: Callable[[], bool], tick: Callable[[], Any] | None = None) -> None:
        until = time.monotonic() + PATIENCE_S
        while not holds():
            assert time.monotonic() < until, f"{holds.__name__} was not seen"
            (tick or self._tick)()
            time.sleep(0.02)

    def _tick(self) -> None:
        self.slack.publisher.step()
        self.alarms.look()
        sign_due(self.service, self.sink)
