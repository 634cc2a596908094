"""The ten precautions against a leaver taking customer data, and what this run can say about each.

What was not looked at is "unknown", never "ok".
"""

from collections.abc import Iterable

from service.engine.facts import ExposureFact, FindingFact, PrecautionFact, StepFact
from service.engine.order import POSTURE
from service.engine.states import Colour
from service.engine.wording import span

OK, BAD, UNKNOWN = "ok", "bad", "unknown"
#: The precaution that says what the log could see.
MONITORED = "CRM use monitored"
#: A cut later than this after access had to be gone was not at once.
AT_ONCE_S = 15 * 60


def precautions(
    steps: tuple[StepFact, ...], exposure: tuple[ExposureFact, ...], finding: FindingFact | None
) -> tuple[PrecautionFact, ...]:
    """All ten, in the order of the mission."""
    return (
        _fact("CRM's own security", UNKNOWN, "not read in this run"),
        _fact("Access by business need", UNKNOWN, "not looked at"),
        _watched(finding),
        _limited(steps),
        _fact("Others' accounts unopened", UNKNOWN, "not looked at"),
        _posture(steps, "Virus scanner up to date", "antivirus up to date"),
        _cut(exposure),
        _posture(steps, "Phone, laptop encrypted", "encrypted"),
        _fact("Printing, e-mail log", UNKNOWN, "not collected"),
        _fact("Staff know it is watched", *_notice(finding)),
    )


def _fact(name: str, state: str, said: str) -> PrecautionFact:
    return PrecautionFact(name=name, state=state, said=said)


def _watched(finding: FindingFact | None) -> PrecautionFact:
    if finding is None:
        return _fact(MONITORED, UNKNOWN, "no snapshot")
    blind = finding.verdict == "cannot say"
    said = finding.coverage.partition(";")[0].partition(" under review")[0]
    return _fact(MONITORED, UNKNOWN if blind else OK, said)


def _limited(steps: Iterable[StepFact]) -> PrecautionFact:
    limits = [step for step in steps if step.action.endswith(".restrict_export")]
    if limits and all(step.colour is Colour.GREEN for step in limits):
        return _fact("Downloads limited", OK, "export right taken during notice")
    if limits:
        return _fact("Downloads limited", BAD, "export right not known to be taken")
    return _fact("Downloads limited", BAD, "no limit set")


def _cut(exposure: tuple[ExposureFact, ...]) -> PrecautionFact:
    seconds = [fact.seconds for fact in exposure if fact.seconds is not None]
    if not exposure:
        return _fact("Access cut at once", UNKNOWN, "no login in this playbook")
    if len(seconds) < len(exposure):
        open_ = len(exposure) - len(seconds)
        logins = "login" if open_ == 1 else "logins"
        return _fact("Access cut at once", BAD, f"{open_} {logins} not known to be shut")
    slowest = max(seconds)
    return _fact("Access cut at once", OK if slowest <= AT_ONCE_S else BAD, span(slowest))


def _posture(steps: Iterable[StepFact], name: str, key: str) -> PrecautionFact:
    said = [
        value
        for step in steps
        for fact in step.evidence
        if fact.claim == POSTURE
        for field, value in fact.after
        if field == key
    ]
    if not said or "none" in said:
        return _fact(name, UNKNOWN, "not reported" if said else "no device read")
    yes = sum(value == "True" for value in said)
    return _fact(name, OK if yes == len(said) else BAD, f"{yes} of {len(said)}")


def _notice(finding: FindingFact | None) -> tuple[str, str]:
    if finding is None:
        return UNKNOWN, "no snapshot"
    return (OK, "notice on file") if finding.notice_on_file else (BAD, "no notice on file")
