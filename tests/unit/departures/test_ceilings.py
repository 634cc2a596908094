"""The limits stand in the configuration, and what they are set to stands in the ledger."""

import json
from dataclasses import replace
from typing import Any

import pytest

from service.departures.ceilings import on_record
from service.departures.guardrails import DEFAULT, Guardrails
from service.ledger.entry import LedgerEntry
from service.ledger.keys import Keys
from service.store import Store
from tests.architecture.test_doors import ROOT, made_in, sources

#: Rooms in which people, and other systems, say what is to happen.
ENTRANCES = ("web", "slack", "intake", "scheduler", "cli")
SET = {
    "service.departures.guardrails.Guardrails",
    "service.departures.guardrails.guardrails_of",
    "service.departures.guardrails.Limit",
    "service.sections.GuardrailsSection",
}


@pytest.fixture(autouse=True)
def _recorded(keys: Keys) -> None:
    """Nothing is recorded without keys."""


def started(store: Store, clock: Any, guard: Guardrails) -> None:
    with store.write() as session:
        on_record(session, guard, now=clock())


def told(store: Store) -> list[dict[str, Any]]:
    with store.read() as session:
        entries = session.query(LedgerEntry).filter(LedgerEntry.event == "guardrails.set")
        return [json.loads(entry.leaf)["body"] for entry in entries.order_by(LedgerEntry.seq)]


def test_a_ceiling_that_was_raised_in_the_file_is_on_record_from_the_next_start(
    any_store: Store, clock: Any
) -> None:
    started(any_store, clock, DEFAULT)

    started(any_store, clock, replace(DEFAULT, hour_people=5_000, hour_percent=2.5))

    assert [(one["hour_people"], one["hour_percent"]) for one in told(any_store)] == [
        (5, "2.0"),
        (5_000, "2.5"),
    ]


@pytest.mark.parametrize(
    "other",
    [
        {"day_people": 6},
        {"day_percent": 5.5},
        {"team_reports": 6},
        {"whole_teams": False},
        {"first_time": False},
        {"executive_titles": ()},
        {"executives": ("E-1",)},
        {"protected_people": ("E-1",)},
    ],
    ids=lambda other: next(iter(other)),
)
def test_every_limit_is_among_what_is_recorded(store: Store, clock: Any, other: dict[str, Any]) -> None:
    started(store, clock, DEFAULT)

    started(store, clock, replace(DEFAULT, **other))

    assert len(told(store)) == 2


def test_a_start_with_the_same_limits_records_nothing(store: Store, clock: Any) -> None:
    started(store, clock, DEFAULT)

    started(store, clock, Guardrails())

    assert len(told(store)) == 1


def test_the_record_names_nobody(store: Store, clock: Any) -> None:
    started(store, clock, replace(DEFAULT, executives=("E-4711",), protected_people=("E-4712",)))

    assert "E-471" not in json.dumps(told(store))


@pytest.mark.parametrize("entrance", ENTRANCES)
def test_no_entrance_says_what_the_limits_are(entrance: str) -> None:
    """They are handed in from the configuration; whoever stands at an entrance only counts by them."""
    setting = {
        str(path.relative_to(ROOT)): made
        for path in sources(f"service/{entrance}")
        if (made := made_in(path.read_text(encoding="utf-8")) & SET)
    }

    assert setting == {}
