"""What a lint rule says."""

from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """Whether a playbook with such a finding still loads."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One broken rule at one step. `key` is what the caret points at."""

    step: str
    message: str
    fix: str
    severity: Severity = Severity.ERROR
    key: str = "action"
