"""`exeunt database upgrade --beside`: whoever is at the keyboard stands in the record."""

import pytest

from service.engine.alone import OnlyEngine
from service.ledger.entry import LedgerEntry
from service.people.person import Person
from service.store import Store
from service.store.migrate import downgrade, newest, stands_at
from tests.unit.cli.test_commands import Shell, empty, exeunt

__all__ = ["empty", "exeunt"]


@pytest.mark.parametrize("mapped", [True, False])
def test_who_upgrades_beside_others_is_on_record(exeunt: Shell, mapped: bool) -> None:
    if mapped:
        exeunt.maps("E-1")
    store = Store(f"sqlite:///{exeunt.folder}/var/exeunt.db")
    only = OnlyEngine(store)
    only.take()
    downgrade(store, f"{int(newest()) - 1:04}")
    refused = exeunt("database", "upgrade")

    done = exeunt("database", "upgrade", "--beside")

    with store.read() as session:
        (entry,) = session.query(LedgerEntry).where(LedgerEntry.event == "schema.upgraded_beside")
        hanna = session.query(Person).where(Person.employee_no == "E-1").one()
        assert entry.content["actor"] == (f"person:{hanna.subject}" if mapped else "system:cli")
        assert stands_at(session.connection()) == newest()
    assert (refused.code, done.code) == (2, 0)
    assert done.out.endswith(f"The schema is {newest()}, as this version wants it.\n")
    only.release()
    store.close()
