"""The night's work: rosters, logs, and what is over and is destroyed. What fails for long is an alarm."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import structlog
from sqlalchemy.orm import Session

from connectors.sdk.capabilities import ListsAccounts
from connectors.sdk.context import Context
from connectors.sdk.errors import ConnectorError
from connectors.sdk.types import Window
from service.departures import early_withdrawal
from service.engine import found_late, last_times
from service.engine.desk import Desk
from service.engine.found_stuck import Stuck, StuckKind
from service.sections import SnapshotSection
from service.snapshot.bench import warm
from service.snapshot.collect import Collector
from service.snapshot.retention import KEEP_LOGS_LONGER_DAYS, destroy_logs, recently_sealed
from service.snapshot.seal import Sealer, destroy_due
from service.store.failpoints import passing

log = structlog.get_logger()

#: Two nights missed. One that fails is tried again within hours, so one night may end well after all.
MISSED: Final = timedelta(hours=50)
ROSTER, LOGS = "roster", "logs"
DONE: Final = {
    ROSTER: ("was last read", "has not been read"),
    LOGS: ("were last fetched", "have not been fetched"),
}
LOST: Final = {
    ROSTER: "Whoever was given an account there since is not known before they leave.",
    LOGS: "Some logs are kept for a day there, and what a leaver did cannot be seen without them.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Nights:
    """What is done each night, by one node."""

    collector: Collector
    sealer: Sealer
    desk: Desk
    snapshot: SnapshotSection

    def now(self) -> datetime:
        """The time that nights are told by."""
        return self.collector.now()

    def rosters(self) -> list[str]:
        """The target systems that list accounts."""
        manifests = self.collector.registry.manifests
        return [
            name for name in self.collector.registry.configured if "list_accounts" in manifests[name].actions
        ]

    def learn_rosters(self, names: Collection[str] | None = None) -> list[str]:
        """Ask all target systems, or those named, who has an account. Gives those that failed; they stop no other."""
        failed = []
        for name in self.rosters() if names is None else names:
            well = False
            try:
                self._learn(name)
                well = True
            except ConnectorError as error:
                log.warning("roster.stopped", connector=name, error=type(error).__name__)
                failed.append(name)
            finally:  # whatever it was that went wrong
                self._note(ROSTER, name, well=well)
        return failed

    def _learn(self, name: str) -> None:
        connector = self.collector.registry.open(name, Context(now=self.now, read_only=True))
        passing("roster.fetch.before")
        accounts = list(connector.list_accounts()) if isinstance(connector, ListsAccounts) else []
        passing("roster.fetch.after")
        with self.collector.store.write("roster") as session:
            learnt = found_late.learn(session, name, accounts, at=self.now())
        log.info("roster.learnt", connector=name, links=learnt.links, orphans=learnt.orphans)

    def collect(self, names: Collection[str] | None = None) -> list[str]:
        """Fetch the logs of the whole look-back and baseline; what is kept already is not kept twice.

        Gives the systems, of all or of those named, that did not hand over everything.
        """
        end = self.now()
        names = self.collector.sources() if names is None else names
        failed = [name for name in names if not self._collected(name, end)]
        if self.collector.holds_logs():
            warm()
        if len(failed) < len(names):
            self._look_again(end)
        return failed

    def _collected(self, name: str, end: datetime) -> bool:
        start = end - timedelta(days=self.snapshot.lookback_days + self.snapshot.baseline_days + 1)
        well = False
        try:
            if mended := self.collector.mend(name):
                log.warning("collect.mended", connector=name, days=mended)
            window = self.collector.still_open(name, Window(start=start, end=end))
            collected = self.collector.collect(name, window)
            log.info("collect.done", connector=name, files=collected.files, stopped=collected.stopped)
            well = not collected.stopped
        finally:  # whatever it was that went wrong
            self._note(LOGS, name, well=well)
        return well

    def _look_again(self, now: datetime) -> None:
        """Judge anew whoever left lately: late logs may say more, and anything after the end is an incident."""
        with self.collector.store.read() as session:
            lately = recently_sealed(session, now=now)
        for departure_id, run_id in lately:
            facts = self.desk.facts(run_id) if run_id else None
            if facts and facts.undo:  # whoever came back works here again
                continue
            cut_at = facts.last_verified_at if facts else None
            self.sealer.look_again(departure_id, self.collector.sources(), cut_at=cut_at)

    def destroy_due(self) -> None:
        """Destroy snapshots and collected logs whose time is over, and forget what nothing came of."""
        keep = timedelta(
            days=self.snapshot.lookback_days + self.snapshot.baseline_days + KEEP_LOGS_LONGER_DAYS
        )
        with self.collector.store.write("snapshots.destroyed") as session:
            destroy_due(session, now=self.now())
            early_withdrawal.forget(session, now=self.now())
        destroy_logs(self.collector.store, self.collector.shelf, before=(self.now() - keep).date())

    def _note(self, work: str, name: str, *, well: bool) -> None:
        with self.collector.store.write("last-time") as session:
            last_times.note(session, f"{work}:{name}", well=well, at=self.now())

    def missed(self, session: Session) -> Iterator[Stuck]:
        """One alarm for each roster that could not be read for two nights, and for the logs of each system."""
        for work, names in ((ROSTER, self.rosters()), (LOGS, self.collector.sources())):
            keys = {f"{work}:{name}": name for name in names}
            for name, since, ever in last_times.missed(session, keys, after=MISSED, now=self.now()):
                yield Stuck(
                    kind=StuckKind.NIGHT,
                    key=f"{work}:{name}",
                    said=f"The {work} of {name} {_last(work, since, ever=ever)}",
                    fix=f"It is tried again by itself; exeunt check says what is wrong with our access. {LOST[work]}",
                    since=since,
                )


def _last(work: str, since: datetime, *, ever: bool) -> str:
    done, never = DONE[work]
    at = f"{since:%Y-%m-%d %H:%M:%S} UTC"
    return f"{done} at {at}; every try since has failed." if ever else f"{never} since the first try at {at}."
