"""Target systems that fail, refuse and lose their answers: everybody is revoked or named, and nothing is repeated."""

import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import and_, func, or_, select

from connectors.sdk.fakes.server import FaultPlan
from connectors.sdk.http import close_sessions
from connectors.sdk.ldap_pool import close_connections
from connectors.sdk.registry import discover, fake_class
from service.app import Service, create_service
from service.engine.progress import next_due
from service.engine.states import OUT, StepState, WaitsFor
from service.engine.tables import StepRun
from service.ledger.bound import bind
from service.slack import SlackRoom, create_slack, scribe
from service.store import utc_now
from tests.integration.faults import company
from tests.integration.faults.company import CHAOS, Company, TestClock

pytestmark = pytest.mark.timeout(3600)

IS_OUT = or_(StepRun.state.in_(OUT), StepRun.checking.is_(True))

PLAYBOOK = """\
playbook: leaver
version: 1
summary: Everything that changes something.
steps:
  - {id: seal, title: Seal, action: snapshot.seal, with: {connectors: [salesforce], lookback: 3d}, deadline: 1h}
  - {id: shut, action: chaos.disable_account, needs: [seal], minimum: observed, deadline: 1h, critical: true}
  - {id: sessions, action: chaos.revoke_sessions, needs: [shut], minimum: observed, deadline: 1h}
  - {id: directory, action: ldap.disable_account, needs: [seal], minimum: observed, deadline: 1h, critical: true}
  - {id: crm, action: salesforce.disable_account, needs: [seal], minimum: observed, deadline: 1h, critical: true}
  - {id: crm-sessions, action: salesforce.revoke_sessions, needs: [crm], deadline: 1h}
  - {id: crm-tokens, action: salesforce.revoke_tokens, needs: [crm], deadline: 1h}
  - {id: laptop, action: microsoft_intune.lock_device, needs: [seal], deadline: 1h}
examples:
  - name: everything
    kind: voluntary
    plan: [seal, shut, sessions, directory, crm, crm-sessions, crm-tokens, laptop]
"""


@dataclass
class BadDay:
    """The company with every kind of target system, its service in this process, and a clock that hurries."""

    opened: Company
    directory: Any
    devices: Any
    service: Service
    slack: SlackRoom
    clock: TestClock

    @property
    def targets(self) -> tuple[Any, ...]:
        return self.opened.chaos, self.opened.crm, self.directory, self.devices

    def plan(self, **rates: float) -> None:
        """The same rates for every target system and for Slack, each with dice of its own."""
        for seed, fake in enumerate((*self.targets, self.opened.slack)):
            fake.faults.plan = FaultPlan(seed=seed, **rates)

    def announce(self) -> None:
        for number in self.opened.numbers:
            answer = self.service.intake.receive(
                "hr", *company.signed(company.message("immediate", number), number)
            )
            assert answer.status == 202, answer

    def until_rest(self, within_s: float) -> None:
        """Until nothing moves by itself any more; of an hour of retries only the tries take time."""
        until = time.monotonic() + within_s
        while self._moves():
            assert time.monotonic() < until, self._standing()
            if ahead := self._nothing_before():
                self.clock.skip(seconds=ahead)
                self.service.engine.wake()
            time.sleep(0.05)
        self._tell()

    def _nothing_before(self) -> float:
        """Seconds until anything is due; 0 while something is out."""
        with self.service.store.read() as session:
            out = session.scalar(select(StepRun.id).where(IS_OUT).limit(1))
            due = next_due(session)
        ahead = (due - self.clock()).total_seconds() if due and out is None else 0.0
        return max(0.0, ahead)

    def _tell(self) -> None:
        """Slack hears of everything, however often it says no."""
        for _ in range(40):
            self.slack.publisher._patience._until = 0.0
            self.slack.publisher.step()

    def _standing(self) -> Counter[tuple[str, str, str]]:
        return Counter((s.step, s.state.value, s.why) for s in self.steps() if s.state is not StepState.DONE)

    def _moves(self) -> int:
        """Steps under way, departures not begun, and steps behind one that nobody was asked about."""
        asked = select(StepRun.run_id).where(StepRun.waits_for == WaitsFor.PERSON)
        moving = StepRun.state.in_((StepState.READY, StepState.DISPATCHED, StepState.RUNNING))
        behind = and_(StepRun.state == StepState.BLOCKED, StepRun.run_id.not_in(asked))
        with self.service.store.read() as session:
            steps = session.scalar(select(func.count()).where(or_(moving, behind))) or 0
            begun = session.scalar(select(func.count(StepRun.run_id.distinct()))) or 0
        return steps + len(self.opened.numbers) - begun

    def steps(self) -> list[StepRun]:
        with self.service.store.read() as session:
            return list(session.scalars(select(StepRun)))

    def twice(self) -> list[Any]:
        """Changes and posts that happened more than once."""
        found = []
        for fake in self.targets:
            found += [
                each for each, n in Counter((e["what"], e["target"]) for e in fake.effects).items() if n > 1
            ]
        posted = Counter(e["target"] for e in self.opened.slack.effects if e["what"] == "message.posted")
        return found + [mark for mark, n in posted.items() if n > 1]

    def still_open(self) -> list[str]:
        """Accounts of leavers that can still be used."""
        left = set(self.opened.numbers)
        open_ = [a["employee_no"] for a in self.opened.chaos.state["accounts"].values() if a["active"]]
        return sorted(left & set(open_))


