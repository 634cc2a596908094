"""The story of Mike, scene by scene. A scene played again after a crash does nothing twice.

No sentence and no number of the story stands here: they are read from the systems and from the service.
"""

import importlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from connectors.sdk.context import Secret
from service.demo import fake_hr, setup
from service.demo.stage import Stage, StoryBroken
from service.demo.world import Leaning
from service.departures.departure import Departure
from service.engine.states import StepState
from service.engine.wording import counts
from service.snapshot.view import REVIEW_AFTER_END

#: An address outside the company, from which the leaver is seen for the first time.
ELSEWHERE = "203.0.113.77"
EVENT_ID = "evt-leaver"


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """One scene: its name, and what it does; it yields what a person watching is told."""

    name: str
    play: Callable[[Stage], Iterator[str]]


def before(stage: Stage) -> Iterator[str]:
    """Everybody works; the night collects; a guilty leaver takes what he can."""
    yield f"{len(stage.world.people)} people work here; the directory is {stage.company.directory_is}."
    yield "Night falls: rosters are learnt and the CRM's logs collected, before anyone leaves."
    stage.service.nights.learn_rosters()
    stage.service.nights.collect()
    stage.claim("the leaver could sign in before", directory_lets_in(stage))
    if stage.world.leaning is Leaning.QUIET:
        return
    takes = ((-6, 22, 41, 0.62), (-6, 23, 4, 0.21), (-2, 10, 3, 0.38))
    for days, hour, minute, share in takes:
        rows = round(stage.world.records["Contact"] * share * (1 + stage.world.seed % 7 / 50))
        _export(stage, days=days, hour=hour, minute=minute, rows=rows)
    yield f"{stage.world.leaver.name} signs in from elsewhere in the evening, and exports."


def notice(stage: Stage) -> Iterator[str]:
    """HR's webhook, the real one, once more, and a forged one."""
    stage.clock.turn_to(stage.calendar.at(0, 9, 12))
    stage.service.nights.collect()
    hook = f"{stage.url}/hooks/{setup.SOURCE}"
    event = fake_hr.scheduled(
        stage.world.leaver, off_at=stage.calendar.end, notice=stage.calendar.monday.date()
    )
    secret = setup.kept_secret(stage.folder / "secrets" / "hr")
    first = fake_hr.send(hook, event, event_id=EVENT_ID, secret=secret)
    again = fake_hr.send(hook, event, event_id=EVENT_ID, secret=secret)
    forged = fake_hr.send(
        hook, event, event_id=f"{EVENT_ID}-forged", secret=setup.kept_secret(stage.folder / "x")
    )
    stage.claim("the webhook was accepted", first in (200, 202))
    stage.claim("the same webhook again changed nothing", again == 200 and _one_departure(stage))  # noqa: PLR2004
    stage.claim("the forged webhook was refused", forged == 401)  # noqa: PLR2004
    departure = stage.departure()
    if departure is not None:
        yield (
            f"Monday: HR's webhook says that {stage.world.leaver.name} leaves at {departure.civil_at} "
            f"{departure.zone}, which is {departure.effective_at:%Y-%m-%d %H:%M:%S} UTC. A forged one was refused."
        )


def the_cut(stage: Stage) -> Iterator[str]:
    """Friday at five: everything is shut and read back."""
    stage.clock.turn_to(stage.calendar.at(4, 3, 10))
    stage.service.nights.collect()
    session = stage.company.crm.try_login(stage.world.leaver.username, stage.world.leaver.password)
    if stage.run() is None:
        stage.claim("the leaver was at work until the end", session)
    elif "the leaver was at work until the end" not in stage.progress.told:
        stage.claim("the leaver was at work until the end", not session)  # the cut came while we were away
    stage.clock.turn_to(stage.calendar.end - timedelta(seconds=1))
    stage.service.engine.wake()
    facts = stage.wait_for("The run settles", stage.settled)
    stage.claim("the directory refuses the leaver", not directory_lets_in(stage))
    crm = stage.company.crm
    stage.claim(
        "the CRM refuses the leaver",
        not crm.try_login(stage.world.leaver.username, stage.world.leaver.password),
    )
    stage.claim("the open CRM session is dead", not session or not crm.session_works(session.session))
    stage.claim("every login was read back", facts.seconds_to_last_cut is not None)
    stage.claim("the snapshot was sealed before the first change", sealed_first(stage))
    stage.claim("the run is not green while the laptop has not answered", facts.colour != "green")
    stage.wait_for("The run's message in Slack", stage.slack.messages)  # it is told beside the run
    stage.claim("one Slack message stands", len(stage.slack.messages()) == 1)
    _judge(stage)
    yield f"Friday: {facts.headline}"
    if facts.finding:
        yield f"{facts.finding.sentence} {facts.finding.coverage}"
    yield f"{facts.number}: {counts(facts.steps, now=stage.clock.now(), held=facts.is_held)}."


