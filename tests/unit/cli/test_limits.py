"""Raising a limit is done in the file, and seen in the ledger."""

import json

from service.app import create_service
from service.ledger.entry import LedgerEntry
from service.settings import load
from tests.unit.cli.test_commands import Shell, empty, exeunt  # noqa: F401  the folder, and the people in it


def started_and_told() -> list[int]:
    """Start and stop the service; gives what the ledger says of the hour's limit, oldest first."""
    service = create_service(load())
    service.start()
    service.close()
    with service.store.read() as session:
        found = session.query(LedgerEntry).filter(LedgerEntry.event == "guardrails.set")
        return [json.loads(entry.leaf)["body"]["hour_people"] for entry in found.order_by(LedgerEntry.seq)]


def test_a_service_that_starts_with_another_limit_says_so_once(exeunt: Shell) -> None:  # noqa: F811
    assert started_and_told() == [5]
    file = exeunt.folder / "exeunt.toml"
    file.write_text(file.read_text() + "\n[guardrails]\nhour_people = 400\n")

    assert started_and_told() == [5, 400]
    assert started_and_told() == [5, 400]


def test_a_command_that_only_reads_says_nothing_about_limits(exeunt: Shell) -> None:  # noqa: F811
    exeunt("plan", "E-2")

    service = create_service(load())
    with service.store.read() as session:
        assert session.query(LedgerEntry).filter(LedgerEntry.event == "guardrails.set").count() == 0
    service.close()