@contextmanager
def bad_day(folder: Path, *, leavers: int) -> Iterator[BadDay]:
    company.found(folder, leavers=leavers)
    (folder / "playbooks" / "leaver.yaml").write_text(PLAYBOOK, encoding="utf-8")
    clock = TestClock.open(folder)
    with ExitStack() as stack:
        opened = stack.enter_context(company.opened(folder, clock))
        directory, devices = (
            stack.enter_context(fake_class(discover()[name])(folder / f"{name}.json", 0, clock))
            for name in ("ldap", "microsoft_intune")
        )
        seeds = [
            {
                **company.seed(number),
                "devices": [{"serial": f"S-{number}", "platform": "macOS", "online": False}],
            }
            for number in opened.numbers
        ]
        directory.seed(seeds)
        devices.seed(seeds)
        company.connect(folder, ldap=directory.settings(), microsoft_intune=devices.settings())
        service = create_service(company.configured(folder), now=clock, extra_connectors=(CHAOS,))
        company.hire(service.store, folder)
        slack = create_slack(
            service.desk, service.settings.slack, base_url="http://127.0.0.1:1", real_now=utc_now
        )
        service.nights.learn_rosters()
        service.nights.collect()
        service.start()
        yield BadDay(opened, directory, devices, service, slack, clock)
        slack.stop()
        service.close()
        close_sessions()
        close_connections()
        bind(None)


@pytest.fixture(autouse=True)
def _hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    for pace, value in (("RUN_EVERY_S", 0.0), ("POSTS", 1_000), ("EDITS", 1_000)):
        monkeypatch.setattr(scribe, pace, value)


def everybody_is_revoked_or_named(day: BadDay) -> tuple[int, int]:
    """How many leavers are revoked, and how many are named to a person; nobody else is left."""
    runs: dict[str, list[StepRun]] = {}
    for step in day.steps():
        runs.setdefault(step.run_id, []).append(step)
    assert len(runs) == len(day.opened.numbers)
    asked = {step.run_id for step in day.steps() if step.waits_for is WaitsFor.PERSON}
    silent = [
        (step.step, step.state.value)
        for step in day.steps()
        if step.state is not StepState.DONE and step.waits_for is None and step.run_id not in asked
    ]
    assert silent == []
    unproved = [s.step for s in day.steps() if s.state is StepState.DONE and s.grade.rank < s.minimum.rank]
    assert unproved == []
    named = [run for run, steps in runs.items() if any(s.waits_for is WaitsFor.PERSON for s in steps)]
    told = [s for s in day.steps() if s.waits_for is WaitsFor.PERSON and not (s.owner and s.why)]
    assert told == []
    return len(runs) - len(named), len(named)


@pytest.mark.parametrize(
    "leavers", [12, pytest.param(200, marks=pytest.mark.faults)], ids=lambda n: f"{n} leavers"
)
def test_failing_and_limiting_systems_leave_nobody_half_revoked_in_silence(
    tmp_path: Path, leavers: int, tell: Callable[[str], None]
) -> None:
    with bad_day(tmp_path / "company", leavers=leavers) as day:
        day.plan(errors=0.05, limits=0.05)
        day.announce()
        day.until_rest(within_s=60 + leavers * 15)

        revoked, named = everybody_is_revoked_or_named(day)

        struck = sum(fake.faults.plan.struck for fake in day.targets)
        tell(f"{leavers} leavers, {struck} faults: {revoked} revoked, {named} named, 0 silent, 0 twice")
        assert struck > leavers / 2
        assert day.twice() == []
        assert len(day.still_open()) <= named


@pytest.mark.parametrize(
    "leavers", [12, pytest.param(200, marks=pytest.mark.faults)], ids=lambda n: f"{n} leavers"
)
def test_lost_answers_repeat_no_change_no_lock_and_no_post(
    tmp_path: Path, leavers: int, tell: Callable[[str], None]
) -> None:
    with bad_day(tmp_path / "company", leavers=leavers) as day:
        day.plan(losses=0.03 if leavers > 100 else 0.15)
        day.announce()
        day.until_rest(within_s=60 + leavers * 15)

        revoked, named = everybody_is_revoked_or_named(day)

        struck = sum(fake.faults.plan.struck for fake in (*day.targets, day.opened.slack))
        tell(f"{leavers} leavers, {struck} answers lost: {revoked} revoked, {named} named, 0 repeated")
        assert struck
        assert day.twice() == []
        locks = Counter(e["target"] for e in day.devices.effects)
        assert set(locks.values()) == {1}
        assert len(locks) >= revoked