def people_confirm(stage: Stage) -> Iterator[str]:
    """Slack: the wrong person, the right one, and a confirmation that is not true."""
    stage.clock.turn_to(stage.calendar.at(4, 17, 20))
    ivan = setup.slack_user(stage.world.with_role("it"))
    mike = setup.slack_user(stage.world.leaver)
    mailbox, lock = stage.step("sales-mailbox"), stage.step("lock-laptop")
    refused = stage.slack.confirm(mailbox, user=mike, said="done", note="I changed it myself.")
    stage.claim("the leaver's own click was refused", refused)
    if mailbox.state is StepState.WAITING:
        note = "Changed in the vault, all devices signed out."
        stage.slack.confirm(mailbox, user=ivan, said="done", note=note)
    stage.claim("IT's click was taken", len(stage.step("sales-mailbox").confirmations) == 1)
    stale = stage.slack.confirm(mailbox, user=ivan, said="done", note="Clicking a second time.")
    stage.claim("a second click was refused", stale)
    if not lock.confirmations and lock.state is StepState.WAITING:
        said = stage.slack.confirm(lock, user=ivan, said="done", note="I am told that the laptop is locked.")
        if said:
            raise StoryBroken(f"IT could not confirm the lock: {said}")
        stage.clock.turn_to(stage.calendar.at(4, 17, 21))
        stage.service.engine.wake()
    lock = stage.wait_for("The read-back of the lock", lambda: _read_back(stage))
    stage.claim("a confirmation that is not true yet is shown as such", lock.colour != "green")
    yield f"IT confirms in Slack. {lock.title}: {lock.confirmations[-1].read_back}."


def the_laptop_answers(stage: Stage) -> Iterator[str]:
    """Monday after: the laptop comes online and does what it was told."""
    stage.clock.turn_to(stage.calendar.at(7, 8, 30))
    serial = stage.world.leaver.devices[0]["serial"]
    stage.company.devices.switch(serial, online=True)
    stage.company.devices.check_in(serial)
    stage.service.engine.wake()
    lock = stage.wait_for(
        "The laptop's answer",
        lambda: (step := stage.step("lock-laptop")).state is StepState.DONE and step,
    )
    stage.claim("the laptop is locked, and said so itself", lock.grade in ("observed", "corroborated"))
    yield f"Monday: {lock.title}: the laptop has answered."


def after_care(stage: Stage) -> Iterator[str]:
    """The rest is confirmed, later steps run, and nothing has happened since."""
    it = setup.slack_user(stage.world.with_role("it"))
    people = setup.slack_user(stage.world.with_role("hr"))
    for name, user in (("return-laptop", it), ("remind", people)):
        step = stage.step(name)
        if step.state is StepState.WAITING:
            stage.slack.confirm(step, user=user, said="done", note="Done, and the receipt is filed.")
    stage.service.engine.wake()
    stage.wait_for("The end of the run", lambda: (run := stage.begun()).finished_at and run)
    for night in (11, 4 + REVIEW_AFTER_END + 4):  # the last logs of the review arrive days after its end
        stage.clock.turn_to(stage.calendar.at(night, 4))
        stage.service.nights.collect()
    facts = stage.begun()
    stage.claim("the run is green when every step has its minimum", facts.colour == "green")
    stage.claim("nothing worked after the end", facts.finding and facts.finding.verdict != "incident")
    at_last = "no sign" if stage.world.leaning is Leaning.QUIET else _wanted(stage)[0]
    stage.claim(
        "the last verdict is what all the logs allow", facts.finding and facts.finding.verdict == at_last
    )
    stage.claim("no target saw a second change", not repeated(stage))
    stage.claim("one Slack message stands", len(stage.slack.messages()) == 1)
    said = f"{facts.finding.sentence} {facts.finding.coverage}" if facts.finding else ""
    yield f"Three weeks on: {facts.number} is {facts.colour}. {said}"


