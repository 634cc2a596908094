"""What a history is made of: what clients asked, what targets saw, what the ledger says, how it stands at the end."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

#: An answer that says: it stands.
ACCEPTED: Final = frozenset({200, 202})


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """When and why somebody leaves, as HR says it. `civil` is empty where it says: at once."""

    kind: str
    civil: str
    zone: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Op:
    """One thing a client asked. `status` is the answer, `None` where none came; of what people do 200 says: done.

    Args:
        said: What a webhook says of a person.
        by: Who asked at a person's door, by their employee number.
        of: The departures that are meant; `run`, `release` or the number of a `batch` otherwise.
    """

    kind: str
    person: str
    message: str
    status: int | None
    step: str = ""
    said: Said | None = None
    by: str = ""
    of: tuple[str, ...] = ()
    run: str = ""
    release: str = ""
    batch: str = ""

    @property
    def unsure(self) -> bool:
        """Whether it may stand although it was not acknowledged: a commit that nobody hears of ends in a 5xx."""
        return self.status is None or self.status >= 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """A change a target system carried out, as it wrote it down itself. `key` is `run/step`.

    Args:
        to: Who has a device since, where it was given to somebody; of a group, `in` or `out`.
    """

    target: str
    what: str
    key: str
    at: str
    to: str = ""

    @property
    def run(self) -> str:
        """The run by whose key it came."""
        return self.key.partition("/")[0]

    @property
    def step(self) -> str:
        """The step by whose key it came."""
        return self.key.partition("/")[2]


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One entry of the ledger."""

    seq: int
    at: str
    event: str
    departure: str
    run: str
    step: str
    body: Mapping[str, Any]
    actor: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How a step stands at the end: its run, state, what it waits for, and who is named."""

    run: str
    step: str
    state: str
    waits_for: str
    owner: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Meant:
    """When a departure ends access and why, as it stands at the end; `instead` is what HR said too late."""

    said: Said
    at: datetime
    instead: Said | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """Everything that was seen, after the last process came to rest.

    Args:
        webhooks: By message id, the id of the row that keeps it.
        departures: By id: whose, its state, and the run (empty for none).
        targets_of: The accounts of each person.
        posts: How often each message or line was posted.
        ledger_holds: What verifying said.
        asked: The runs of those about whose accounts people are asked.
        still_open: Whose access can be used at the end, and the step that is there to shut it.
        open_before: The same before anything was done.
        meant: What each departure stands on at the end.
        overdue: Departures whose time has come, that nobody holds, and that were not begun.
        humans: Who is behind each actor of the ledger, by employee number: two records of one human are one.
        protected: Whom nobody lets go without two persons.
        others: What people who know nothing of us changed at the targets.
        groups_before: The groups of each person before anything was done, and `groups` those at the end.
        devices: By serial number, who had each device first.
        batch_of: The batch of each departure that is in one, and `batches` the id of each by its number.
        wave_sizes: So many at a time, of the releases that let go by waves.
        ended: What time it was at the end, by a clock that was always right.
    """

    ops: tuple[Op, ...]
    effects: tuple[Effect, ...]
    entries: tuple[Entry, ...]
    steps: tuple[Standing, ...]
    webhooks: Mapping[str, str]
    departures: Mapping[str, tuple[str, str, str]]
    finished: frozenset[str]
    targets_of: Mapping[str, frozenset[str]]
    posts: Mapping[str, int]
    ledger_holds: bool
    asked: frozenset[str] = frozenset()
    still_open: frozenset[tuple[str, str]] = frozenset()
    open_before: frozenset[tuple[str, str]] = frozenset()
    meant: Mapping[str, Meant] = field(default_factory=dict)
    overdue: frozenset[str] = frozenset()
    humans: Mapping[str, str] = field(default_factory=dict)
    protected: frozenset[str] = frozenset()
    others: tuple[Effect, ...] = ()
    groups_before: Mapping[str, frozenset[str]] = field(default_factory=dict)
    groups: Mapping[str, frozenset[str]] = field(default_factory=dict)
    devices: Mapping[str, str] = field(default_factory=dict)
    batch_of: Mapping[str, str] = field(default_factory=dict)
    batches: Mapping[str, str] = field(default_factory=dict)
    wave_sizes: Mapping[str, int] = field(default_factory=dict)
    ended: str = ""

    def of(self, person: str) -> dict[str, tuple[str, str]]:
        """A person's departures: state and run, by id."""
        return {id_: (state, run) for id_, (whose, state, run) in self.departures.items() if whose == person}

    @property
    def whose_run(self) -> dict[str, str]:
        """The person of each run."""
        return {run: person for person, _, run in self.departures.values() if run}
