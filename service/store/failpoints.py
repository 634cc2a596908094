"""Fail points: named places where the process can be told to kill itself, to test what a crash there leaves behind.

Nothing happens unless `arm` was called with what `EXEUNT_KILL_AT` said; then the nth passage of that one point
is the end of the process, as sudden as `kill -9`. Points around outside calls stand on our side of the call.
"""

import os
import signal
import threading
from collections.abc import Iterator, Mapping
from typing import Final, NoReturn

import structlog

log = structlog.get_logger()

#: Transactions by the name their `store.write(NAME)` gives: two points each.
COMMITS: Final = {
    "installation": "the installation's id, which its data folder holds too",
    "installation.move": "the new id of an installation whose database was copied",
    "intake": "a webhook, its departure and their entries",
    "look-up": "what the HR system said of somebody, the departure and its entry",
    "look-up.put-off": "the note that the HR system did not answer and is asked again later",
    "begin": "the runs of the departures that are due",
    "turn": "what came back of the steps that were out, and the intents of those let out next",
    "record": "what came back of one step, recorded alone because it could not be with the others",
    "take-back": "the note that the steps of a dead process are let out again",
    "node.beat": "a node's word that it lives",
    "node.leave": "a node's word that it is gone",
    "doorbell": "the word of a node that answers to those that work",
    "take": "the note that a node carries out what was handed over to it",
    "before-image": "the image of an account before its first change",
    "decision": "a person's decision about a step",
    "decision.refused": "the note that a person's decision was refused",
    "answer": "a person's answer to whose account it is, and the steps that go on by it",
    "look": "a named person's look at a sealed departure",
    "drill.begin": "the note that a drill begins, and that it is about to shut an account",
    "drill": "how a drill ended, and that an account is open again",
    "intervention": "what an operator did to a run or a step",
    "intervention.refused": "the note that an operator was refused",
    "undo": "a person's go to take a run back, what is cancelled and the steps of the way back",
    "undo.refused": "the note that taking a run back was refused",
    "release": "what a person decided about held departures",
    "release.refused": "the note that such a decision was refused",
    "batch": "a batch's next wave, its stop or its going on",
    "kill-switch": "the kill switch, thrown or taken back",
    "checkpoint": "a signed checkpoint",
    "checkpoint.cursor": "the note that a checkpoint was published",
    "playbook.offered": "the versions of playbooks that were found in the files",
    "playbook.approved": "a person's approval of a changed playbook, and its use from the second on",
    "playbook.refused": "the note that an approval of a playbook was refused",
    "alarm": "the note that something is stuck, or moves again",
    "slack.alarm.cursor": "how far Slack was told of alarms",
    "slack.cursor": "how far Slack's reader has read the ledger",
    "slack.message": "what is intended with, or known of, a run's message in Slack",
    "slack.batch": "what is intended with, or known of, a batch's message in Slack",
    "last-time": "whether a roster or logs could be fetched this time, or Slack be listened to",
    "collect.files": "which logs were collected",
    "collect.coverage": "which days a source has told of",
    "snapshot": "a sealed snapshot and its entry",
    "snapshots.destroyed": "the note that snapshots whose time is over were destroyed",
    "logs.destroyed": "the note that collected logs whose time is over were destroyed",
    "roster": "the account links a roster taught",
    "zone-data": "the note that other limits hold, and that the steps of open runs are timed anew by other zone data",
}
#: Those of them that only one of several nodes passes, or the command that moves from one process to them.
OF_NODES: Final = frozenset({"installation.move", "take", "node.beat", "node.leave", "doorbell"})
#: Calls that leave the process: two points each.
CALLS: Final = {
    "hr.ask": "the HR system is asked about somebody",
    "accounts.find": "a target system is asked for the leaver's accounts or devices",
    "account.read": "a target system is asked how an account is before its first change",
    "connector.call": "a target system is told to change an account or a device",
    "verify": "a target system is asked whether a change holds",
    "roster.fetch": "a target system is asked for all its accounts",
    "logs.fetch": "a target system is asked for its logs",
    "slack.post": "a run's message is posted in Slack",
    "slack.edit": "a run's message in Slack is edited",
    "slack.line": "a line is posted in the thread of a run's message",
    "slack.alarm": "an alarm is posted in Slack",
    "slack.batch": "a batch's message is posted in Slack",
    "slack.batch.edit": "a batch's message in Slack is edited",
    "slack.batch.call": "people are called in the thread of a batch's message",
    "checkpoint.publish": "a checkpoint is written where the service cannot rewrite it",
}
#: Places in between.
PLACES: Final = {
    "departure.announced": "A departure was made of an event, within the webhook's transaction.",
    "ledger.written": "Entries stand in the ledger's table and its head does not count them yet.",
    "ledger.appended": "Entries and the ledger's head are written, within the transaction of what they record.",
    "step.returned": "A step came back from its target system and lies in memory, not yet recorded.",
    "collect.shelved": "A log lies encrypted on the disk and no row speaks of it.",
    "collect.read": "The collected days were read and no row speaks of their logs.",
}


class NoSuchPoint(Exception):  # noqa: N818  a refusal, not a fault
    """`EXEUNT_KILL_AT` names no fail point; the message says so."""


def _points() -> Iterator[tuple[str, str]]:
    for name, what in COMMITS.items():
        yield f"{name}.commit.before", f"Just before the commit of {what}."
        yield f"{name}.commit.after", f"Just after the commit of {what}; nobody was told."
    for name, what in CALLS.items():
        yield f"{name}.before", f"Just before {what}; nothing was sent."
        yield f"{name}.after", f"Just after {what}; nothing of the answer is kept."
    yield from PLACES.items()


#: Every point and what is true there.
POINTS: Final[Mapping[str, str]] = dict(sorted(_points()))


class _Armed:
    """One point and how many passages are left until the end."""

    def __init__(self, name: str, left: int) -> None:
        self.name = name
        self._left = left
        self._lock = threading.Lock()

    def passed(self, name: str) -> None:
        if name != self.name:
            return
        with self._lock:
            self._left -= 1
            if self._left == 0:
                _end()


_armed: _Armed | None = None


def arm(words: str) -> None:
    """Be killed at the point that `NAME` or `NAME:N` says, and say so now; empty disarms. Raises `NoSuchPoint`."""
    global _armed  # noqa: PLW0603  one process, one end
    name, _, count = words.partition(":")
    if not words:
        _armed = None
        return
    if name not in POINTS or not (count or "1").isdecimal() or int(count or "1") < 1:
        raise NoSuchPoint(
            f"EXEUNT_KILL_AT={words} names no fail point. Unset it, or look at: exeunt failpoints. "
            "It is NAME, or NAME:N for the Nth passage."
        )
    _armed = _Armed(name, int(count or "1"))
    log.warning("failpoint.armed", point=name, hint="This process kills itself there. Unset EXEUNT_KILL_AT.")


def passing(name: str) -> None:
    """Go through a point. The process ends here when it was told to."""
    if _armed is not None:
        _armed.passed(name)


def _end() -> NoReturn:
    """No handler, no flush, no goodbye: what the disk and the others have is all that is left."""
    os.kill(os.getpid(), signal.SIGKILL)
    os._exit(137)  # where signals are slower than we are