def _export(stage: Stage, *, days: int, hour: int, minute: int, rows: int) -> None:
    """One export over the CRM's own pages; one that was made is not made again."""
    at = stage.calendar.at(days, hour, minute)
    name = f"export {at.isoformat()}"
    if name in stage.progress.done:
        return
    stage.clock.turn_to(at)
    leaver = stage.world.leaver
    login = stage.company.crm.try_login(leaver.username, leaver.password, ip=ELSEWHERE)
    stage.company.crm.export_report(login.session, rows, report="All customers")
    stage.progress.finish(name)


def _judge(stage: Stage) -> None:
    finding = stage.begun().finding
    stage.claim("the verdict is what the logs allow", finding and finding.verdict in _wanted(stage))
    if finding:
        stage.progress.measure(verdict=finding.verdict, sentence=finding.sentence, coverage=finding.coverage)


def _wanted(stage: Stage) -> tuple[str, ...]:
    """The verdicts that are right on the last day, when the newest logs have not arrived."""
    return {
        Leaning.GUILTY: ("probable",),
        Leaning.QUIET: ("cannot say",),
        Leaning.BLIND: ("cannot say",),
    }[stage.world.leaning]


def _one_departure(stage: Stage) -> bool:
    with stage.service.store.read() as session:
        return session.query(Departure).filter(Departure.source_id == EVENT_ID).count() == 1


def _read_back(stage: Stage) -> Any:
    step = stage.step("lock-laptop")
    return step if step.confirmations and step.confirmations[-1].read_back else None


def directory_lets_in(stage: Stage) -> bool:
    """Whether the directory accepts the leaver's own password, asked as the leaver."""
    from connectors.sdk.context import Context
    from connectors.sdk.errors import AuthError
    from connectors.sdk.ldap import open_connection

    leaver = stage.world.leaver
    settings = stage.company.directory.settings()
    company = importlib.import_module("connectors.ldap.company")
    try:
        open_connection(
            url=settings["url"],
            bind_dn=company.login_dn(leaver.seed()),
            password=Secret(leaver.password),
            context=Context(now=stage.clock.now),
            ca_file=settings["ca_file"],
            start_tls=settings.get("start_tls") == "true",
        ).unbind()
    except AuthError:
        return False
    return True


def sealed_first(stage: Stage) -> bool:
    """Whether the seal stands in the ledger before the first intent that changes anything."""
    from sqlalchemy import select

    from service.ledger.entry import LedgerEntry

    facts = stage.begun()
    changing = {step.step for step in facts.steps if step.target not in ("snapshot", "manual")}
    with stage.service.store.read() as session:
        entries = session.scalars(
            select(LedgerEntry).where(LedgerEntry.run_id == facts.run_id).order_by(LedgerEntry.seq)
        ).all()
    seals = [entry.seq for entry in entries if entry.event == "snapshot.sealed"]
    tries = [entry.seq for entry in entries if entry.event == "step.attempted" and entry.step in changing]
    return bool(seals and tries) and min(seals) < min(tries)


def repeated(stage: Stage) -> list[tuple[str, str]]:
    """Changes that a target saw twice, by its own record: what was changed on what."""
    seen: set[tuple[str, str, str]] = set()
    twice = []
    for name in ("crm", "devices", "directory"):
        for effect in getattr(stage.company, name).effects:
            key = (name, effect["what"], effect["target"])
            if key in seen:
                twice.append(key[1:])
            seen.add(key)
    return twice


SCENES = (
    Scene(name="The weeks before", play=before),
    Scene(name="Notice", play=notice),
    Scene(name="Friday at five", play=the_cut),
    Scene(name="Slack", play=people_confirm),
    Scene(name="The laptop", play=the_laptop_answers),
    Scene(name="After-care", play=after_care),
)

#: Every claim of the story; the result holds only when each was seen to.
CLAIMS = (
    "the leaver could sign in before",
    "the webhook was accepted",
    "the same webhook again changed nothing",
    "the forged webhook was refused",
    "the leaver was at work until the end",
    "the directory refuses the leaver",
    "the CRM refuses the leaver",
    "the open CRM session is dead",
    "every login was read back",
    "the snapshot was sealed before the first change",
    "the run is not green while the laptop has not answered",
    "one Slack message stands",
    "the verdict is what the logs allow",
    "the leaver's own click was refused",
    "IT's click was taken",
    "a second click was refused",
    "a confirmation that is not true yet is shown as such",
    "the laptop is locked, and said so itself",
    "the run is green when every step has its minimum",
    "nothing worked after the end",
    "the last verdict is what all the logs allow",
    "no target saw a second change",
    "the auditor's script verifies the record",
    "the auditor's script finds one changed byte",
)

#: Scenes a person plays along with themselves, unless the story is told to its end.
TOLD_TO_VISITORS = 4
