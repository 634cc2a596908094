"""The facts of a run, without a database: the run of the pictures, and ways to bend it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from service.engine.facts import (
    AttemptFact,
    ConfirmationFact,
    ExposureFact,
    FindingFact,
    RunFacts,
    StepFact,
)
from service.engine.states import Colour, StepState, WaitsFor
from service.playbook.model import Grade, Phase

END = datetime(2026, 3, 6, 17, 0, tzinfo=UTC)
NOW = END + timedelta(minutes=1, seconds=2)


def step(name: str, title: str, **other: Any) -> StepFact:
    """A step that was done and read back, unless said otherwise."""
    usual: dict[str, Any] = {
        "id": f"step-{name}",
        "step": name,
        "title": title,
        "action": f"ldap.{name}",
        "target": "ldap",
        "state": StepState.DONE,
        "waits_for": None,
        "phase": Phase.LAST_DAY,
        "grade": Grade.OBSERVED,
        "minimum": Grade.OBSERVED,
        "colour": Colour.GREEN,
        "revision": 3,
        "why": "",
        "fix": "",
        "owner": "it",
        "taken_by": "",
        "instructions": "",
        "critical": False,
        "release_after": None,
        "due": END + timedelta(hours=2),
        "started_at": END,
        "ended_at": END + timedelta(seconds=4),
        "verified_at": END + timedelta(seconds=4),
    }
    return StepFact(**{**usual, **other})


def person_step(name: str, title: str, **other: Any) -> StepFact:
    """A step that a person does."""
    usual: dict[str, Any] = {
        "state": StepState.WAITING,
        "waits_for": WaitsFor.PERSON,
        "grade": Grade.UNKNOWN,
        "minimum": Grade.ATTESTED,
        "colour": Colour.AMBER,
        "action": "manual.confirm",
        "target": "manual",
        "ended_at": None,
        "verified_at": None,
        "instructions": "Change the password and sign out every device.",
    }
    return step(name, title, **{**usual, **other})


def attempts(count: int) -> tuple[AttemptFact, ...]:
    return tuple(
        AttemptFact(n=n, started_at=END, ended_at=END, outcome="failed") for n in range(1, count + 1)
    )


def finding(**other: Any) -> FindingFact:
    usual: dict[str, Any] = {
        "snapshot_id": "s-1",
        "verdict": "probable",
        "sentence": (
            "Probable. Mike Dalton took 18,204 records in 3 exports, the largest 62 % of all 29,361, "
            "6 and 2 days before notice, 16 times the most in a day before (1,150)."
        ),
        "coverage": "All 35 days under review were seen.",
        "sealed_at": END,
        "sealed_seq": 7,
        "first_sealed_at": END,
        "first_sealed_seq": 7,
        "version": 1,
        "manifest_sha256": "0" * 64,
        "usual_max": 1_150,
        "total_records": 29_361,
    }
    return FindingFact(**{**usual, **other})


def run(**other: Any) -> RunFacts:
    """The run of the pictures: eight done, one failed, two for people, one later."""
    usual: dict[str, Any] = {
        "run_id": "11111111-2222-3333-4444-555555555555",
        "departure_id": "d-1",
        "number": "R-2041",
        "leaver": "Mike Dalton",
        "leaver_person_id": "p-mike",
        "title": "Account Executive",
        "department": "Sales",
        "manager": "Sara Ek",
        "kind": "voluntary",
        "state": "confirming",
        "colour": Colour.AMBER,
        "headline": "All 2 logins were shut and read back 62 s after 17:00:00 UTC.",
        "effective_at": END,
        "civil_at": "2026-03-06T18:00",
        "zone": "Europe/Stockholm",
        "started_by": "source:hr",
        "source": "hr ev-1",
        "playbook": "sales-leaver",
        "playbook_version": 7,
        "playbook_digest": "0" * 64,
        "plan_digest": "0" * 64,
        "started_at": END,
        "finished_at": None,
        "last_verified_at": END + timedelta(seconds=62),
        "seconds_to_last_cut": 62.0,
        "steps": steps(),
        "exposure": (
            ExposureFact(connector="ldap", account="uid=mike", seconds=4.0, verified_at=NOW),
            ExposureFact(connector="crm", account="mike", seconds=62.0, verified_at=NOW),
        ),
        "finding": finding(),
        "precautions": (),
        "ledger_entries": 41,
        "ledger_intact": True,
    }
    return RunFacts(**{**usual, **other})


def steps() -> tuple[StepFact, ...]:
    done = (
        ("shut-directory", "Directory: shut the login", 4),
        ("leave-groups", "Directory: leave all groups", 4),
        ("freeze-crm", "CRM: freeze the login", 6),
        ("end-sessions", "CRM: end open sessions", 2),
        ("revoke-tokens", "CRM: revoke tokens", 2),
        ("sso", "SSO: end sessions", 1),
        ("vpn", "VPN: revoke the certificate", 2),
        ("seal", "Activity: seal the last 60 days", 9),
    )
    return (
        *(step(name, title, ended_at=END + timedelta(seconds=took)) for name, title, took in done),
        step(
            "wipe-phone",
            "Phone: lock and wipe iPhone 14 (MD-1188)",
            state=StepState.FAILED,
            waits_for=WaitsFor.PERSON,
            colour=Colour.RED,
            attempts=attempts(3),
            why="The device is offline since 5 Mar 19:20.",
            fix="The order stays queued; or collect the phone and confirm here.",
        ),
        person_step("return-laptop", "Laptop: return LT-0427", due=END + timedelta(days=2)),
        person_step("sales-mailbox", "Shared sales mailbox: change the password", taken_by="Ivan Petrov"),
        step(
            "archive",
            "Mailbox: archive",
            state=StepState.READY,
            started_at=None,
            release_after=END + timedelta(days=30),
            verified_at=None,
        ),
    )


def closed(**other: Any) -> RunFacts:
    """The same run, when everything is done."""
    said = ConfirmationFact(
        by="Ivan Petrov", at=NOW, what="done", note="Changed in the vault.", door="slack", read_back=""
    )
    ended = tuple(
        replace(
            s,
            state=StepState.DONE,
            colour=Colour.GREEN,
            confirmations=() if s.state is StepState.DONE else (said,),
        )
        for s in steps()
    )
    usual = {
        "steps": ended,
        "finished_at": END + timedelta(minutes=108),
        "colour": Colour.GREEN,
        "state": "closed",
    }
    return run(**{**usual, **other})
