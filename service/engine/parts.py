"""What every deliverer is made of: the door out, the machine, and who carries a step out."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Self

from connectors.sdk.manifest import Pace
from connectors.sdk.registry import Registry
from service.engine.admission import Admission
from service.engine.before import before_saver
from service.engine.clock import BeginDue
from service.engine.executor import Builtin, Executor
from service.engine.machine import Machine
from service.engine.pools import Threads
from service.engine.restoring import Restorer
from service.engine.states import StepState
from service.engine.theirs import theirs_reader
from service.engine.undo_kept import kept_reader
from service.engine.untouchable import Untouchable
from service.ledger.keys import Keys
from service.settings import Settings
from service.store import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """The parts of one process's engine."""

    store: Store
    admission: Admission
    machine: Machine
    executor: Executor
    now: Callable[[], datetime]
    threads: Threads
    begin_due: BeginDue

    @classmethod
    def make(
        cls,
        settings: Settings,
        store: Store,
        keys: Keys,
        registry: Registry,
        *,
        now: Callable[[], datetime],
        builtins: Mapping[str, Builtin],
        begin_due: BeginDue,
    ) -> Self:
        """Make them as the configuration says."""
        section = settings.engine
        paces = paces_of(settings, registry)
        machine = Machine(keys=keys, read_back_after_s=section.read_back_after_s, paces=paces)
        executor = Executor(
            registry=registry,
            now=now,
            builtins=builtins,
            save_before=before_saver(store, machine),
            restore=Restorer(kept=kept_reader(store, keys)),
            theirs=theirs_reader(store),
            read_along=section.read_along,
            untouchable=Untouchable.of(settings.guardrails.protected_accounts),
        )
        threads = Threads(rest=section.threads, sign_in=section.sign_in_threads)
        return cls(
            store=store,
            admission=Admission(paces=paces),
            machine=machine,
            executor=executor,
            now=now,
            threads=threads,
            begin_due=begin_due,
        )

    def handing_over(self) -> Self:
        """The same, where what is let out goes to a deliverer first."""
        return replace(self, admission=replace(self.admission, goes_to=StepState.DISPATCHED))


def paces_of(settings: Settings, registry: Registry) -> Mapping[str, Pace]:
    """How each target system wants to be met: as its connector says, except where the configuration says more."""
    told = {name: manifest.pace for name, manifest in registry.manifests.items()}
    for name, pace in settings.paces.items():
        given = pace.model_dump(exclude_none=True)
        told[name] = told.get(name, Pace()).model_copy(update=given)
    return told
