"""What operators watch, by outcome, counted from the rows and not from memory, in the text format of Prometheus."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any, Final

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector
from sqlalchemy import Executable, func, select
from sqlalchemy.orm import Session

from service.departures.departure import Departure
from service.engine.alarms import open_alarms
from service.engine.found_stuck import StuckKind
from service.engine.kill_switch import stopped
from service.engine.reading import CUT
from service.engine.states import ENDED, Colour, StepState
from service.engine.tables import Run, StepRun
from service.store import Store
from service.web.rooms import WebhookCounts

#: Seconds between effective-at and the verified cut of a run's last login.
BUCKETS: Final = (1, 5, 15, 60, 300, 900, 3600, 14400, 86400)


def as_text(store: Store, webhooks: WebhookCounts) -> bytes:
    """Everything there is to watch, as it stands."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Rows(store, webhooks))
    return generate_latest(registry)


class _Rows(Collector):
    def __init__(self, store: Store, webhooks: WebhookCounts) -> None:
        self._store = store
        self._webhooks = webhooks

    def collect(self) -> Iterator[Metric]:
        with self._store.read() as session:
            yield _runs(session)
            yield _open_steps(session)
            yield _last_cuts(session)
            yield GaugeMetricFamily(
                "exeunt_stopped", "1 while the kill switch is thrown.", value=int(bool(stopped(session)))
            )
            yield _alarms(session)
        told = CounterMetricFamily(
            "exeunt_webhooks", "Webhooks by source and by what became of them.", labels=["source", "outcome"]
        )
        for (source, outcome), count in sorted(self._webhooks().items()):
            told.add_metric([source, outcome], count)
        yield told


def _runs(session: Session) -> Metric:
    found = _counted(session, select(Run.colour, func.count()).group_by(Run.colour))
    family = GaugeMetricFamily("exeunt_runs", "Runs by colour.", labels=["colour"])
    for colour in Colour:
        family.add_metric([colour.value], found.get(colour, 0))
    return family


def _open_steps(session: Session) -> Metric:
    not_over = [state for state in StepState if state not in ENDED]
    query = select(StepRun.state, func.count()).where(StepRun.state.in_(not_over)).group_by(StepRun.state)
    found = _counted(session, query)
    family = GaugeMetricFamily("exeunt_steps_open", "Steps that have not ended.", labels=["state"])
    for state in not_over:
        family.add_metric([state.value], found.get(state, 0))
    return family


def _alarms(session: Session) -> Metric:
    found = Counter(alarm.kind for alarm in open_alarms(session))
    family = GaugeMetricFamily(
        "exeunt_alarms", "What should have moved and did not, by what it is.", labels=["kind"]
    )
    for kind in StuckKind:
        family.add_metric([kind.value], found[kind])
    return family


def _counted(session: Session, query: Executable) -> Mapping[Any, int]:
    return {value: count for value, count in session.execute(query)}  # noqa: C416  rows are not pairs to mypy


def _last_cuts(session: Session) -> Metric:
    query = (
        select(Departure.effective_at, func.max(StepRun.verified_at))
        .join(Run, Run.departure_id == Departure.id)
        .join(StepRun, StepRun.run_id == Run.id)
        .where(StepRun.action.endswith(f".{CUT}", autoescape=True))
        .group_by(Run.id, Departure.effective_at)
        .having(func.count() == func.count(StepRun.verified_at))
    )
    seconds = [_seconds(effective, cut) for effective, cut in session.execute(query)]
    family = HistogramMetricFamily(
        "exeunt_seconds_to_last_cut", "From effective-at to the verified cut of a run's last login."
    )
    family.add_metric([], buckets=list(_buckets(seconds)), sum_value=sum(seconds))
    return family


def _seconds(effective_at: datetime, cut: datetime | None) -> float:
    return max(0.0, (cut - effective_at).total_seconds()) if cut else 0.0


def _buckets(seconds: Iterable[float]) -> Iterator[tuple[str, float]]:
    values = list(seconds)
    for edge in BUCKETS:
        yield str(float(edge)), sum(value <= edge for value in values)
    yield "+Inf", len(values)
