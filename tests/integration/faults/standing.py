"""How everything stands at the end: rows, target systems, Slack and ledger, without what chance decides."""

from collections import Counter
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.departures.batch import Batch
from service.departures.departure import Departure
from service.engine.kill_switch import stopped
from service.engine.releases import Release
from service.engine.tables import Attempt, Confirmation, Run, StepRun
from service.engine.undos import Undo
from service.intake.tables import PendingLookUp, Told, Webhook
from service.ledger.checkpoint import checkpoints_in, open_checkpoint
from service.ledger.entry import LedgerEntry
from service.ledger.keys import Keys
from service.ledger.verify import verify_live
from service.people.account_link import AccountLink
from service.people.person import Person
from service.playbook.versions import in_use
from service.slack.tables import SlackMessage
from service.snapshot.tables import Coverage, RawFile, Snapshot
from service.store import Store
from tests.integration.faults.company import Company

#: What is recorded once however often a process died; attempts and what was lost are not.
ONCE = frozenset(
    {
        "webhook.accepted",
        "departure.announced",
        "departure.scheduled",
        "run.started",
        "run.finished",
        "step.done",
        "step.confirmed",
        "engine.stopped",
        "engine.resumed",
        "batch.opened",
        "batch.stopped",
        "batch.resumed",
        "departure.held",
        "approval.given",
        "playbook.approved",
        "playbook.put_to_use",
        "run.undoing",
        "run.undone",
        "departure.withdrawn",
        "account.linked",
    }
)
#: The source that says only whom to look up.
HINTS = "bamboo"


def standing(company: Company, store: Store) -> dict[str, Any]:
    """Everything that must be the same with and without a crash."""
    with store.read() as session:
        whose = {p.id: p.employee_no for p in session.scalars(select(Person))}
        runs = {run.id: whose[d.person_id] for run, d in _runs(session)}
        return {
            "departures": sorted(
                (whose[d.person_id], d.kind.value, d.state.value, d.held_because)
                for d in session.scalars(select(Departure))
            ),
            "runs": sorted((runs[run.id], run.colour.value) for run, _ in _runs(session)),
            "steps": _steps(session, runs),
            "still out": _still_out(session),
            "webhooks": _webhooks(session),
            "hr": (
                len(session.scalars(select(PendingLookUp)).all()),
                sorted(told.employee_id for told in session.scalars(select(Told))),
            ),
            "links": sorted(
                (link.connector, link.account_id, whose[link.person_id])
                for link in session.scalars(select(AccountLink))
            ),
            "logs": (
                sorted((row.connector, row.name, row.sha256) for row in session.scalars(select(RawFile))),
                sorted((row.kind, str(row.day), row.state) for row in session.scalars(select(Coverage))),
            ),
            "snapshots": sorted(
                {
                    (runs[_run_of(session, s)], s.wrapped_key is None)
                    for s in session.scalars(select(Snapshot))
                }
            ),
            "decided": _decided(session, runs),
            "ledger": _recorded(company.folder, session, runs),
            "slack": _slack(company, session, runs),
            "effects": {
                name: sorted(Counter((e["what"], e["target"]) for e in fake.effects).items())
                for name, fake in company.fakes.items()
                if name != "slack"
            },
            "checkpoints": _checkpoints(company.folder, session),
        }


def _runs(session: Session) -> list[Any]:
    return list(session.execute(select(Run, Departure).join(Departure, Departure.id == Run.departure_id)))


def _webhooks(session: Session) -> Any:
    """A hint may mean something new each time it is sent, and is kept as often; everything else once."""
    rows = Counter((row.source, row.state.value) for row in session.scalars(select(Webhook)))
    return sorted((which, 1 if which[0] == HINTS else count) for which, count in rows.items())


def _run_of(session: Session, snapshot: Snapshot) -> str:
    return session.get_one(Departure, snapshot.departure_id).run_id or ""


def _steps(session: Session, runs: dict[str, str]) -> list[Any]:
    confirmed = Counter(session.scalars(select(Confirmation.step_run_id)))
    return sorted(
        (
            runs[step.run_id],
            step.step,
            step.state.value,
            step.grade.value,
            step.contradicted,
            step.waits_for is None,
            step.verified_at is not None,
            bool(step.before or step.receipts),  # a receipt dies with its process; the image was kept before
            confirmed[step.id],
        )
        for step in session.scalars(select(StepRun))
    )


def _still_out(session: Session) -> int:
    checking = session.scalars(select(StepRun).where(StepRun.checking.is_(True))).all()
    return len(checking) + len(session.scalars(select(Attempt).where(Attempt.outcome.is_(None))).all())


def _decided(session: Session, runs: dict[str, str]) -> Any:
    """The kill switch, batches, releases, playbooks in use and what was taken back."""
    return (
        stopped(session),
        sorted((b.stopped_at is None, b.open_wave) for b in session.scalars(select(Batch))),
        sorted((r.state.value, len(r.named)) for r in session.scalars(select(Release))),
        sorted((str(kind), digest) for kind, digest in in_use(session).items()),
        sorted(
            (runs[u.run_id], u.because.value, u.finished_at is not None)
            for u in session.scalars(select(Undo))
        ),
    )


def _recorded(folder: Path, session: Session, runs: dict[str, str]) -> Any:
    verdict = verify_live(session, Keys.load(folder / "keys").vkey)
    entries = session.scalars(select(LedgerEntry)).all()
    counted = [e for e in entries if e.event in ONCE and not _is_hint(e)]
    once = Counter((runs.get(e.run_id, ""), e.step, e.event) for e in counted)
    unknown = sum(1 for e in entries if e.event == "step.done" and _intents(entries, e) == 0)
    return verdict.holds, unknown, sorted(once.items())


def _is_hint(entry: LedgerEntry) -> bool:
    return entry.event == "webhook.accepted" and entry.content["actor"] == f"source:{HINTS}"


def _intents(entries: Any, done: LedgerEntry) -> int:
    return sum(
        1
        for e in entries
        if e.event == "step.attempted" and (e.run_id, e.step) == (done.run_id, done.step) and e.seq < done.seq
    )


def _slack(company: Company, session: Session, runs: dict[str, str]) -> Any:
    """One message a run, each line once, every one up to date; Zoe's beneath the one of her batch."""
    posts = company.slack.state["messages"]
    messages = [m for m in posts if m["metadata"]["event_type"] == "exeunt_run"]
    heads = [m for m in posts if m["metadata"]["event_type"] == "exeunt_batch"]
    beneath = {m["ts"]: m["text"] for m in heads}
    marks = Counter(e["target"] for e in company.slack.effects if e["what"] == "message.posted")
    rows = session.scalars(select(SlackMessage)).all()
    return (
        sorted(
            (runs[m["metadata"]["event_payload"]["run_id"]], m["text"], beneath.get(m["thread_ts"]))
            for m in messages
        ),
        max(marks.values(), default=0),
        all(row.told_seq >= row.seen_seq and row.shown_seq >= row.seen_seq for row in rows),
    )


def _checkpoints(folder: Path, session: Session) -> tuple[bool, bool]:
    """Those outside are ours, and the last run's end is among what they cover."""
    vkey = Keys.load(folder / "keys").vkey
    notes = checkpoints_in((folder / "checkpoints" / "checkpoints.txt").read_text(encoding="utf-8"))
    sizes = [open_checkpoint(note, vkey).size for note in notes]
    ends = select(LedgerEntry.seq).where(LedgerEntry.event == "run.finished")
    return sizes == sorted(sizes), max(sizes) > max(session.scalars(ends))
